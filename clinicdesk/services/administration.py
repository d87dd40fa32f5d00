"""What an administrator sets up: the clinic, its settings, doctors, kinds of appointment, rooms, holidays."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from clinicdesk.domain.administration import Collision, FieldRule, Record, Value, checked, typed_value
from clinicdesk.domain.errors import InvalidField, StaleRecord
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import wall
from clinicdesk.repositories.administration import Setup, rules
from clinicdesk.repositories.clinic_data import ClinicData
from clinicdesk.repositories.work import WorkFactory

DEFAULTS: Mapping[str, Value] = {
    "idle_lock_minutes": 5,
    "care_relation_required": True,
    "expiry_covers_treatment": True,
    "stocktake_reason_value": 1000,
    "stock_two_person_value": 50_000,
    "stock_markup_percent": 0,
}
REMOVABLE = ("hours", "session", "leave", "holiday")  # nothing refers to them; the rest is taken out of use
Typed = Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """``stored`` None: nobody chose, so ``value`` is the default."""

    rule: FieldRule
    value: Value
    stored: Value


class Administration:
    """The table of fields says which action changes a field; the database refuses the same."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def today(self) -> date:
        """The clinic's date."""
        return wall(self._now(), ZoneInfo(self._actor.clinic.timezone))[0]

    def rules(self, record: str) -> tuple[FieldRule, ...]:
        """The fields of a kind of record."""
        return rules()[record]

    def may_change(self, rule: FieldRule) -> bool:
        """Whether this person changes the field."""
        return self._actor.may(rule.action)

    # -- settings

    def settings(self) -> list[Setting]:
        """Those that the program reads."""
        self._enter()
        with self._open_work() as work:
            stored = Setup(work, self._actor.clinic.id).settings()
        return [
            Setting(
                rule=rule,
                value=stored.get(rule.field, DEFAULTS[rule.field]),
                stored=stored.get(rule.field),
            )
            for rule in rules()["setting"]
        ]

    def set_setting(self, setting: Setting, typed: object) -> None:
        """Raises InvalidField, NotAllowed; StaleRecord when another seat changed it meanwhile."""
        self._actor.require(setting.rule.action)
        value = typed_value(setting.rule, typed, self.today())
        if value == setting.value:
            return
        with self._open_work() as work:
            Setup(work, self._actor.clinic.id).set_setting(setting.rule.field, value, before=setting.stored)

    # -- records

    def clinic(self) -> Record:
        """The clinic's own data."""
        self._enter()
        with self._open_work() as work:
            return ClinicData(work, self._actor.clinic.id).read()

    def records(self, record: str, doctor_id: UUID | None = None) -> list[Record]:
        """All of a kind; hours, sessions and leave of one doctor."""
        self._enter()
        with self._open_work() as work:
            if record == "clinic":
                return [ClinicData(work, self._actor.clinic.id).read()]
            setup = Setup(work, self._actor.clinic.id)
            return setup.doctors() if record == "doctor" else setup.records(record, doctor_id)

    def parsed(self, record: str, typed: Typed) -> dict[str, Value]:
        """What was typed, as values. Raises InvalidField."""
        problems = self.problems(record, typed)
        if problems:
            raise problems[0]
        today = self.today()
        return {r.field: typed_value(r, typed[r.field], today) for r in rules()[record] if r.field in typed}

    def problems(self, record: str, typed: Typed) -> list[InvalidField]:
        """Every wrong field."""
        found: list[InvalidField] = []
        values: dict[str, Value] = {}
        today = self.today()
        for rule in rules()[record]:
            if rule.field in typed:
                try:
                    values[rule.field] = typed_value(rule, typed[rule.field], today)
                except InvalidField as refusal:
                    found.append(refusal)
        if not found:
            try:
                checked(values, record=record)
            except InvalidField as refusal:
                found.append(refusal)
        return found

    def save(
        self, record: str, before: Record | None, typed: Typed, *, doctor_id: UUID | None = None
    ) -> None:
        """A new row, or what was changed in one. Raises InvalidField, NotAllowed, StaleRecord, NotFound."""
        values = self.parsed(record, typed)
        old = before.values if before is not None else {}
        stored = before is not None and before.id is not None
        changed = {name: value for name, value in values.items() if not stored or value != old.get(name)}
        for rule in rules()[record]:
            if rule.field in changed or not stored:
                self._actor.require(rule.action)
        with self._open_work() as work:
            clinic = self._actor.clinic.id
            if record == "clinic":
                ClinicData(work, clinic).change(changed, before=old)
            elif record == "doctor":
                self._save_doctor(Setup(work, clinic), before, changed)
            else:
                setup = Setup(work, clinic)
                if record == "leave" and doctor_id is not None:
                    clash = bool(setup.collisions(doctor_id, values))
                    changed["state"] = "approved_with_conflicts" if clash else "approved"
                if before is not None and before.id is not None:
                    setup.change(record, before.id, changed, before=old)
                else:
                    setup.add(record, _without_none(changed), doctor_id=doctor_id)

    def remove(self, record: str, row: Record) -> None:
        """Hours, sessions, leave, holidays; others are taken out of use. Raises NotAllowed, NotFound."""
        self._actor.require(rules()[record][0].action)
        if record not in REMOVABLE or row.id is None:
            raise ValueError(record)
        with self._open_work() as work:
            Setup(work, self._actor.clinic.id).remove(record, row.id)

    def collisions(self, doctor_id: UUID, typed: Typed) -> list[Collision]:
        """Visits that lie in a leave as it is typed, before it is saved. Raises InvalidField, NotAllowed."""
        self._actor.require("clinic.manage")
        values = self.parsed("leave", typed)
        with self._open_work() as work:
            return Setup(work, self._actor.clinic.id).collisions(doctor_id, values)

    def _save_doctor(self, setup: Setup, before: Record | None, changed: dict[str, Value]) -> None:
        chosen = changed.pop("specialties", None)
        assert before is not None
        assert before.user_id is not None
        doctor = before.id
        if doctor is None:
            doctor = setup.add_doctor(before.user_id, _without_none(changed))
        else:
            setup.change("doctor", doctor, changed, before=before.values)
        if isinstance(chosen, tuple):
            now = next((one for one in setup.doctors() if one.id == doctor), None)
            if now is None or (
                before.id is not None and now.values["specialties"] != before.values["specialties"]
            ):
                raise StaleRecord
            setup.set_specialties(doctor, chosen)

    def _enter(self) -> None:
        if not self._actor.may("clinic.manage"):
            self._actor.require("clinic.lead")


def _without_none(values: Mapping[str, Value]) -> dict[str, Value]:
    """A new row takes the columns' own defaults for what was left empty."""
    return {name: value for name, value in values.items() if value is not None}
