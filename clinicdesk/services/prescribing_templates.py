"""Lines that need not be typed again: favourites, order sets, the last prescription, long-term lines."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.people import Actor
from clinicdesk.domain.prescriptions import PrescriptionLine
from clinicdesk.repositories.medicines import MedicineRepository
from clinicdesk.repositories.templates import TemplateRepository
from clinicdesk.repositories.work import Work
from clinicdesk.services.prescribing_draft import (
    LoadedDraft,
    PrescriptionDraft,
    draft_from_json,
    draft_to_json,
    medicine_ids,
    plain,
)
from clinicdesk.services.prescribing_keys import OpenWork

LONGEST_NAME = 80
LONG_TERM_DAYS = 28  # a course as long as this is renewed, not ended
LOOK_BACK_DAYS = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A favourite (one line) or an order set; ``own`` is false for the clinic's."""

    id: UUID
    name: str
    own: bool
    content: Mapping[str, Any]

    @property
    def count(self) -> int:
        """How many medicines."""
        return len(self.content["lines"])


class Templates:
    """Own templates and the clinic's; prescriptions.templates. Stock, price and withdrawal are today's."""

    def __init__(self, open_work: OpenWork, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now

    def all(self) -> list[Template]:
        """By name, the own first."""
        self._actor.require("prescriptions.templates")
        with self._open_work() as work:
            return [
                Template(
                    id=row["id"], name=row["name"], own=row["owner_id"] is not None, content=row["content"]
                )
                for row in TemplateRepository(work).all(self._actor.clinic.id)
            ]

    def save(self, name: str, lines: Sequence[PrescriptionLine], *, for_clinic: bool = False) -> UUID:
        """Keep lines without their reasons; the same name replaces. Raises InvalidField, NotAllowed."""
        self._actor.require("prescriptions.templates")
        name = plain(name)
        if not name:
            raise InvalidField("name", "required")
        if len(name) > LONGEST_NAME:
            raise InvalidField("name", "too_long", {"max": str(LONGEST_NAME)})
        if not lines:
            raise InvalidField("items", "missing")
        bare = PrescriptionDraft(id=uuid4(), patient_id=uuid4(), lines=tuple(map(_without_reason, lines)))
        content = {"v": 1, "lines": draft_to_json(bare)["lines"]}
        owner = None if for_clinic else self._actor.user_id
        with self._open_work() as work:
            return TemplateRepository(work).save(self._actor.clinic.id, owner, name, content=content)

    def remove(self, template: Template) -> None:
        """Throw it away. Raises NotAllowed for the clinic's, except for its clinical lead."""
        self._actor.require("prescriptions.templates")
        with self._open_work() as work:
            TemplateRepository(work).remove(template.id)

    def lines_of(self, template: Template) -> LoadedDraft:
        """Ready to add; ``withdrawn`` names what is no longer on the formulary."""
        self._actor.require("prescriptions.templates")
        with self._open_work() as work:
            return self._loaded(work, template.content)

    def last_lines(self, patient_id: UUID) -> LoadedDraft:
        """What was prescribed last for a patient, as it was."""
        self._actor.require("prescriptions.write")
        with self._open_work() as work:
            return self._loaded(work, {"lines": TemplateRepository(work).last_lines(patient_id)})

    def long_term_lines(self, patient_id: UUID) -> LoadedDraft:
        """The newest line of each medicine that is taken for a month or more, unless it was cancelled."""
        self._actor.require("prescriptions.write")
        today = self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()
        with self._open_work() as work:
            lines = TemplateRepository(work).long_lines(
                patient_id, today, days=LONG_TERM_DAYS, back=LOOK_BACK_DAYS
            )
            return self._loaded(work, {"lines": lines})

    def lines_in(self, content: Mapping[str, Any]) -> LoadedDraft:
        """What a draft kept on a PC holds, with today's stock."""
        self._actor.require("prescriptions.write")
        with self._open_work() as work:
            return self._loaded(work, content)

    def _loaded(self, work: Work, content: Mapping[str, Any]) -> LoadedDraft:
        today = self._now().astimezone(ZoneInfo(self._actor.clinic.timezone)).date()
        shelf = MedicineRepository(work).by_ids(medicine_ids(content), self._actor.clinic.id, today=today)
        return draft_from_json(PrescriptionDraft(id=uuid4(), patient_id=uuid4()), content, formulary=shelf)


def _without_reason(line: PrescriptionLine) -> PrescriptionLine:
    """A reason is given for one patient."""
    return PrescriptionLine(medicine=line.medicine, sig=line.sig, quantity=line.quantity)
