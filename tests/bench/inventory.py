"""The stock list."""

from clinicdesk.services.inventory import Inventory
from tests.bench.clinic import Bench
from tests.bench.measure import Sheet

LIST = """SELECT item_code, max(item_name), max(category), max(unit_of_measure),
    sum(current_stock) FILTER (WHERE state = 'saleable' AND (expiry_date IS NULL OR expiry_date >= current_date)),
    max(minimum_stock), max(maximum_stock), max(selling_price), min(expiry_date) FILTER (WHERE current_stock > 0),
    count(*) FILTER (WHERE current_stock > 0), max(location), sum(current_stock * unit_cost)
  FROM inventory_items WHERE clinic_id = %s AND is_active GROUP BY item_code ORDER BY 2 LIMIT 100"""


def measure(bench: Bench, sheet: Sheet) -> None:
    session = bench.session("pharmacist")
    inventory = Inventory(session.open_work, session.actor, session.now)
    page = inventory.page(limit=100)

    def bare(_: int) -> None:
        with bench.owner.transaction():
            bench.owner.execute(LIST, (bench.clinic,)).fetchall()

    note = f"{len(page.rows)} of {page.total} products"
    sheet.compare("stock list, 100 products", lambda _: inventory.page(limit=100), bare, note=note)
