"""What the demo needs besides patients and stock: duties, guardians, suppliers, orders on their way."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from clinicdesk.demo.build_patients import Patient
from clinicdesk.demo.build_stock import Pharmacy, Shelf, unit_cost
from clinicdesk.demo.world import World
from clinicdesk.repositories.bulk import Bulk

_CHILD = 18 * 365  # days
_GUARDED = 120
_RELATIONS = {"mother": "mother", "father": "father", "aunt": "aunt_uncle", "uncle": "aunt_uncle"}
_ORDER_LINES = 4
_ORDERS = (("sent", 3), ("sent", 8), ("draft", 0))  # status, days ago


def store_duties(bulk: Bulk, world: World) -> None:
    """A witness beside each pharmacist, a privacy officer, a lead at the till."""
    holders = [
        *((user, "witness") for user in (*world.nurses[:2], *world.pharmacists[1:2])),
        (world.admin, "privacy_officer"),
        (world.receptionists[0], "cashier_lead"),
        (world.receptionists[0], "records"),
    ]
    bulk.copy(
        "staff_duties",
        "id clinic_id user_id duty granted_at",
        (
            (_id(world, f"duty {user} {duty}"), world.clinic, user, duty, world.now - timedelta(days=90))
            for user, duty in holders
        ),
    )


def store_guardians(bulk: Bulk, world: World, patients: Sequence[Patient]) -> None:
    """Who may consent for some of the children."""
    rows = []
    for one in [child for child in patients if child.age_days < _CHILD][:_GUARDED]:
        contact = one.person.emergency_contact
        relation = _RELATIONS.get(contact.get("relationship", "").lower(), "other")
        rows.append(
            (
                *(_id(world, f"guardian {one.id}"), one.id, contact["name"], relation, contact["phone"]),
                *(world.today - timedelta(days=30), world.receptionists[0]),
            )
        )
    bulk.copy("patient_guardians", "id patient_id name relation phone valid_from recorded_by", rows)


def store_orders(bulk: Bulk, world: World, pharmacy: Pharmacy) -> None:
    """The wholesalers, and what was ordered of what runs low."""
    suppliers = world.content.suppliers
    ids = [_id(world, f"supplier {one.name}") for one in suppliers]
    bulk.copy(
        "suppliers",
        "id clinic_id name contact lead_days",
        (
            (key, world.clinic, one.name, f"{one.contact}, {one.email}", one.lead_time_days)
            for key, one in zip(ids, suppliers, strict=True)
        ),
    )
    bulk.copy(
        "product_settings",
        "id clinic_id item_code pack_size ved",
        (
            (_id(world, f"settings {one.code}"), world.clinic, one.code, one.product.pack_size, _ved(one))
            for one in pharmacy.shelves.values()
            if one.demand or one.location.startswith(("Fridge", "Controlled"))
        ),
    )
    low = sorted((one for one in pharmacy.shelves.values() if _left(one) <= one.minimum), key=_code)
    for number, (status, ago) in enumerate(_ORDERS):
        lines = low[number * _ORDER_LINES : (number + 1) * _ORDER_LINES]
        _order(bulk, world, number, supplier=ids[number], status=status, days_ago=ago, lines=lines)


def _order(
    bulk: Bulk, world: World, number: int, *, supplier: UUID, status: str, days_ago: int, lines: list[Shelf]
) -> None:
    if not lines:
        return
    at = world.now - timedelta(days=days_ago, minutes=20)
    key = _id(world, f"order {number}")
    made: int = bulk.value("SELECT cd.bump(%s, 'order', %s)", world.clinic, at.year)
    bulk.copy(
        "purchase_orders",
        "id clinic_id number supplier_id status created_by created_at sent_at request_id",
        [
            (
                *(key, world.clinic, f"PO-{at.year}-{made:05d}", supplier, status, world.pharmacists[0], at),
                *(at if status == "sent" else None, _id(world, f"request {number}")),
            )
        ],
    )
    bulk.copy(
        "purchase_order_lines",
        "id order_id line item_code item_name quantity unit_cost",
        (
            (
                *(_id(world, f"line {number} {at_}"), key, at_, shelf.code),
                f"{shelf.medicine.name} {shelf.product.strength} {shelf.product.form}"[:200],
                *(max(1, -(-shelf.minimum * 2 // shelf.product.pack_size)) * shelf.product.pack_size,),
                unit_cost(shelf),
            )
            for at_, shelf in enumerate(lines, 1)
        ),
    )


def _ved(shelf: Shelf) -> str:
    return "V" if shelf.location.startswith(("Fridge", "Controlled")) else "E"


def _left(shelf: Shelf) -> int:
    return sum(one.stock for one in shelf.batches if one.state == "saleable")


def _code(shelf: Shelf) -> str:
    return shelf.code


def _id(world: World, what: str) -> UUID:
    return uuid5(world.clinic, what)
