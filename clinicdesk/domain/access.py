"""Accounts, and what the logs say about who saw and changed what."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from clinicdesk.domain.people import Duty, Role

DUTIES = tuple(Duty)
REASONS = ("emergency", "cover", "patient_asked", "quality_review", "other")
GLASS_MINUTES = 60
_INTERNAL = frozenset(
    {"id", "row_version", "created_at", "updated_at", "login_role", "password_hash", "search"}
)
LEAST_NOTE = 10  # characters when the reason is 'other' (spec 2.8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A member of staff as administrators see it; ``connections`` counts open ones to the database."""

    id: UUID
    email: str
    first_name: str
    last_name: str
    role: Role
    active: bool
    last_login: datetime | None
    must_change_password: bool
    locked_until: datetime | None
    failures: int
    connections: int
    clinics: tuple[UUID, ...]
    duties: frozenset[str]
    may_overbook: bool = False

    @property
    def name(self) -> str:
        """First and last name."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def state(self) -> str:
        """disabled, locked, new (never signed in) or active."""
        if not self.active:
            return "disabled"
        if self.locked_until is not None:
            return "locked"
        return "active" if self.last_login else "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """What to read of a log; ``first`` and ``last`` are the clinic's days, both included."""

    kind: str = "changes"
    person: UUID | None = None
    patient: UUID | None = None
    table: str = ""
    row: str = ""
    first: date | None = None
    last: date | None = None
    emergency: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessLine:
    """Somebody did something with a chart (spec 3.11)."""

    id: int
    at: datetime
    user_id: UUID
    person: str
    role: str
    seat: str
    address: str
    patient_id: UUID
    patient: str
    mrn: str
    action: str
    purpose: str
    emergency: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """A row was written. ``masked``: clinical values are not shown, only which fields changed."""

    id: int
    at: datetime
    person: str
    seat: str
    address: str
    table: str
    operation: str
    row: str
    subject: str
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    masked: bool = False

    def fields(self) -> list[tuple[str, str, str]]:
        """Name, before, after: what differs, in the order of names."""
        names = sorted({*self.before, *self.after})
        return [(name, _text(self.before.get(name)), _text(self.after.get(name))) for name in names]

    def shown(self) -> list[tuple[str, str, str]]:
        """As ``fields``, without what only the program reads: counters, stamps, empty beginnings."""
        return [
            (name, before, after)
            for name, before, after in self.fields()
            if name not in _INTERNAL and (before != after or self.masked)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class Relative:
    """A person of the staff and a patient: the own chart ('self') or one of the 'family' (spec 2.8)."""

    user_id: UUID
    patient_id: UUID
    patient: str
    mrn: str
    relation: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Emergency:
    """One break-the-glass; ``lines`` counts what was opened in its hour."""

    id: UUID
    at: datetime
    until: datetime
    user_id: UUID
    person: str
    role: str
    seat: str
    patient_id: UUID
    patient: str
    mrn: str
    cause: str
    reason: str
    note: str
    lines: int
    reviewer: str
    reviewed_at: datetime | None
    review_note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Glass:
    """How a chart stands to a person: ``cause`` '' needs nothing; ``until`` when it is open for now."""

    cause: str
    until: datetime | None

    @property
    def shut(self) -> bool:
        """Whether a reason is needed now."""
        return bool(self.cause) and self.until is None


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_text(part)}" for key, part in value.items())
    if isinstance(value, list):
        return ", ".join(_text(part) for part in value)
    return str(value)
