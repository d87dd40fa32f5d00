"""The demo's pharmacy: deliveries, dispensing first to expire first, and what is left on the shelves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from clinicdesk.demo.build_prescriptions import Line, Rx
from clinicdesk.demo.content_types import FormularyMedicine, Product
from clinicdesk.demo.world import World
from clinicdesk.repositories.bulk import Bulk
from clinicdesk.repositories.formulary import medication_id

_EXTRA_PRODUCTS = 70  # on the shelves although no scenario uses them
_COST = Decimal("0.68")
_CENT = Decimal("0.01")
_FETCHED, _FETCHED_LATELY, _IN_PART = 0.98, 0.7, 0.03
_EXPIRING = (6, 12, 19, 26, 33, 41, 48, 55, 66, 72, 80, 87)  # days from today
_LOW = 0.14
_FORM_CODES = {"tablet": "TAB", "capsule": "CAP", "syrup": "SYR", "injection": "INJ", "cream": "CRM"}
_FETCHED_VALID = 0.995  # of prescriptions that are valid still, but not of today
_WAITING, _WAITING_PARTS = 12, 5  # at the counter, and how many of them got a part
_OWED_DAYS = 3  # what was owed before is fetched


@dataclass(slots=True, kw_only=True)
class Batch:
    """One lot: ``stock`` is what the movements so far leave."""

    id: UUID
    number: str
    received: datetime
    expiry: date
    supplier: int
    state: str = "saleable"
    stock: int = 0


@dataclass(slots=True, kw_only=True)
class Shelf:
    """All lots of one product."""

    medicine: FormularyMedicine
    product: Product
    code: str
    location: str
    demand: int = 0
    minimum: int = 0
    batches: list[Batch] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class Movement:
    """A line of the ledger."""

    id: UUID
    at: datetime
    batch: Batch
    shelf: Shelf
    kind: str
    quantity: int
    reference: str
    reference_id: UUID | None
    notes: str | None
    by: UUID
    balance: int = 0


@dataclass(slots=True, kw_only=True)
class Supply:
    """One dispense row."""

    rx: Rx
    line: Line
    movement: Movement
    request: UUID


class Pharmacy:
    """Lives through the same weeks as the calendar."""

    def __init__(self, world: World, prescriptions: Sequence[Rx]) -> None:
        self._world, self._prescriptions = world, prescriptions
        self.shelves: dict[tuple[str, str, str], Shelf] = {}
        self.movements: list[Movement] = []
        self.supplies: list[Supply] = []
        self._arrivals: list[tuple[datetime, Shelf, Batch, int]] = []
        self._lots = 0

    def run(self) -> None:
        """Deliver, dispense, count and throw away."""
        visits = sorted(self._visits(), key=lambda one: (one[0], one[1].number))
        for _, rx in visits:
            for line in rx.lines:
                self._shelf(line.medicine, line.product).demand += line.item["quantity"]
        self._stock_used()
        self._stock_extras()
        arrivals = sorted(self._arrivals, key=lambda one: (one[0], one[2].number))
        for at, rx in visits:
            while arrivals and arrivals[0][0] <= at:
                self._receive(*arrivals.pop(0))
            self._dispense(at, rx)
        for arrival in arrivals:
            self._receive(*arrival)
        self._count()
        self._close_old()

    def _close_old(self) -> None:
        """A handful waits; what else was not fetched was bought elsewhere."""
        world = self._world
        waiting = [one for one in self._prescriptions if one.status(world.today) == "active"]
        waiting.sort(key=lambda one: one.issued_at)
        begun = [one for one in waiting if any(line.supplied for line in one.lines)]
        kept = {one.id for one in begun[-_WAITING_PARTS:]}
        kept |= {one.id for one in [one for one in waiting if one.id not in kept][len(kept) - _WAITING :]}
        for rx in (one for one in waiting if one.id not in kept):
            rx.cancelled_at = min(rx.issued_at + timedelta(hours=6), world.now - timedelta(minutes=1))
            rx.cancel_reason = "Bought elsewhere"

    def _visits(self) -> Iterator[tuple[datetime, Rx]]:
        """When who comes to the counter."""
        world = self._world
        for rx in self._prescriptions:
            at = rx.issued_at + timedelta(minutes=world.random.uniform(6, 45))
            lately = rx.issued >= world.today - timedelta(days=1)
            valid = rx.expires >= world.today  # of those that still count only a handful waits
            come = world.chance(_FETCHED_LATELY if lately else _FETCHED_VALID if valid else _FETCHED)
            if come and at < world.now and rx.cancelled_at is None:
                yield at, rx

    def _shelf(self, medicine: FormularyMedicine, product: Product) -> Shelf:
        key = (medicine.name, product.strength, product.form)
        if key not in self.shelves:
            number = len(self.shelves)
            form = next((code for word, code in _FORM_CODES.items() if word in product.form), "OTH")
            cold = "injection" in product.form and "accine" in f"{medicine.category}{medicine.name}"
            place = "Fridge 1" if cold else f"Shelf {chr(65 + number // 24)}{number % 24 + 1}"
            self.shelves[key] = Shelf(
                medicine=medicine,
                product=product,
                code=f"{medicine.name[:3].upper()}-{number + 1:03d}-{form}",
                location="Controlled cupboard" if medicine.controlled else place,
            )
        return self.shelves[key]

    def _lot(
        self, shelf: Shelf, *, days_ago: int, expires_in: int, packs: int, state: str = "saleable"
    ) -> Batch:
        world = self._world
        self._lots += 1
        day = world.today - timedelta(days=days_ago)
        batch = Batch(
            id=world.uuid(),
            number=f"{shelf.medicine.name[:2].upper()}{day:%y%m}{self._lots:04d}",
            received=min(world.at(day, world.random.uniform(8 * 60, 9 * 60)), world.now),
            expiry=world.today + timedelta(days=expires_in),
            supplier=world.random.randrange(len(world.content.suppliers)),
            state=state,
        )
        shelf.batches.append(batch)
        self._arrivals.append((batch.received, shelf, batch, packs * shelf.product.pack_size))
        return batch

    def _stock_used(self) -> None:
        """Two deliveries of what the doctors prescribe; some ran lower than planned."""
        chance = self._world.random
        for shelf in list(self.shelves.values()):
            pack = shelf.product.pack_size
            short = self._world.chance(_LOW)
            shelf.minimum = max(-(-shelf.demand // 5), pack)
            first = -(-int(shelf.demand * 0.6) // pack) + 1
            second = -(-int(shelf.demand * (0.32 if short else 0.8)) // pack) + (0 if short else 2)
            soon = chance.randint(25, 120) if self._world.chance(0.25) else chance.randint(150, 420)
            self._lot(shelf, days_ago=chance.randint(58, 75), expires_in=soon, packs=first)
            if second:
                self._lot(
                    shelf,
                    days_ago=chance.randint(15, 32),
                    expires_in=soon + chance.randint(90, 400),
                    packs=second,
                )

    def _stock_extras(self) -> None:
        chance = self._world.random
        others = [
            (medicine, product)
            for medicine in self._world.content.formulary
            for product in medicine.products
            if (medicine.name, product.strength, product.form) not in self.shelves
        ]
        extras = [self._shelf(*one) for one in chance.sample(others, min(_EXTRA_PRODUCTS, len(others)))]
        for number, shelf in enumerate(extras):
            low = self._world.chance(_LOW)
            shelf.minimum = shelf.product.pack_size * (3 if low else 1)
            self._lot(
                shelf,
                days_ago=chance.randint(60, 300),
                expires_in=chance.randint(200, 800),
                packs=1 if low else chance.randint(3, 9),
            )
            self._special(shelf, number)

    def _special(self, shelf: Shelf, number: int) -> None:
        """The lots that the inventory screen is about."""
        if number < len(_EXPIRING):
            self._lot(shelf, days_ago=200, expires_in=_EXPIRING[number], packs=2)
        elif number < 18:
            state = "expired" if number % 2 else "saleable"
            self._lot(shelf, days_ago=400, expires_in=-3 - number, packs=1, state=state)
        elif number < 22:
            self._lot(shelf, days_ago=9, expires_in=500, packs=2, state="quarantine")
        elif number == 22:
            self._lot(shelf, days_ago=120, expires_in=300, packs=3, state="recalled")

    def _receive(self, at: datetime, shelf: Shelf, batch: Batch, quantity: int) -> None:
        note = f"Invoice {self._world.content.suppliers[batch.supplier].name[:3].upper()}-{batch.number[-6:]}"
        self._move(at, shelf, batch, quantity=quantity, why=("in", "purchase", self._world.uuid(), note))

    def _dispense(self, at: datetime, rx: Rx) -> None:
        world = self._world
        owed_for_long = rx.issued < world.today - timedelta(days=_OWED_DAYS) and rx.expires >= world.today
        request, part = world.uuid(), world.chance(_IN_PART) and not owed_for_long
        for number, line in enumerate(rx.lines):
            wanted = line.item["quantity"]
            if part and number == 0 and wanted > 1:
                wanted = wanted // 2
            usable_until = at.astimezone(self._world.zone).date() + timedelta(
                days=line.item["duration_days"] or 0
            )
            shelf = self._shelf(line.medicine, line.product)
            usable = [
                b for b in shelf.batches if b.stock > 0 and b.state == "saleable" and b.expiry > usable_until
            ]
            for batch in sorted(usable, key=lambda b: (b.expiry, b.received, b.id.int)):
                taken = min(batch.stock, wanted)
                if taken:
                    wanted -= taken
                    line.supplied += taken
                    moved = self._move(at, shelf, batch, quantity=taken, why=("out", "sale", rx.id, None))
                    self.supplies.append(Supply(rx=rx, line=line, movement=moved, request=request))

    def _count(self) -> None:
        """A stock-take, a breakage, and what was destroyed."""
        world = self._world
        at = min(world.at(world.today - timedelta(days=3), 18 * 60 + 20), world.now)
        full = [(s, b) for s in self.shelves.values() for b in s.batches if b.stock > 12 and b.received < at]
        last = {move.batch.id: move.at for move in self.movements}
        quiet = [(s, b) for s, b in full if last[b.id] < at]
        for number, (shelf, batch) in enumerate(world.random.sample(quiet, min(14, len(quiet)))):
            change, note = -(1 + number % 4), "count_error: stock-take"
            if number % 5 == 4:
                change, note = -6, "breakage: dropped"
            elif number % 7 == 6:
                change, note = 3, "count_error: stock-take"
            self._move(at, shelf, batch, quantity=change, why=("adjustment", "adjustment", None, note))
        gone = [(s, b) for s, b in quiet if b.expiry < world.today and b.state == "expired"][:2]
        for shelf, batch in gone:
            self._move(
                at, shelf, batch, quantity=batch.stock, why=("out", "expired", None, "destroyed, witnessed")
            )

    def _move(
        self,
        at: datetime,
        shelf: Shelf,
        batch: Batch,
        *,
        quantity: int,
        why: tuple[str, str, UUID | None, str | None],
    ) -> Movement:
        kind, reference, reference_id, notes = why
        batch.stock += -quantity if kind == "out" else quantity
        move = Movement(
            id=self._world.uuid(),
            at=at,
            batch=batch,
            shelf=shelf,
            kind=kind,
            quantity=quantity,
            reference=reference,
            reference_id=reference_id,
            notes=notes,
            by=self._world.random.choice(self._world.pharmacists),
            balance=batch.stock,
        )
        self.movements.append(move)
        return move


def store_stock(bulk: Bulk, world: World, pharmacy: Pharmacy) -> None:
    """Batches with the stock that the ledger gives them, and the ledger in order of time."""
    bulk.copy(
        "inventory_items",
        "id clinic_id medication_id item_name item_code category unit_of_measure current_stock minimum_stock "
        "maximum_stock unit_cost selling_price supplier_name supplier_contact expiry_date batch_number "
        "strength form state received_date location created_at updated_at",
        (_batch(world, shelf, batch) for shelf in pharmacy.shelves.values() for batch in shelf.batches),
    )
    bulk.copy(
        "stock_movements",
        "id inventory_item_id movement_type quantity unit_cost reference_type reference_id notes "
        "performed_by created_at clinic_id balance",
        (
            (
                *(m.id, m.batch.id, m.kind, m.quantity),
                unit_cost(m.shelf) if m.kind == "in" else None,
                *(m.reference, m.reference_id, m.notes, m.by, m.at, world.clinic, m.balance),
            )
            for m in sorted(pharmacy.movements, key=lambda one: one.at)
        ),
    )


def store_supplies(bulk: Bulk, world: World, supplies: Sequence[Supply]) -> None:
    """What was handed out, lot by lot."""
    bulk.copy(
        "dispenses",
        "id clinic_id prescription_id prescription_item_id inventory_item_id movement_id quantity unit_price "
        "dispensed_by dispensed_at request_id",
        (
            (
                *(world.uuid(), world.clinic, one.rx.id, one.line.id, one.movement.batch.id, one.movement.id),
                *(one.movement.quantity, one.line.product.price, one.movement.by, one.movement.at),
                one.request,
            )
            for one in supplies
        ),
    )


def unit_cost(shelf: Shelf) -> Decimal:
    """What one unit cost, in naira."""
    return max((shelf.product.price * _COST).quantize(_CENT), _CENT)


def _batch(world: World, shelf: Shelf, batch: Batch) -> tuple[object, ...]:
    supplier = world.content.suppliers[batch.supplier]
    name = f"{shelf.medicine.name} {shelf.product.strength} {shelf.product.form}"
    return (
        *(batch.id, world.clinic, medication_id(shelf.medicine.name), name[:200], shelf.code),
        *(shelf.medicine.category, shelf.product.unit, batch.stock, shelf.minimum, shelf.minimum * 8),
        *(unit_cost(shelf), shelf.product.price, supplier.name, supplier.contact, batch.expiry, batch.number),
        *(
            shelf.product.strength,
            shelf.product.form,
            batch.state,
            batch.received.astimezone(world.zone).date(),
        ),
        *(shelf.location, batch.received, world.now),
    )
