"""Who is signed in, and the staff a screen shows."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from clinicdesk.domain.errors import NotAllowed


class Role(StrEnum):
    """Roles with a desktop login; patients have none."""

    ADMIN = "admin"
    DOCTOR = "doctor"
    NURSE = "nurse"
    RECEPTIONIST = "receptionist"
    PHARMACIST = "pharmacist"


class Duty(StrEnum):
    """What a person of any role may be besides the role; the table of rights says what it gives."""

    PRIVACY_OFFICER = "privacy_officer"
    CLINIC_LEAD = "clinic_lead"
    CASHIER_LEAD = "cashier_lead"
    RECORDS = "records"
    WITNESS = "witness"


@dataclass(frozen=True, slots=True, kw_only=True)
class Clinic:
    """A clinic the person works in; ``timezone`` is an IANA name, ``currency`` ISO 4217."""

    id: UUID
    name: str
    timezone: str
    currency: str
    address: str
    phone: str
    license_number: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The signed-in person. ``actions`` are those of the rights table for role and duties."""

    user_id: UUID
    name: str
    email: str
    role: Role
    clinic: Clinic
    doctor_id: UUID | None
    actions: frozenset[str]
    must_change_password: bool = False
    duties: frozenset[Duty] = frozenset()

    def require(self, action: str) -> None:
        """Refuse early what the database would refuse anyway. Raises NotAllowed."""
        if action not in self.actions:
            raise NotAllowed(action)

    def may(self, action: str) -> bool:
        """Whether to offer the action on screen."""
        return action in self.actions


@dataclass(frozen=True, slots=True, kw_only=True)
class Doctor:
    """A column of the scheduler. ``id`` is ``doctor_profiles.id``; ``duration`` in minutes."""

    id: UUID
    user_id: UUID
    name: str
    specialty: str
    license_number: str
    duration: int
