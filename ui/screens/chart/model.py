"""What the chart screen knows: the opened chart, what is typed, and both merged."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import date, datetime, tzinfo
from typing import Protocol
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain import errors
from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.patients import PatientSummary
from clinicdesk.domain.people import Actor
from clinicdesk.domain.visits import Chart, Note, Visit
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.charts import Charts, OpenAppointment
from clinicdesk.services.local_store import LocalDrafts
from ui.messages import message_for
from ui.screens.chart.vitals import Checked, Person, check, texts_of
from ui.widgets.patient_banner import day_words

translate = QCoreApplication.translate


class ChartDesk(Protocol):
    """What the screen needs of the services."""

    @property
    def charts(self) -> Charts: ...

    @property
    def actor(self) -> Actor: ...

    @property
    def access(self) -> ChartAccess: ...

    @property
    def drafts(self) -> LocalDrafts: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """Everything on show for one patient."""

    patient: PatientSummary
    chart: Chart
    appointment: OpenAppointment | None

    def with_visit(self, visit: Visit) -> "Opened":
        """With a newer version of a visit, or a new one in front."""
        others = tuple(one for one in self.chart.visits if one.id != visit.id)
        visits = sorted((*others, visit), key=lambda one: one.visit_date, reverse=True)
        return replace(self, chart=replace(self.chart, visits=tuple(visits)))

    def holds(self, patient_id: UUID) -> bool:
        """Whether this is a record of the person on show: a merged one counts (spec 2.3)."""
        return patient_id == self.patient.id or patient_id in self.chart.former

    def old_number(self, visit: Visit) -> str:
        """The number of the merged record a visit was written in, '' for this record's own."""
        return self.chart.former.get(visit.patient_id, "")

    def visit(self, visit_id: UUID) -> Visit | None:
        """A visit of this chart."""
        return next((one for one in self.chart.visits if one.id == visit_id), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What stands in the form."""

    vitals: Mapping[str, str] = field(default_factory=dict)
    note: Note = field(default_factory=Note)
    visit_type: str = "consultation"

    @classmethod
    def of(cls, visit: Visit) -> "Typed":
        """The form of a stored visit."""
        return cls(vitals=texts_of(visit.vitals), note=visit.note, visit_type=visit.visit_type)


@dataclass(slots=True, kw_only=True, eq=False)
class Draft:
    """One visit being written. The patient's id lives in ``visit`` and goes with every save."""

    visit: Visit
    typed: Typed
    person: Person
    confirmed: frozenset[tuple[str, str]] = frozenset()
    dirty: bool = False
    saving: bool = False
    stale: bool = False
    amending: bool = False

    def check(self) -> Checked:
        """The vital signs as typed, against what is stored."""
        return check(
            self.typed.vitals, accepted=self.visit.vitals, person=self.person, confirmed=self.confirmed
        )

    def content(self, found: Checked) -> Visit:
        """The visit that a save would store."""
        return replace(
            self.visit, vitals=found.vitals, note=self.typed.note, visit_type=self.typed.visit_type
        )


def load(charts: Charts, patient_id: UUID, appointment_id: UUID | None) -> Opened:
    """Read it all; the opening is logged before. Runs on a worker."""
    chart = charts.open(patient_id)
    return Opened(
        patient=charts.summary(patient_id),
        chart=chart,
        appointment=charts.appointment_of(patient_id, appointment_id),
    )


def merge(old: Typed, mine: Typed, theirs: Visit) -> Typed:
    """Field by field: what only one side changed is taken; where both did, both texts stay (spec 3.9.8)."""
    new = Typed.of(theirs)
    note = {
        one.name: _merged(
            getattr(old.note, one.name), getattr(mine.note, one.name), getattr(new.note, one.name)
        )
        for one in fields(Note)
    }
    vitals = {
        name: new.vitals[name] if mine.vitals.get(name, "") == text else mine.vitals[name]
        for name, text in old.vitals.items()
    }
    kind = new.visit_type if mine.visit_type == old.visit_type else mine.visit_type
    return Typed(vitals=vitals, note=Note(**note), visit_type=kind)


def _merged(old: str, mine: str, theirs: str) -> str:
    if mine in (old, theirs):
        return theirs
    if theirs == old:
        return mine
    mark = translate("chart", "--- from the other seat ---")
    return f"{mine}\n{mark}\n{theirs}"


def words(error: DomainError) -> str:
    """The sentence for a refusal, with those of this screen."""
    if isinstance(error, InvalidField):
        own = {
            "assessment_or_plan": translate("chart", "Write an assessment or a plan before signing."),
            "limits_not_loaded": translate(
                "chart", "Vital signs cannot be checked: their limits are not loaded. Nothing was saved."
            ),
            "no_draft": translate("chart", "Files go with a visit being written, without marked values."),
            "too_large_document": translate("chart", "This visit is too large to store. Shorten the note."),
        }
        return own.get(error.rule) or message_for(error)
    own_sentences = {
        errors.NotArrived: translate("chart", "The patient has not arrived: check in first."),
        errors.VisitMissing: translate("chart", "Write the visit before completing the appointment."),
        errors.AlreadySigned: translate("chart", "This visit is signed. Amend it with a reason."),
        errors.ReasonMissing: translate("chart", "Say why the signed visit is changed."),
        errors.StaleRecord: translate("chart", "Changed on another seat. Press Reload: your words stay."),
    }
    return own_sentences.get(type(error)) or message_for(error)


def type_words() -> dict[str, str]:
    """Visit type -> word."""
    return {
        "routine": translate("visit", "Routine"),
        "emergency": translate("visit", "Emergency"),
        "follow_up": translate("visit", "Follow-up"),
        "consultation": translate("visit", "Consultation"),
    }


def status_look(status: str) -> tuple[str, str, str]:
    """(word, kind of tag, icon) of a visit's status."""
    looks = {
        "draft": (translate("visit", "Draft"), "warn", "pen-line"),
        "signed": (translate("visit", "Signed"), "ok", "badge-check"),
        "amended": (translate("visit", "Amended"), "info", "history"),
        "altered": (translate("visit", "Altered outside ClinicDesk"), "danger", "octagon-alert"),
        "unreadable": (translate("visit", "Cannot be read now"), "plain", "server-off"),
    }
    return looks[status]


def note_titles() -> dict[str, tuple[str, str]]:
    """Field of the note -> (SOAP letter, title with its Alt letter), in SOAP order."""
    return {
        "chief_complaint": ("S", translate("note", "&Chief complaint")),
        "history": ("S", translate("note", "H&istory of present illness")),
        "examination": ("O", translate("note", "Physical &examination")),
        "assessment": ("A", translate("note", "&Assessment")),
        "plan": ("P", translate("note", "&Plan")),
        "follow_up": ("P", translate("note", "&Follow-up instructions")),
    }


def local_day(moment: datetime, zone: tzinfo) -> str:
    """'24 Nov 2026' by the clinic's clock."""
    return day_words(moment.astimezone(zone).date())


def clock(moment: datetime, zone: tzinfo) -> str:
    """'10:42' by the clinic's clock."""
    return f"{moment.astimezone(zone):%H:%M}"


def zone_of(actor: Actor) -> ZoneInfo:
    """The clinic's time zone."""
    return ZoneInfo(actor.clinic.timezone)


def person_of(patient: PatientSummary, on: date, charts: Charts) -> Person:
    """Whose limits count on that day."""
    born = patient.date_of_birth
    return Person(age_days=None if born is None else max((on - born).days, 0), rules=charts.rules)
