"""The status table of spec 1.1 as data: T1-T10 and the corrections C1, C2."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Status
from clinicdesk.domain.errors import IllegalTransition, InvalidField, NotAllowed, PastTime
from clinicdesk.domain.people import Role

PATIENT = "patient"
SYSTEM = "system"
DESK = (Role.RECEPTIONIST, Role.DOCTOR, Role.ADMIN)

CANCEL_REASONS: dict[str, str] = {  # code -> whose cause it is, for the refund rule of spec 1.8
    "patient_asked": "patient",
    "patient_ill": "patient",
    "doctor_away": "clinic",
    "clinic_closed": "clinic",
    "entered_in_error": "clinic",
    "duplicate": "clinic",
    "other": "clinic",
    "left_before_seen": "patient",
    "emergency": "clinic",
    "wrong_patient": "clinic",
    "not_confirmed": "system",
    "hold_lapsed": "system",
}
IN_VISIT_REASONS = frozenset({"left_before_seen", "emergency", "wrong_patient"})
LATE_CANCEL = timedelta(hours=24)
REOPEN_WITHIN = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One row of the table. ``reason_from``: roles that must give a reason; ``stamp``: the column it sets."""

    rule: str
    source: Status | None
    target: Status
    roles: frozenset[str]
    reason_from: frozenset[str] = frozenset()
    codes: frozenset[str] = frozenset()
    stamp: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the guards look at: aware instants; ``own`` is 'the same doctor'; ``grace`` in minutes."""

    now: datetime
    start: datetime
    zone: ZoneInfo
    checked_in: bool = False
    remote: bool = False
    own: bool = True
    has_visit: bool = True
    grace: int = 15
    hold_expires_at: datetime | None = None
    completed_at: datetime | None = None


def _row(
    rule: str, source: Status | None, target: Status, *roles: str, stamp: str = "", reason: str = ""
) -> Step:
    everyone = frozenset(str(role) for role in roles)
    asked = {"": frozenset[str](), "all": everyone}.get(reason, frozenset({reason}))
    codes = frozenset(CANCEL_REASONS) if target is Status.CANCELLED else frozenset[str]()
    codes = IN_VISIT_REASONS if rule == "T10" else codes
    return Step(
        rule=rule, source=source, target=target, roles=everyone, reason_from=asked, codes=codes, stamp=stamp
    )


_S = Status
TABLE: tuple[Step, ...] = (
    _row("T1", None, _S.PENDING, PATIENT, Role.RECEPTIONIST, Role.DOCTOR, Role.NURSE, stamp="created_at"),
    _row("T2", None, _S.CONFIRMED, *DESK, stamp="confirmed_at"),
    _row("T3", _S.PENDING, _S.CONFIRMED, *DESK, SYSTEM, stamp="confirmed_at"),
    _row("T4", _S.PENDING, _S.CANCELLED, PATIENT, *DESK, SYSTEM, stamp="cancelled_at", reason="all"),
    _row("T5", _S.CONFIRMED, _S.CANCELLED, PATIENT, *DESK, stamp="cancelled_at", reason="all"),
    _row("T6", _S.PENDING, _S.RESCHEDULED, PATIENT, *DESK, stamp="rescheduled_at"),
    _row("T6", _S.CONFIRMED, _S.RESCHEDULED, PATIENT, *DESK, stamp="rescheduled_at"),
    _row("T7", _S.CONFIRMED, _S.IN_PROGRESS, Role.DOCTOR, Role.NURSE, stamp="started_at"),
    _row("T8", _S.CONFIRMED, _S.NO_SHOW, Role.RECEPTIONIST, Role.DOCTOR, SYSTEM, stamp="no_show_at"),
    _row("T9", _S.IN_PROGRESS, _S.COMPLETED, Role.DOCTOR, stamp="completed_at"),
    _row("T10", _S.IN_PROGRESS, _S.CANCELLED, Role.DOCTOR, Role.ADMIN, stamp="cancelled_at", reason="all"),
    _row("C1", _S.NO_SHOW, _S.CONFIRMED, Role.RECEPTIONIST, Role.ADMIN, stamp="no_show_undone_at"),
    _row("C2", _S.COMPLETED, _S.IN_PROGRESS, Role.DOCTOR, Role.ADMIN, stamp="reopened_at", reason=Role.ADMIN),
)
_BY_PAIR = {(row.source, row.target): row for row in TABLE}
TERMINAL = frozenset({_S.COMPLETED, _S.CANCELLED, _S.NO_SHOW, _S.RESCHEDULED})
OCCUPYING = frozenset({_S.PENDING, _S.CONFIRMED, _S.IN_PROGRESS})  # spec 1.4.2


def step(
    source: Status | None, target: Status, *, role: str, reason: str = "", facts: Facts | None = None
) -> Step:
    """The row of the table for this step, its guards checked against ``facts`` when given.

    Raises IllegalTransition (not in the table, or a guard says no), NotAllowed (role), InvalidField (reason),
    PastTime (T1, T2).
    """
    row = _BY_PAIR.get((source, target))
    if row is None:
        raise IllegalTransition(str(source), str(target))
    if role not in row.roles:
        raise NotAllowed(row.rule)
    if role in row.reason_from and not reason.strip():
        raise InvalidField("reason", "required")
    if row.codes and reason not in row.codes:
        raise InvalidField("reason", "unknown_code")
    if facts is not None:
        _guard(row, role, facts)
    return row


def possible(source: Status | None, role: str) -> tuple[Step, ...]:
    """The steps that this role may try from a status, for menus."""
    return tuple(row for row in TABLE if row.source is source and role in row.roles)


def late_cancel(now: datetime, start: datetime) -> bool:
    """Spec T5: less than 24 hours before the start."""
    return now > start - LATE_CANCEL


def _guard(row: Step, role: str, facts: Facts) -> None:
    if row.source is None:
        if facts.start < facts.now:
            raise PastTime
        return
    if not _holds(row, role, facts):
        raise IllegalTransition(row.rule)


def _holds(row: Step, role: str, facts: Facts) -> bool:
    same_day = facts.now.astimezone(facts.zone).date() == facts.start.astimezone(facts.zone).date()
    match row.rule:
        case "T3":
            return facts.hold_expires_at is None or facts.now <= facts.hold_expires_at
        case "T5":
            return role != PATIENT or facts.now < facts.start
        case "T7":
            return same_day and (facts.checked_in or facts.remote)
        case "T8":
            return not facts.checked_in and facts.now >= facts.start + timedelta(minutes=facts.grace)
        case "T9":
            return facts.has_visit
        case "C1":
            return same_day
        case "C2":
            return role == Role.ADMIN or (facts.own and _recent(facts))
        case _:
            return True


def _recent(facts: Facts) -> bool:
    return facts.completed_at is not None and facts.now <= facts.completed_at + REOPEN_WITHIN
