"""Builds the demo clinic: all of it or nothing, in one transaction of the database's owner."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime

from clinicdesk.demo.build_appointments import store_appointments, store_waiting
from clinicdesk.demo.build_calendar import Calendar, Slot
from clinicdesk.demo.build_clinic import build_clinic
from clinicdesk.demo.build_days import live, working_days
from clinicdesk.demo.build_extras import store_duties, store_guardians, store_orders
from clinicdesk.demo.build_messages import Messages, store_messages, store_usage
from clinicdesk.demo.build_patients import invent, store_patients
from clinicdesk.demo.build_prescriptions import Prescriber, Rx, store_prescriptions
from clinicdesk.demo.build_stock import Pharmacy, store_stock, store_supplies
from clinicdesk.demo.build_visits import (
    MadeVisit,
    make_visits,
    store_documents,
    store_measures,
    store_visits,
)
from clinicdesk.demo.content import load_content
from clinicdesk.demo.marker import MARKER
from clinicdesk.demo.world import World
from clinicdesk.domain.clinical_data import load_clinical_data
from clinicdesk.domain.errors import DomainError
from clinicdesk.repositories import formulary
from clinicdesk.repositories.bulk import Bulk, clear_documents, filling
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.resources import resource

Progress = Callable[[str], None]

PATIENTS = 2000
# their guards look at the person who is signed in, and nobody is
_FILLED = [
    "users",
    "user_profiles",
    "patients",
    "patient_allergies",
    "patient_problems",
    "patient_measures",
    "clinic_staff",
    "clinics",
    "doctor_profiles",
    "doctor_availability",
    "doctor_leave",
    "doctor_keys",
    "appointments",
    "appointment_events",
    "waiting_list",
    "payments",
    "visits",
    "visit_versions",
    "prescriptions",
    "prescription_items",
    "inventory_items",
    "stock_movements",
    "dispenses",
    "medications",
    "clinic_metrics",
]
# what the sleeping guards would have refused
_CHECKS = {
    "stock follows the ledger": """SELECT count(*) FROM inventory_items i WHERE current_stock <>
        coalesce((SELECT sum(CASE m.movement_type WHEN 'out' THEN -quantity ELSE quantity END)
        FROM stock_movements m WHERE m.inventory_item_id = i.id), 0)""",
    "payments are mirrored": """SELECT count(*) FROM appointments a LEFT JOIN (SELECT appointment_id,
        sum(amount) net FROM payments GROUP BY 1) p ON p.appointment_id = a.id WHERE a.payment_status <> (CASE
        WHEN p.net IS NULL THEN CASE WHEN a.status = 'cancelled' THEN 'failed' ELSE 'pending' END
        WHEN p.net = 0 THEN 'refunded' WHEN p.net >= a.fee THEN 'paid' ELSE 'pending' END)::payment_status""",
    "supplies are counted": """SELECT count(*) FROM prescription_items i WHERE supplied <> coalesce((SELECT
        sum(quantity) FROM dispenses d WHERE d.prescription_item_id = i.id), 0)""",
    "prescriptions are sealed": """SELECT count(*) FROM (SELECT * FROM prescriptions ORDER BY id LIMIT 100) p
        WHERE encode(sha256(convert_to(cd.rx_payload(id), 'UTF8')), 'hex')
        IS DISTINCT FROM split_part(digital_signature_hash, '.', 3)""",
    "doctors see one at a time": """SELECT count(*) FROM appointments a JOIN appointments b
        ON a.doctor_id = b.doctor_id AND a.appointment_date = b.appointment_date AND a.id < b.id
        AND a.start_time < b.end_time AND b.start_time < a.end_time
        WHERE NOT a.overbooked AND NOT b.overbooked""",
}


class NotADemo(DomainError):
    """The database holds a clinic that is not the demo; it is left alone."""

    def __str__(self) -> str:
        return "This folder holds another clinic. Choose another folder for the demo clinic."


class DemoBroken(DomainError):
    """The demo clinic would not be consistent; nothing was kept. ``args`` is what failed."""

    def __str__(self) -> str:
        return f"The demo clinic could not be built: {', '.join(map(str, self.args))}."


def build_demo(*, postgres: str, mongo: str | None, progress: Progress, now: datetime | None = None) -> None:
    """Fill a migrated, empty database; a built one stays. Owner URIs; ``mongo`` None leaves out charts.

    Raises NotADemo, DemoBroken, StoreUnavailable.
    """
    progress("Reading the demo clinic's content")
    content, rules = load_content(), load_clinical_data(resource("clinical"))
    with filling(postgres) as bulk:
        if _marked(bulk):
            return
        if bulk.value("SELECT EXISTS (SELECT 1 FROM clinics)"):
            raise NotADemo
        with bulk.at_rest(_FILLED):
            progress("Setting up the demo clinic and its formulary")
            formulary.fill(bulk)
            world = build_clinic(bulk, content, rules, now=now or datetime.now(UTC))
            _fill(bulk, world, mongo=mongo, progress=progress)
            progress("Counting the figures of each day")
            for day in working_days(world):
                bulk.run("SELECT cd.roll_up_metrics(%s, %s)", world.clinic, day)
            progress("Checking the demo clinic")
            _check(bulk)
        bulk.run(
            "INSERT INTO clinic_settings (clinic_id, key, value) VALUES (%s, %s, %s)",
            *(world.clinic, MARKER, f'{{"built_on": "{world.today}"}}'),
        )
        bulk.run("ANALYZE")
    progress("The demo clinic is ready")


def _marked(bulk: Bulk) -> bool:
    return bool(bulk.value("SELECT EXISTS (SELECT 1 FROM clinic_settings WHERE key = %s)", MARKER))


def _fill(bulk: Bulk, world: World, *, mongo: str | None, progress: Progress) -> None:
    inventing = "Inventing 2,000 patients and twelve weeks of appointments"
    progress(inventing)
    patients = invent(world, PATIENTS)
    progress(inventing)  # said again: whoever listens may end it here
    calendar = Calendar(world, patients)
    calendar.fill()
    live(world, calendar)
    progress(inventing)
    slots = calendar.slots
    visits = make_visits(world, slots)
    progress(inventing)
    prescriptions = Prescriber(world).write(visits)
    pharmacy = Pharmacy(world, prescriptions)
    pharmacy.run()
    with _charts(bulk, world, visits, mongo=mongo):
        progress("Registering the patients")
        store_patients(bulk, world, patients)
        progress("Writing the appointment book")
        store_appointments(bulk, world, slots)
        store_waiting(bulk, world, patients)
        store_measures(bulk, world, visits, linked=mongo is not None)
        progress("Signing the prescriptions")
        store_prescriptions(bulk, world, prescriptions)
        progress("Filling the pharmacy's shelves")
        store_stock(bulk, world, pharmacy)
        store_supplies(bulk, world, pharmacy.supplies)
        store_duties(bulk, world)
        store_guardians(bulk, world, patients)
        store_orders(bulk, world, pharmacy)
        progress("Writing messages")
        _messages(bulk, world, slots, prescriptions=prescriptions, pharmacy=pharmacy)
        progress("Writing the charts")
    if mongo is not None:
        store_visits(bulk, world, visits)


@contextmanager
def _charts(bulk: Bulk, world: World, visits: list[MadeVisit], *, mongo: str | None) -> Iterator[None]:
    """Documents go to their server meanwhile: it works beside the database. Done at the end of the block."""
    if mongo is None:
        yield
        return
    database: str = bulk.value("SELECT documents_database FROM installation")

    def write(uri: str) -> None:
        clear_documents(uri, database, clinics=[world.clinic])
        with closing(DocumentStore(uri, database)) as store:
            store_documents(world, visits, store)

    with ThreadPoolExecutor(1, "charts") as pool:
        writing = pool.submit(write, mongo)
        yield
        writing.result()


def _messages(
    bulk: Bulk, world: World, slots: list[Slot], *, prescriptions: list[Rx], pharmacy: Pharmacy
) -> None:
    messages = Messages(world)
    messages.of_appointments(slots)
    messages.of_prescriptions(prescriptions)
    messages.of_staff(slots, pharmacy)
    store_messages(bulk, messages)
    store_usage(bulk, world)


def _check(bulk: Bulk) -> None:
    broken = [name for name, sql in _CHECKS.items() if bulk.value(sql)]
    if broken:
        raise DemoBroken(*broken)
