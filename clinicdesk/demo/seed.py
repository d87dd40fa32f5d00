"""Synthetic clinics of any size, made inside the database: the same for the same seed on the same day."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from clinicdesk.demo.content import read_rows
from clinicdesk.demo.people import DEMO_PASSWORD
from clinicdesk.demo.seed_prescriptions import SeedDoctor, seed_prescriptions, seed_stock
from clinicdesk.demo.seed_visits import seed_visits
from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.repositories import formulary
from clinicdesk.repositories.accounts import login_name
from clinicdesk.repositories.bulk import Bulk, filling
from clinicdesk.resources import resource

Progress = Callable[[str], None]

ZONE = "Africa/Lagos"
A_DAY = 20  # appointments of one doctor on one day; four more slots stay free
_HISTORY = 260  # working days over which the appointments spread
_DOCTORS_A_CLINIC = 10
_MOST_PATIENTS, _MOST_APPOINTMENTS = 5_000_000, 20_000_000
_NAMES = UUID("3d7c0a4e-8b1f-5a6d-9c2e-7f4b1a0d6e35")
_SPECIALTIES = ("General practice", "Paediatrics", "Internal medicine", "Obstetrics and gynaecology")
STAFF = {  # who can sign in, with the demo's password
    "receptionist": "receptionist@seed.clinic.invalid",
    "doctor": "doctor@seed.clinic.invalid",
    "nurse": "nurse@seed.clinic.invalid",
    "pharmacist": "pharmacist@seed.clinic.invalid",
    "admin": "admin@seed.clinic.invalid",
}
_ASLEEP = (
    *("users", "user_profiles", "patients", "patient_allergies", "patient_problems", "patient_measures"),
    *("clinics", "clinic_staff", "doctor_profiles", "doctor_availability", "doctor_keys", "medications"),
    *("appointments", "payments", "visits", "visit_versions", "prescriptions", "prescription_items"),
    *("inventory_items", "stock_movements", "clinic_metrics"),
)
_BARE = (
    *("users", "user_profiles", "contact_points", "patient_clinics", "patient_allergies", "patient_problems"),
    *("patient_measures", "appointments", "payments", "prescriptions", "prescription_items"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """What to make. ``seed`` chooses the people and their fates."""

    patients: int
    appointments: int
    seed: int = 1

    @property
    def doctors(self) -> int:
        """As many as the appointments need."""
        return max(3, round(self.appointments / (A_DAY * _HISTORY)))

    @property
    def clinics(self) -> int:
        """Ten doctors work in one; the first knows every patient."""
        return min(ceil(self.doctors / _DOCTORS_A_CLINIC), self.patients)

    @property
    def days(self) -> int:
        """Working days of the calendar."""
        return max(ceil(self.appointments / (A_DAY * self.doctors)), 1)


class NotEmpty(DomainError):
    """Synthetic people are never mixed with those of a clinic."""

    def __str__(self) -> str:
        return "The database holds a clinic already. Synthetic data go into an empty, migrated database only."


def seed(*, postgres: str, mongo: str | None, size: Size, progress: Progress) -> None:
    """Fill a migrated, empty database: all or nothing. Owner URIs; without ``mongo`` there are no visits.

    Raises NotEmpty, InvalidField('patients' or 'appointments'), StoreUnavailable.
    """
    for name, number, most in (
        ("patients", size.patients, _MOST_PATIENTS),
        ("appointments", size.appointments, _MOST_APPOINTMENTS),
    ):
        if not 1 <= number <= most:
            raise InvalidField(name, "out_of_range", {"min": "1", "max": str(most)})
    today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    with filling(postgres) as bulk:
        if bulk.value("SELECT EXISTS (SELECT 1 FROM clinics)"):
            raise NotEmpty
        with bulk.at_rest(_ASLEEP):
            _fill(bulk, size, today=today, mongo=mongo, progress=progress)


def _fill(bulk: Bulk, size: Size, *, today: date, mongo: str | None, progress: Progress) -> None:
    progress("Setting up clinics, doctors and the formulary")
    formulary.fill(bulk)
    doctors = _people_at_work(bulk, size)
    common = {"seed": size.seed, "today": today}
    _word_lists(bulk)
    with bulk.bare(_BARE):
        progress(f"Registering {size.patients:,} patients")
        bulk.run(_sql("patients").format(count=size.patients, clinics=size.clinics, **common))
        progress(f"Booking {size.appointments:,} appointments")
        _calendar(bulk, size, today)
        bulk.run(
            _sql("appointments").format(
                count=size.appointments,
                a_day=A_DAY,
                doctors=size.doctors,
                clinics=size.clinics,
                each=size.patients // size.clinics,
                zone=ZONE,
                **common,
            )
        )
        progress("Filling the shelves and signing prescriptions")
        seed_stock(bulk, clinic=clinic_id(size.seed, 0), today=today)
        seed_prescriptions(bulk, doctors, count=size.patients // 5, zone=ZONE)
        progress("Making the indexes")
    progress("Gathering statistics")
    bulk.run("ANALYZE")  # before counting: without it the planner reads whole tables for each patient
    if mongo is not None:
        progress("Writing charts")
        clinics = [clinic_id(size.seed, number) for number in range(size.clinics)]
        seed_visits(bulk, mongo, clinics=clinics, count=max(size.patients // 20, 1))
    progress("Counting the figures of the last days")
    for days in range(36):
        bulk.run("SELECT cd.roll_up_metrics(%s, %s)", clinic_id(size.seed, 0), today - timedelta(days=days))


def _sql(name: str) -> str:
    return resource("seed", f"{name}.sql").read_text(encoding="utf-8")


def clinic_id(seed: int, number: int) -> UUID:
    """The id of a clinic; number 0 is the one that knows every patient."""
    return uuid5(_NAMES, f"{seed} clinic {number}")


def _people_at_work(bulk: Bulk, size: Size) -> list[SeedDoctor]:
    clinics = [clinic_id(size.seed, number) for number in range(size.clinics)]
    bulk.copy(
        "clinics",
        "id name address timezone currency license_number",
        (
            (one, f"Synthetic Clinic {number + 1}", {"city": "Lagos"}, ZONE, "NGN", f"SEED/{number}")
            for number, one in enumerate(clinics)
        ),
    )
    signed_in = {
        role: bulk.create_login(
            email=email,
            first="Synthetic",
            last=role.title(),
            role=role,
            password=DEMO_PASSWORD,
            clinic=clinics[0],
        )
        for role, email in STAFF.items()
    }
    bulk.run("UPDATE clinic_staff SET may_overbook = true WHERE role = 'receptionist'")
    made = [
        SeedDoctor(
            id=uuid5(_NAMES, f"{size.seed} doctor {number}"),
            user_id=signed_in["doctor"] if number == 0 else uuid5(_NAMES, f"{size.seed} user {number}"),
            login=login_name(STAFF["doctor"]) if number == 0 else "",
            name="Synthetic Doctor" if number == 0 else f"Synthetic Doctor {number + 1}",
            license=f"SEED/MDCN/{number:06d}",
            clinic=clinics[number % len(clinics)],
        )
        for number in range(size.doctors)
    ]
    others = made[1:]
    bulk.copy(
        "users",
        "id email password_hash role",
        (
            (d.user_id, f"doctor{n}@seed.clinic.invalid", "no-login", "doctor")
            for n, d in enumerate(others, 2)
        ),
    )
    bulk.copy(
        "user_profiles",
        "user_id first_name last_name",
        ((d.user_id, "Synthetic", d.name.removeprefix("Synthetic ")) for d in others),
    )
    bulk.copy("clinic_staff", "clinic_id user_id role", ((d.clinic, d.user_id, "doctor") for d in others))
    bulk.copy(
        "doctor_profiles",
        "id user_id license_number consultation_fee consultation_duration clinic_id max_overbook",
        ((d.id, d.user_id, d.license, 8000, 20, d.clinic, 1) for d in made),
    )
    bulk.copy(
        "doctor_specialties",
        "doctor_id specialty_id",
        ((d.id, formulary.specialty_id(_SPECIALTIES[n % 4])) for n, d in enumerate(made)),
    )
    bulk.copy(
        "doctor_availability",
        "doctor_id day_of_week start_time end_time break_start_time break_end_time",
        ((d.id, day, "08:00", "17:00", "12:00", "13:00") for d in made for day in range(1, 7)),
    )
    bulk.run("CREATE TEMP TABLE seed_doctors(no int PRIMARY KEY, id uuid, clinic uuid) ON COMMIT DROP")
    bulk.copy("seed_doctors", "no id clinic", ((n, d.id, d.clinic) for n, d in enumerate(made)))
    bulk.run("CREATE TEMP TABLE seed_clinics(no int PRIMARY KEY, id uuid) ON COMMIT DROP")
    bulk.copy("seed_clinics", "no id", enumerate(clinics))
    return made


def _word_lists(bulk: Bulk) -> None:
    given = read_rows(resource("demo", "given_names.csv"))
    lists: dict[str, Iterable[str]] = {
        "female": [row["name"] for row in given if row["gender"] == "female"],
        "male": [row["name"] for row in given if row["gender"] == "male"],
        "family": [row["name"] for row in read_rows(resource("demo", "family_names.csv"))],
        "street": [row["street"] for row in read_rows(resource("demo", "streets.csv"))],
        "town": [row["town"] for row in read_rows(resource("demo", "areas.csv"))],
    }
    bulk.run("CREATE TEMP TABLE seed_words(kind text PRIMARY KEY, words text[]) ON COMMIT DROP")
    bulk.copy("seed_words", "kind words", ((kind, list(words)) for kind, words in lists.items()))
    # one dice for everything: number, seed and purpose give the same face everywhere
    bulk.run(
        "CREATE FUNCTION pg_temp.dice(n bigint, seed int, purpose int, faces int) RETURNS int LANGUAGE sql "
        "IMMUTABLE AS $$ SELECT ((hashint8extended(n, seed * 1000::bigint + purpose) & 2147483647) "
        "% faces)::int $$"
    )
    bulk.run(
        "CREATE FUNCTION pg_temp.word(w text[], face int) RETURNS text LANGUAGE sql IMMUTABLE AS "
        "$$ SELECT w[1 + face % cardinality(w)] $$"
    )


def _calendar(bulk: Bulk, size: Size, today: date) -> None:
    """Working days: one in twelve lies ahead."""
    ahead = max(size.days // 12, 1)
    past = [day for n in range(size.days * 2 + 9) if (day := today - timedelta(days=n)).isoweekday() != 7]
    coming = [day for n in range(1, ahead * 2 + 9) if (day := today + timedelta(days=n)).isoweekday() != 7]
    chosen = sorted(past[: size.days - ahead] + coming[: min(ahead, size.days)])[: size.days]
    bulk.run("CREATE TEMP TABLE seed_days(no int PRIMARY KEY, day date) ON COMMIT DROP")
    bulk.copy("seed_days", "no day", enumerate(chosen))
    for table in ("seed_days", "seed_doctors", "seed_clinics", "seed_words"):
        bulk.run(f"ANALYZE {table}")
