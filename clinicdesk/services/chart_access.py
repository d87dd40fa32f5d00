"""Opening a chart without a care relation: a reason, an hour, a review (spec 2.8)."""

from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from clinicdesk.domain.access import LEAST_NOTE, REASONS, Emergency, Glass
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.repositories.access import ChartDoor
from clinicdesk.repositories.work import WorkFactory

MOST_EMERGENCIES = 200


class ChartAccess:
    """The clinicians' side, and the review list of administrators and privacy officers."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def ask(self, patient_id: UUID) -> Glass:
        """Whether a reason is needed now; a shut chart leaves a 'refused' line in the access log."""
        self._actor.require("chart.read")
        with self._open_work() as work:
            door = ChartDoor(work)
            found = door.glass(patient_id)
            if found.shut:
                door.log_refusal(patient_id, found.cause)
        return found

    def break_glass(self, patient_id: UUID, reason: str, note: str = "") -> datetime:
        """Open the chart for an hour, for this person alone. Raises InvalidField, NotAllowed."""
        self._actor.require("chart.break_glass")
        if reason not in REASONS:
            raise InvalidField("reason", "choose")
        if reason == "other" and len(note.strip()) < LEAST_NOTE:
            raise InvalidField("note", "too_short", {"min": str(LEAST_NOTE)})
        if len(note.strip()) > 300:
            raise InvalidField("note", "too_long", {"max": "300"})
        with self._open_work() as work:
            return ChartDoor(work).break_glass(patient_id, reason, note.strip())

    def emergencies(self, *, open_only: bool = True) -> list[Emergency]:
        """What is to be reviewed; reading the list is logged. Raises NotAllowed."""
        self._actor.require("access.read")
        with self._open_work() as work:
            return ChartDoor(work).emergencies(open_only=open_only, limit=MOST_EMERGENCIES)

    def review(self, emergency_id: UUID, note: str = "") -> None:
        """Somebody else looked at it. Raises NotAllowed for the own access, StaleRecord."""
        self._actor.require("access.read")
        with self._open_work() as work:
            ChartDoor(work).review(emergency_id, note.strip())

    def declare_relative(self, patient_id: UUID, relation: str = "family") -> None:
        """This is my own chart ('self') or one of my family: from now on always with a reason."""
        self._actor.require("relatives.declare")
        if relation not in ("self", "family"):
            raise InvalidField("relation", "choose")
        with self._open_work() as work:
            ChartDoor(work).set_relative(self._actor.user_id, patient_id, relation)

    def set_restricted(self, patient_id: UUID, *, restricted: bool) -> None:
        """Whether this chart always asks for a reason (spec 2.8). Raises NotAllowed."""
        self._actor.require("patients.restrict")
        with self._open_work() as work:
            ChartDoor(work).set_restricted(patient_id, restricted=restricted)
