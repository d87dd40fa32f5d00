"""A store of 50,000 products and 1,000,000 movements, and what the stock screen does with it.

It stays in the run's copy: ``--only store,prescriptions`` then dispenses over the same ledger.
"""

import os
import time
from datetime import UTC, datetime
from functools import partial
from typing import Any

from clinicdesk.services.inventory import Inventory
from tests.bench import inventory
from tests.bench.clinic import Bench
from tests.bench.measure import Result, Sheet, percentile

PRODUCTS, EACH = 50_000, 20
FIRST, LEAVES = 1000, 10
ITEMS = """INSERT INTO inventory_items(clinic_id, item_name, item_code, category, unit_of_measure, current_stock,
    minimum_stock, unit_cost, selling_price, expiry_date, batch_number, location)
  SELECT %s, 'Product ' || n, 'BULK-' || lpad(n::text, 6, '0'), 'Bulk', 'tablet', %s, n %% 900, 10 + n %% 90,
    20 + n %% 180, current_date + 30 + n %% 900, 'B-' || n, 'Shelf ' || n %% 200
  FROM generate_series(1, %s) n"""
MOVES = """INSERT INTO stock_movements(inventory_item_id, clinic_id, movement_type, quantity, unit_cost,
    reference_type, reference_id, balance, created_at)
  SELECT i.id, i.clinic_id, (CASE n WHEN 0 THEN 'in' ELSE 'out' END)::movement_type,
    CASE n WHEN 0 THEN %s ELSE %s END, i.unit_cost, CASE n WHEN 0 THEN 'purchase' ELSE 'sale' END,
    gen_random_uuid(), %s - n * %s, now() - make_interval(days => 180 - n * 9)
  FROM generate_series(0, %s) n CROSS JOIN inventory_items i WHERE i.category = 'Bulk'"""
WRONG = """SELECT count(*) FROM inventory_items i WHERE i.category = 'Bulk' AND i.current_stock <> (SELECT
  sum(CASE m.movement_type WHEN 'out' THEN -m.quantity ELSE m.quantity END) FROM stock_movements m
  WHERE m.inventory_item_id = i.id)"""


def fill(bench: Bench) -> None:
    """In bulk, past the triggers; the sum of the movements is the stock all the same."""
    with bench.owner.transaction():
        bench.owner.execute("SET LOCAL session_replication_role = replica")
        bench.owner.execute(ITEMS, (bench.clinic, FIRST - LEAVES * (EACH - 1), PRODUCTS))
        bench.owner.execute(MOVES, (FIRST, LEAVES, FIRST, LEAVES, EACH - 1))
    bench.owner.execute("ANALYZE inventory_items")
    bench.owner.execute("ANALYZE stock_movements")
    assert bench.one(WRONG) == 0


def measure(bench: Bench, sheet: Sheet) -> None:
    started = time.monotonic()
    fill(bench)
    total = bench.one("SELECT count(*) FROM stock_movements")
    print(f"store of {PRODUCTS:,} products, {total:,} movements made in {time.monotonic() - started:.0f} s")
    inventory.measure(bench, sheet)
    session = bench.session("pharmacist")
    stock = Inventory(session.open_work, session.actor, session.now)
    few = min(sheet.samples, 10)
    for name, words in (("filter key: one product", "bulk-0123"), ("filter key: many", "product 1")):
        sheet.compare(name, partial(_filtered, stock, words), samples=few)
    sheet.compare("page in the middle", lambda _: stock.page(first=25_000, limit=200), samples=few)
    sheet.compare("ledger of a product", lambda _: stock.movements("BULK-000123", 50), samples=few)
    sheet.compare("cards over the list", lambda _: stock.counts(), samples=few)
    _table(stock, sheet)


def _filtered(stock: Inventory, words: str, _number: int) -> object:
    return stock.page(words, limit=200)


def _table(stock: Inventory, sheet: Sheet) -> None:
    """The real model in a real view, without a display."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtWidgets import QApplication, QTableView

    from ui.screens.inventory.delegate import StockDelegate
    from ui.screens.inventory.model import PAGE, ProductModel

    app: Any = QApplication.instance() or QApplication(["bench"])
    model, view = ProductModel(), QTableView()
    view.setModel(model)
    view.setItemDelegate(StockDelegate(view))
    view.resize(760, 520)
    view.show()
    pages = [stock.page(first=number * PAGE, limit=PAGE) for number in range(3)]
    today = datetime.now(UTC).date()
    resets, steps = [], []
    for number in range(sheet.samples):
        started = time.perf_counter()
        model.begin([pages[number % 3]], today)
        app.processEvents()
        resets.append((time.perf_counter() - started) * 1000)
    bar = view.verticalScrollBar()
    for number in range(sheet.samples):
        started = time.perf_counter()
        bar.setValue(number * 7)
        app.processEvents()
        steps.append((time.perf_counter() - started) * 1000)
    note = f"{model.rowCount():,} rows"
    for name, spent in (("table: model reset and paint", resets), ("table: scroll step and paint", steps)):
        sheet.add(
            Result(operation=name, median=percentile(spent, 0.5), p95=percentile(spent, 0.95), note=note)
        )
    view.hide()
