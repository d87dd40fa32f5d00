"""Who can sign in to the demo clinic. The password is public: nobody real is in there."""

import tomllib
from dataclasses import dataclass, field

from clinicdesk.resources import resource

DEMO_PASSWORD = "demo clinic 2026"
ROLES = ("receptionist", "doctor", "nurse", "pharmacist", "admin")
_TITLES = {
    "receptionist": "Receptionist",
    "nurse": "Nurse",
    "pharmacist": "Pharmacist",
    "admin": "Administrator",
}


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """A person of the demo's sign-in list."""

    name: str
    title: str
    email: str
    password: str = field(repr=False)
    role: str


def _load() -> tuple[DemoStaff, ...]:
    with resource("demo", "clinic.toml").open("rb") as file:
        rows = tomllib.load(file)["staff"]
    people = [
        DemoStaff(
            f"{row['first_name']} {row['last_name']}",
            f"Doctor – {row['doctor']['specialties'][0]}" if "doctor" in row else _TITLES[row["role"]],
            row["email"],
            DEMO_PASSWORD,
            row["role"],
        )
        for row in rows
    ]
    first = [next(person for person in people if person.role == role) for role in ROLES]
    return (*first, *(person for person in people if person not in first))


DEMO_STAFF = _load()
