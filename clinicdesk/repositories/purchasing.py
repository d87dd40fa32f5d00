"""Suppliers, orders, deliveries, and what consumption says (spec 5.2, 5.7)."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from clinicdesk.domain.errors import NotFound
from clinicdesk.domain.purchasing import Arrival, Order, OrderLine, ProductSettings, Supplier
from clinicdesk.repositories.work import Row, Work

# One row a product with all that planning needs; days without stock are counted apart.
_PLANNED = """
SELECT i.item_code, max(i.item_name) AS item_name, coalesce(max(i.unit_of_measure), '') AS unit,
    coalesce(max(i.minimum_stock), 0) AS minimum, max(i.maximum_stock) AS maximum,
    (array_agg(i.unit_cost ORDER BY i.received_date DESC, i.created_at DESC))[1] AS unit_cost,
    coalesce(sum(i.current_stock) FILTER (WHERE i.state = 'saleable'), 0)::int AS on_hand,
    coalesce(json_agg(json_build_object('on_hand', i.current_stock, 'expiry', i.expiry_date))
      FILTER (WHERE i.state = 'saleable' AND i.current_stock > 0), '[]') AS held,
    max(i.supplier_name) AS supplier_name, max(s.lead_days) AS lead_days, max(s.pack_size) AS pack_size,
    max(s.ved) AS ved, (array_agg(s.supplier_id))[1] AS supplier_id
  FROM inventory_items i
  LEFT JOIN product_settings s ON s.clinic_id = i.clinic_id AND s.item_code = i.item_code
 WHERE i.clinic_id = :clinic AND i.is_active AND i.item_code IS NOT NULL GROUP BY i.item_code
"""
_ISSUED = """
SELECT i.item_code, sum(CASE m.movement_type WHEN 'out' THEN m.quantity ELSE -m.quantity END)::bigint
    AS issued,
    min(m.created_at)::date AS since
  FROM stock_movements m JOIN inventory_items i ON i.id = m.inventory_item_id
 WHERE m.clinic_id = :clinic AND m.created_at >= :since AND i.item_code IS NOT NULL
   AND (m.reference_type = 'sale' OR m.notes LIKE 'donation_out%') GROUP BY i.item_code
"""
# Days on which a product had nothing: from a line that leaves zero to the next one that brings some.
_DAYS_OUT = """
WITH lines AS (SELECT i.item_code, m.created_at AS at, sum(CASE m.movement_type WHEN 'out' THEN -m.quantity
      ELSE m.quantity END) OVER (PARTITION BY i.item_code ORDER BY m.seq) AS left_
    FROM stock_movements m JOIN inventory_items i ON i.id = m.inventory_item_id
   WHERE m.clinic_id = :clinic AND i.item_code = ANY (CAST(:codes AS text[]))),
  spans AS (SELECT item_code, greatest(at, CAST(:since AS timestamptz)) AS from_, left_,
    coalesce(lead(at) OVER (PARTITION BY item_code ORDER BY at), now()) AS to_ FROM lines)
SELECT item_code, floor(sum(extract(epoch FROM to_ - from_)) / 86400)::int AS days
  FROM spans WHERE left_ <= 0 AND to_ > from_ GROUP BY item_code
"""
_FIRST_SEEN = """
SELECT i.item_code, min(i.received_date) AS first_day FROM inventory_items i
 WHERE i.clinic_id = :clinic AND i.item_code IS NOT NULL GROUP BY i.item_code
"""
_ON_ORDER = """
SELECT l.item_code, sum(greatest(0, l.quantity - coalesce(r.received, 0)))::int AS coming
  FROM purchase_orders o JOIN purchase_order_lines l ON l.order_id = o.id
  LEFT JOIN LATERAL (SELECT sum(d.quantity) AS received FROM delivery_lines d
    WHERE d.order_line_id = l.id) r ON true
 WHERE o.clinic_id = :clinic AND o.status IN ('draft', 'sent') GROUP BY l.item_code
"""
_ORDERS = """
SELECT o.id, o.number, o.supplier_id, s.name AS supplier_name, s.contact AS supplier_contact,
    o.status, o.created_at,
    coalesce(btrim(u.first_name || ' ' || u.last_name), '') AS created_by
  FROM purchase_orders o JOIN suppliers s ON s.id = o.supplier_id
  LEFT JOIN user_profiles u ON u.user_id = o.created_by
"""
_ORDER_LINES = """
SELECT l.order_id, l.id, l.line, l.item_code, l.item_name, l.quantity, l.unit_cost,
    coalesce((SELECT sum(d.quantity) FROM delivery_lines d WHERE d.order_line_id = l.id), 0)::int AS received
  FROM purchase_order_lines l WHERE l.order_id = ANY (CAST(:ids AS uuid[])) ORDER BY l.order_id, l.line
"""
# One product that a code on a pack stands for, or that is typed by its own code.
_BY_CODE = """
SELECT i.item_code, max(i.item_name) AS item_name, (array_agg(i.unit_cost ORDER BY i.received_date DESC,
    i.created_at DESC))[1] AS unit_cost, max(s.markup_percent) AS markup_percent,
    coalesce(max(s.pack_size), 1) AS pack_size, coalesce(max(i.unit_of_measure), '') AS unit
  FROM inventory_items i
  LEFT JOIN product_settings s ON s.clinic_id = i.clinic_id AND s.item_code = i.item_code
 WHERE i.clinic_id = :clinic AND i.is_active AND (i.item_code = (SELECT item_code FROM product_codes
     WHERE clinic_id = :clinic AND gtin = :gtin) OR lower(i.item_code) = lower(:code))
 GROUP BY i.item_code LIMIT 1
"""
# The same batches and quantities of a supplier within a week: perhaps one delivery twice (spec 5.2).
_ALIKE = """
SELECT d.received_at FROM deliveries d
 WHERE d.clinic_id = :clinic
   AND lower(d.supplier_name) = lower(:supplier) AND d.received_at > now() - interval '7 days'
   AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements(CAST(:lines AS jsonb)) x WHERE NOT EXISTS (
     SELECT 1 FROM delivery_lines l JOIN inventory_items i ON i.id = l.inventory_item_id
      WHERE l.delivery_id = d.id
       AND i.item_code = x ->> 'item_code'
       AND i.batch_number IN (x ->> 'batch_number', left(x ->> 'batch_number', 87) || ' (quarantine)')
       AND l.quantity = (x ->> 'quantity')::int))
 ORDER BY d.received_at DESC LIMIT 1
"""


class Purchasing:
    """One transaction's view of what comes from outside."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    def suppliers(self, *, retired: bool = False) -> list[Supplier]:
        """By name; ``retired`` ones too, at the end, when asked for."""
        rows = self._work.all(
            "SELECT id, name, contact, lead_days, is_active FROM suppliers "
            "WHERE clinic_id = :clinic AND (is_active OR :retired) ORDER BY NOT is_active, name",
            clinic=self._clinic,
            retired=retired,
        )
        return [Supplier(**row) for row in rows]

    def save_supplier(self, name: str, contact: str, *, lead_days: int) -> UUID:
        """Make it, or change the one of this name."""
        made: UUID = self._work.value(
            "SELECT cd.save_supplier(:clinic, :name, :contact, :lead)",
            clinic=self._clinic,
            name=name,
            contact=contact,
            lead=lead_days,
        )
        return made

    def retire(self, supplier_id: UUID, *, active: bool) -> None:
        """Out of use, or back. Raises SupplierInUse, NotAllowed."""
        self._work.run("SELECT cd.retire_supplier(:id, :active)", id=supplier_id, active=active)

    def planned(self) -> list[Row]:
        """Every product with its levels, settings and batches."""
        return self._work.all(_PLANNED, clinic=self._clinic)

    def issued(self, today: date, *, months: int) -> dict[str, int]:
        """Product -> what left to patients and as donations in the last ``months``."""
        since = today - timedelta(days=round(months * 30.5))
        rows = self._work.all(_ISSUED, clinic=self._clinic, since=since)
        return {row["item_code"]: int(row["issued"]) for row in rows}

    def days_out(self, codes: Sequence[str], since: date) -> dict[str, int]:
        """Product -> days without any stock since a day."""
        if not codes:
            return {}
        rows = self._work.all(_DAYS_OUT, clinic=self._clinic, codes=list(codes), since=since)
        return {row["item_code"]: row["days"] or 0 for row in rows}

    def first_days(self) -> dict[str, date]:
        """Product -> the day its first batch came."""
        return {
            row["item_code"]: row["first_day"] for row in self._work.all(_FIRST_SEEN, clinic=self._clinic)
        }

    def on_order(self) -> dict[str, int]:
        """Product -> what open orders still bring."""
        return {row["item_code"]: row["coming"] for row in self._work.all(_ON_ORDER, clinic=self._clinic)}

    def by_code(self, gtin: str, code: str) -> Row | None:
        """The product a scanned or typed code stands for."""
        return self._work.first(_BY_CODE, clinic=self._clinic, gtin=gtin, code=code)

    def link(self, gtin: str, item_code: str) -> None:
        """From now on this code stands for this product. Raises NotFound."""
        self._work.run(
            "SELECT cd.link_code(:clinic, :gtin, :code)", clinic=self._clinic, gtin=gtin, code=item_code
        )

    def settings_of(self, item_code: str) -> ProductSettings:
        """What was set for a product; nothing yet is the defaults."""
        row = self._work.first(
            "SELECT coalesce(ved, '') AS ved, supplier_id, lead_days, pack_size, markup_percent "
            "FROM product_settings WHERE clinic_id = :clinic AND item_code = :code",
            clinic=self._clinic,
            code=item_code,
        )
        return ProductSettings(**row) if row else ProductSettings()

    def settings(self, item_code: str, values: Mapping[str, object]) -> None:
        """Planning and price of a product. Raises NotFound."""
        self._work.run(
            "SELECT cd.save_product_settings(:clinic, :code, CAST(:values AS jsonb))",
            clinic=self._clinic,
            code=item_code,
            values=json.dumps(values, default=str),
        )

    # -- orders

    def orders(self, *, open_only: bool, limit: int = 200) -> list[Order]:
        """Newest first, with their lines."""
        where = " WHERE o.clinic_id = :clinic" + (" AND o.status IN ('draft', 'sent')" if open_only else "")
        return self._orders(
            f"{where} ORDER BY o.created_at DESC LIMIT :limit", clinic=self._clinic, limit=limit
        )

    def order(self, order_id: UUID) -> Order:
        """Raises NotFound."""
        found = self._orders(" WHERE o.clinic_id = :clinic AND o.id = :id", clinic=self._clinic, id=order_id)
        if not found:
            raise NotFound
        return found[0]

    def _orders(self, where: str, **values: object) -> list[Order]:
        rows = self._work.all(_ORDERS + where, **values)
        lines: dict[UUID, list[OrderLine]] = {row["id"]: [] for row in rows}
        if rows:
            for row in self._work.all(_ORDER_LINES, ids=[str(one) for one in lines]):
                known = {key: value for key, value in row.items() if key != "order_id"}
                lines[row["order_id"]].append(OrderLine(**known))
        return [Order(**row, lines=tuple(lines[row["id"]])) for row in rows]

    def draft(self, request_id: UUID, supplier_id: UUID, lines: Sequence[Mapping[str, Any]]) -> UUID:
        """A new order; the same request twice is one. Raises InvalidField, NotFound."""
        made: UUID = self._work.value(
            "SELECT cd.draft_order(:request, :clinic, :supplier, CAST(:lines AS jsonb))",
            request=request_id,
            clinic=self._clinic,
            supplier=supplier_id,
            lines=json.dumps(lines, default=str),
        )
        return made

    def set_status(self, order_id: UUID, status: str) -> None:
        """sent, closed or cancelled. Raises OrderClosed."""
        self._work.run("SELECT cd.set_order_status(:id, :status)", id=order_id, status=status)

    # -- deliveries

    def alike(self, supplier: str, arrivals: Sequence[Arrival]) -> Any:
        """When the same lines came from this supplier in the last week, else None."""
        return self._work.value(_ALIKE, clinic=self._clinic, supplier=supplier, lines=_lines(arrivals))

    def receive(
        self,
        request_id: UUID,
        arrivals: Sequence[Arrival],
        *,
        supplier: str,
        invoice: str,
        order_id: UUID | None,
    ) -> UUID:
        """All lines or nothing; the same request twice is one delivery.

        Raises DeliveryKnown, OrderClosed, InvalidField (quantity, expiry_date), NotFound.
        """
        head = {
            "clinic_id": str(self._clinic),
            "supplier_name": supplier,
            "invoice_number": invoice,
            "order_id": None if order_id is None else str(order_id),
            "lines": json.loads(_lines(arrivals)),
        }
        made: UUID = self._work.value(
            "SELECT cd.receive_delivery(:request, CAST(:delivery AS jsonb))",
            request=request_id,
            delivery=json.dumps(head),
        )
        return made


def _lines(arrivals: Sequence[Arrival]) -> str:
    return json.dumps(
        [
            {
                "id": one.id,
                "item_code": one.item_code,
                "batch_number": one.batch_number,
                "expiry_date": one.expiry,
                "quantity": one.quantity,
                "unit_cost": None if one.unit_cost is None else f"{one.unit_cost:.2f}",
                "selling_price": None if one.selling_price is None else f"{one.selling_price:.2f}",
                "order_line": one.order_line,
                "gtin": one.gtin or None,
                "serial": one.serial,
                "state": "quarantine" if one.quarantine else "saleable",
            }
            for one in arrivals
        ],
        default=str,
    )
