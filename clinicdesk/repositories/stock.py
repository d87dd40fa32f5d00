"""Products, batches and the ledger (spec 5). One row of inventory_items is one batch."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.stock import Batch, Movement, Product
from clinicdesk.repositories.work import Row, Work

EXPIRING_DAYS = 60

# A delivery copies the levels of the product's last batch: the product's level is the highest, not the sum.
# Usable stock: saleable and not past its expiry date, which is itself still usable (spec 5.3).
_GROUPED = """
SELECT coalesce(item_code, item_name) AS code, max(item_name) AS item_name,
    coalesce(max(category), '') AS category, coalesce(max(unit_of_measure), '') AS unit,
    coalesce(sum(current_stock) FILTER (WHERE state = 'saleable'
      AND (expiry_date IS NULL OR expiry_date >= :today)), 0)::int AS stock,
    coalesce(max(minimum_stock), 0) AS minimum_stock, max(maximum_stock) AS maximum_stock,
    max(selling_price) AS selling_price, min(expiry_date) FILTER (WHERE current_stock > 0) AS earliest_expiry,
    (count(*) FILTER (WHERE current_stock > 0))::int AS batches,
    coalesce(max(location) FILTER (WHERE current_stock > 0), max(location), '') AS location,
    coalesce(sum(current_stock * unit_cost), 0) AS value
  FROM inventory_items WHERE clinic_id = :clinic AND is_active GROUP BY coalesce(item_code, item_name)
"""
_SEARCHED = """HAVING bool_or(lower(concat_ws(' ', item_name, item_code, batch_number, supplier_name))
    LIKE ALL (CAST(:words AS text[])))"""
_LOW = "(stock > 0 AND stock <= minimum_stock)"
_EXPIRING = "(earliest_expiry <= CAST(:today AS date) + :expiring)"
_SHOWN: Mapping[str, str] = {"all": "true", "low": _LOW, "expiring": _EXPIRING, "out": "stock <= 0"}
_ORDERS: Mapping[str, str] = {
    "name": "lower(item_name)",
    "code": "code",
    "location": "lower(location)",
    "stock": "stock",
    "expiry": "earliest_expiry",
    "status": "CASE WHEN stock <= 0 THEN 0 WHEN earliest_expiry < CAST(:today AS date) THEN 1 "
    f"WHEN {_LOW} THEN 2 WHEN {_EXPIRING} THEN 3 ELSE 4 END",
}
_PAGE = """
WITH grouped AS MATERIALIZED ({grouped} {searched})
SELECT g.*, (SELECT count(*) FROM grouped WHERE {shown}) AS total FROM grouped g WHERE {shown}
 ORDER BY {order} NULLS LAST, lower(item_name), code LIMIT :limit OFFSET :first
"""
_PLACE = """
WITH grouped AS ({grouped} {searched})
SELECT place FROM (SELECT code,
    row_number() OVER (ORDER BY {order} NULLS LAST, lower(item_name), code) - 1 AS place
    FROM grouped WHERE {shown}) listed WHERE code = :keep
"""
_COUNTS = f"""
SELECT count(*) AS tracked, count(*) FILTER (WHERE {_LOW}) AS low,
    count(*) FILTER (WHERE {_EXPIRING}) AS expiring, count(*) FILTER (WHERE stock <= 0) AS out
  FROM ({_GROUPED}) g
"""
# (clinic_id, item_code) is indexed, for NULL too
_OF_PRODUCT = "clinic_id = :clinic AND (item_code = :code OR (item_code IS NULL AND item_name = :code))"
_BATCH = """
SELECT id, item_name, coalesce(item_code, item_name) AS item_code, coalesce(category, '') AS category,
    coalesce(unit_of_measure, '') AS unit, medication_id, strength, form, coalesce(current_stock, 0)
      AS current_stock,
    coalesce(minimum_stock, 0) AS minimum_stock, maximum_stock, unit_cost, selling_price,
    coalesce(supplier_name, '') AS supplier_name, expiry_date, coalesce(batch_number, '') AS batch_number,
    location, state FROM inventory_items
"""
# Newest lines of each batch by its index, then the newest of those: never the whole ledger.
_MOVEMENTS = """
SELECT m.id, m.inventory_item_id, m.movement_type::text AS movement_type,
    CASE m.movement_type WHEN 'out' THEN -m.quantity ELSE m.quantity END AS quantity,
    coalesce(m.balance, 0) AS balance, coalesce(m.reference_type, '') AS reference_type,
    coalesce(m.notes, '') AS notes,
    coalesce(btrim(u.first_name || ' ' || u.last_name), '') AS performed_by, m.created_at,
    coalesce(b.batch_number, '') AS batch_number
  FROM (SELECT id, batch_number FROM inventory_items WHERE {batches}) b
  CROSS JOIN LATERAL (SELECT * FROM stock_movements x WHERE x.inventory_item_id = b.id
    AND x.seq < coalesce((SELECT y.seq FROM stock_movements y WHERE y.id = CAST(:before AS uuid)),
      9223372036854775807)
    ORDER BY x.seq DESC LIMIT :limit) m
  LEFT JOIN user_profiles u ON u.user_id = m.performed_by
 ORDER BY m.seq DESC LIMIT :limit
"""
_CURVE = f"""
SELECT CAST(m.created_at AT TIME ZONE :zone AS date) AS day,
    sum(CASE m.movement_type WHEN 'out' THEN -m.quantity ELSE m.quantity END)::int AS change
  FROM (SELECT id FROM inventory_items WHERE {_OF_PRODUCT}) b
  JOIN stock_movements m ON m.inventory_item_id = b.id AND m.created_at >= :since GROUP BY 1 ORDER BY 1 DESC
"""
_SET_LEVELS = f"""
UPDATE inventory_items SET minimum_stock = :minimum, maximum_stock = :maximum, location = :location
 WHERE {_OF_PRODUCT} AND is_active
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class StockCounts:
    """The cards over the list: products, and those that need somebody."""

    tracked: int = 0
    low: int = 0
    expiring: int = 0
    out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ProductPage:
    """Products from row ``first`` on, of ``total``; ``kept_row``: where the product asked to keep now is."""

    rows: tuple[Product, ...]
    first: int
    total: int
    kept_row: int | None = None


class StockRecords:
    """One transaction's view of one clinic's stock."""

    def __init__(self, work: Work, clinic_id: UUID, today: date) -> None:
        self._work = work
        self._bound = {"clinic": clinic_id, "today": today, "expiring": EXPIRING_DAYS}

    def page(
        self,
        words: Sequence[str],
        shown: str,
        *,
        order: str,
        descending: bool,
        first: int,
        limit: int,
        keep: str,
    ) -> ProductPage:
        """A window of the list. Raises KeyError for an unknown ``shown`` or ``order``."""
        parts = {
            "grouped": _GROUPED,
            "searched": _SEARCHED if words else "",
            "order": _ORDERS[order] + (" DESC" if descending else ""),
            "shown": _SHOWN[shown],
        }
        asked = {"words": [f"%{_literal(word)}%" for word in words]} if words else {}
        sql = _PAGE.format(**parts)
        rows = self._work.all(sql, **self._values(sql), **asked, first=first, limit=limit)
        kept = next((first + at for at, row in enumerate(rows) if keep and row["code"] == keep), None)
        if keep and kept is None:
            sql = _PLACE.format(**parts)
            kept = self._work.value(sql, **self._values(sql), **asked, keep=keep)
        return ProductPage(
            rows=tuple(_product(row) for row in rows),
            first=first,
            total=rows[0]["total"] if rows else 0,
            kept_row=kept,
        )

    def counts(self) -> StockCounts:
        """How many products are tracked, low, expiring, out."""
        row = self._work.first(_COUNTS, **self._bound)
        return StockCounts(**row) if row else StockCounts()

    def product(self, item_code: str) -> Product:
        """One line of the list. Raises NotFound."""
        sql = _GROUPED.replace("clinic_id = :clinic", _OF_PRODUCT)
        row = self._work.first(sql, clinic=self._bound["clinic"], today=self._bound["today"], code=item_code)
        if row is None:
            raise NotFound
        return _product(row)

    def batches(self, item_code: str, limit: int = 200) -> list[Batch]:
        """First to expire first; empty ones last."""
        rows = self._work.all(
            f"{_BATCH} WHERE {_OF_PRODUCT} AND is_active "
            "ORDER BY current_stock > 0 DESC, expiry_date NULLS LAST, received_date, id LIMIT :limit",
            clinic=self._bound["clinic"],
            code=item_code,
            limit=limit,
        )
        return [Batch(**row) for row in rows]

    def movements(self, item: str | UUID, limit: int, *, before: UUID | None) -> list[Movement]:
        """Newest first, of a product (its code) or a batch (its id); ``before`` is the last line seen."""
        values: dict[str, object] = {"limit": limit, "before": before, "clinic": self._bound["clinic"]}
        if isinstance(item, UUID):
            sql = _MOVEMENTS.format(batches="clinic_id = :clinic AND id = :id")
            rows = self._work.all(sql, **values, id=item)
        else:
            sql = _MOVEMENTS.format(batches=_OF_PRODUCT)
            rows = self._work.all(sql, **values, code=item)
        return [Movement(**row) for row in rows]

    def curve(self, item_code: str, *, zone: str, days: int) -> list[tuple[date, int]]:
        """Stock at the end of each day on which it moved, oldest first; all batches together."""
        today: date = self._bound["today"]  # type: ignore[assignment]
        since = today - timedelta(days=days)
        asked = {"clinic": self._bound["clinic"], "code": item_code}
        now = self._work.value(
            f"SELECT coalesce(sum(current_stock), 0) FROM inventory_items WHERE {_OF_PRODUCT}", **asked
        )
        found = [(today, int(now))]
        for row in self._work.all(_CURVE, **asked, zone=zone, since=since):
            if row["day"] != found[-1][0]:
                found.append((row["day"], found[-1][1]))
            found[-1] = (row["day"], found[-1][1])
            found.append((row["day"] - timedelta(days=1), found[-1][1] - row["change"]))
        return found[::-1]

    def receive(self, request_id: UUID, delivery: Mapping[str, object]) -> Batch:
        """The batch it went to; the same request twice is one delivery.

        Raises InvalidField (quantity, expiry_date), NotFound.
        """
        made: UUID = self._work.value(
            "SELECT cd.receive_batch(:request, CAST(:delivery AS jsonb))",
            request=request_id,
            delivery=json.dumps({**delivery, "clinic_id": str(self._bound["clinic"])}, default=str),
        )
        row = self._work.first(f"{_BATCH} WHERE id = :id", id=made)
        if row is None:
            raise NotFound
        return Batch(**row)

    def set_levels(self, item_code: str, minimum: int, *, maximum: int | None, location: str) -> None:
        """Same levels and place for every batch of a product. Raises NotFound."""
        touched = self._work.run(
            _SET_LEVELS,
            clinic=self._bound["clinic"],
            code=item_code,
            minimum=minimum,
            maximum=maximum,
            location=location,
        )
        if not touched:
            raise NotFound

    def _values(self, sql: str) -> dict[str, object]:
        return {name: value for name, value in self._bound.items() if f":{name}" in sql}


def _literal(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def _product(row: Row) -> Product:
    wanted = {key: value for key, value in row.items() if key not in ("code", "total")}
    return Product(item_code=row["code"], **wanted)
