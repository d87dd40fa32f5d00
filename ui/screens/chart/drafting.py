"""The draft being written: saved a second after the last key, never into another visit, never lost.

Until the chart has it this PC keeps it, too: it comes back after a crash, with its own patient only.
"""

from collections.abc import Callable
from functools import partial
from uuid import UUID

from PySide6.QtCore import QObject, QTimer, Signal, Slot

from clinicdesk.domain.errors import Conflict, DomainError, InvalidField
from clinicdesk.domain.visits import Visit
from clinicdesk.services.charts import Charts
from clinicdesk.services.local_store import LocalDrafts
from ui.screens.chart.kept import Kept, name_of, read
from ui.screens.chart.model import Draft, Typed, merge, translate, words
from ui.screens.chart.vitals import Checked, Person, input_of
from ui.tasks import TaskRunner

PAUSE_MS = 1000
KEEP_MS = 500
RETRY_MS = 5000
CHANGED = True
Step = Callable[[], None]


class Drafting(QObject):
    """At most one draft. What could not be saved is kept under its visit and comes back with it."""

    form = Signal(object)
    checked = Signal(object)
    saved = Signal()
    partly_saved = Signal()
    not_saved = Signal(str)
    refused = Signal(str)
    field_wrong = Signal(str, str)
    elsewhere = Signal(bool)
    stored = Signal(object)
    signed = Signal(object, str)

    def __init__(self, charts: Charts, tasks: TaskRunner, drafts: LocalDrafts) -> None:
        super().__init__()
        self._charts, self._tasks, self._drafts = charts, tasks, drafts
        self.draft: Draft | None = None
        self._kept: dict[UUID, Kept] = {}
        self._found: dict[UUID, Kept] = {}
        self._then: tuple[Step, bool] | None = None
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self.save_now)
        self._keeping = QTimer(self)
        self._keeping.setSingleShot(True)
        self._keeping.timeout.connect(self.keep_now)
        self._tasks.run(drafts.all, owner=self, done=self._recovered, failed=_ignore)

    def edit(self, visit: Visit, person: Person, *, amending: bool = False) -> None:
        """Fill the form with a visit, and with what was kept of it."""
        self.leave()
        known = visit.id in self._kept or visit.id in self._found
        typed = self._words_of(visit)
        draft = Draft(visit=visit, typed=typed, person=person, amending=amending)
        self.draft = draft
        self.form.emit(draft)
        found = self._tell(draft)
        draft.dirty = draft.content(found) != visit or bool(found.open())
        if known and not draft.dirty:
            self._forget(visit.id)
        elif draft.dirty and not amending:
            self._pause.start(PAUSE_MS)

    def leave(self) -> None:
        """Forget the draft on show; unsaved words are kept."""
        self._pause.stop()
        if self._keeping.isActive():
            self.keep_now()
        draft, self.draft = self.draft, None
        if draft is not None and draft.dirty and not draft.saving:
            self._kept[draft.visit.id] = Kept.of(draft)

    def drop(self) -> None:
        """Forget the draft on show and its words."""
        self._keeping.stop()
        if self.draft is not None:
            self.draft.dirty = False
            self._forget(self.draft.visit.id)
        self.leave()

    def unsaved(self) -> bool:
        """Whether words would be lost with this process."""
        return bool(self._kept) or (self.draft is not None and (self.draft.dirty or self.draft.saving))

    # -- typing ------------------------------------------------------------------------

    @Slot(object)
    def typed(self, typed: Typed) -> None:
        """The form changed."""
        draft = self.draft
        if draft is None or typed == draft.typed:
            return
        draft.typed, draft.dirty = typed, True
        if not self._keeping.isActive():
            self._keeping.start(KEEP_MS)
        if not draft.amending and not draft.stale:
            self._pause.start(PAUSE_MS)

    @Slot()
    def look_at_vitals(self) -> None:
        """A vital sign was left: say at once what is wrong with it."""
        if self.draft is not None:
            self._tell(self.draft)

    @Slot()
    def confirm_critical(self) -> None:
        """The critical values on show are right (spec 3.1.2)."""
        draft = self.draft
        if draft is None:
            return
        asked = {one.input for one in draft.check().remarks if one.kind == "critical"}
        draft.confirmed |= {(name, draft.typed.vitals.get(name, "").strip()) for name in asked}
        draft.dirty = True
        self._tell(draft)
        self.save_now()

    # -- saving ------------------------------------------------------------------------

    @Slot()
    def save_now(self) -> None:
        """Save, unless nothing changed, a save is under way, or it is an amendment."""
        draft = self.draft
        if draft is None or draft.saving or draft.stale or draft.amending or not draft.dirty:
            return
        self._pause.stop()
        found = self._tell(draft)
        wanted = draft.content(found)
        if wanted == draft.visit:
            self._now_saved(draft, found)
            return
        draft.saving, draft.dirty = True, False
        self._keeping.stop()
        save = partial(self._charts.save_draft, wanted, draft.visit.version, confirmed=found.confirmed)
        call = partial(_kept_first, self._keep_call(draft), save)
        self._tasks.run(
            call,
            owner=self,
            done=partial(self._was_saved, draft, found),
            failed=partial(self._was_not_saved, draft),
        )

    def flush(self, then: Step, *, even_if_refused: bool = False) -> None:
        """Save, then go on. A refusal ends it, unless the words may stay behind, kept under their visit."""
        draft = self.draft
        if draft is None or draft.amending or draft.stale or not (draft.dirty or draft.saving):
            then()
            return
        self._then = (then, even_if_refused)
        if not draft.saving:
            self.save_now()

    def _was_saved(self, draft: Draft, found: Checked, visit: Visit) -> None:
        draft.saving, draft.visit = False, visit
        self.stored.emit(visit)
        if draft is not self.draft:
            self._keep(draft)
        elif draft.dirty:
            self._pause.start(0 if self._then else PAUSE_MS)
            return
        else:
            self._now_saved(draft, found)
            return
        self._go_on()

    def _now_saved(self, draft: Draft, found: Checked) -> None:
        draft.dirty = bool(found.open())
        if draft.dirty:
            self.partly_saved.emit()
        else:
            self._keeping.stop()
            self._forget(draft.visit.id)
            self.saved.emit()
        self._go_on()

    def _was_not_saved(self, draft: Draft, error: DomainError) -> None:
        draft.saving, draft.dirty = False, True
        if draft is not self.draft:
            self._keep(draft)
            self.refused.emit(words(error))
        else:
            self._explain(draft, error)
            if not isinstance(error, InvalidField | Conflict):
                self._pause.start(RETRY_MS)
        self._go_on(refused=True)

    def _keep(self, draft: Draft) -> None:
        if draft.dirty:
            self._kept[draft.visit.id] = Kept.of(draft)
        else:
            self._forget(draft.visit.id)

    def _explain(self, draft: Draft, error: DomainError) -> None:
        self.not_saved.emit(words(error))
        if isinstance(error, InvalidField):
            self.field_wrong.emit(input_of(error.field), words(error))
        elif isinstance(error, Conflict):
            draft.stale = True
            self.elsewhere.emit(CHANGED)

    def _go_on(self, *, refused: bool = False) -> None:
        step, self._then = self._then, None
        if step is not None and (step[1] or not refused):
            step[0]()

    # -- signing -----------------------------------------------------------------------

    @Slot()
    def sign(self) -> None:
        """Sign what is typed."""
        draft = self.draft
        if draft is None or draft.amending or not self.all_right():
            return
        if draft.saving:
            self._then = (self.sign, False)
            return
        found = draft.check()
        call = partial(self._charts.sign, draft.content(found), confirmed=found.confirmed)
        self._store(draft, call, translate("chart", "Visit signed"))

    @Slot(str)
    def save_amendment(self, reason: str) -> None:
        """Store what is typed as a new version of a signed visit."""
        draft = self.draft
        if draft is None or not draft.amending or draft.saving or not self.all_right():
            return
        found = draft.check()
        call = partial(self._charts.amend, draft.content(found), reason, confirmed=found.confirmed)
        self._store(draft, call, translate("chart", "Amendment saved"))

    def _store(self, draft: Draft, call: Callable[[], Visit], sentence: str) -> None:
        self._pause.stop()
        draft.saving, draft.dirty = True, False
        self._tasks.run(
            call,
            owner=self,
            done=partial(self._was_signed, draft, sentence),
            failed=partial(self._was_not_signed, draft),
        )

    def _was_signed(self, draft: Draft, sentence: str, visit: Visit) -> None:
        draft.saving, base, draft.visit = False, draft.visit, visit
        if draft.dirty:  # keys that came while it was signed: an amendment to write
            self._kept[visit.id] = Kept.over(base, draft.typed)
            draft.dirty = False
        else:
            self._keeping.stop()
            self._forget(visit.id)
        if draft is self.draft:
            self.leave()
        self.signed.emit(visit, sentence)
        self._go_on()

    def _was_not_signed(self, draft: Draft, error: DomainError) -> None:
        draft.saving, draft.dirty = False, True
        if draft is self.draft:
            self._explain(draft, error)
            if not draft.amending and not isinstance(error, Conflict):
                self._pause.start(PAUSE_MS)
        else:
            self._keep(draft)
        self.refused.emit(words(error))
        self._go_on(refused=True)

    # -- what is stored with it --------------------------------------------------------

    def stored_beside(self, visit_id: UUID, visit: Visit | None) -> None:
        """A file was kept with the draft, which made a new version; None where it was not kept."""
        draft = self.draft
        if draft is None or draft.visit.id != visit_id:
            return
        draft.saving = False
        if visit is not None:
            draft.visit = visit
            self.stored.emit(visit)
        if draft.dirty:
            self._pause.start(PAUSE_MS)

    # -- other seats -------------------------------------------------------------------

    def changed_to(self, version: int) -> bool:
        """Another seat may have saved; True when the draft is out of date now."""
        draft = self.draft
        if draft is None or draft.saving or version <= draft.visit.version:
            return False
        draft.stale = True
        self._pause.stop()
        self.elsewhere.emit(CHANGED)
        return True

    def take_theirs(self, theirs: Visit) -> None:
        """Go on from another seat's version with both texts; signed ones can only be amended."""
        draft = self.draft
        if draft is None or theirs.version <= draft.visit.version:
            return
        self._kept[draft.visit.id] = Kept.of(draft)
        draft.dirty = False
        self.edit(theirs, draft.person, amending=theirs.status != "draft")

    # -- on this PC --------------------------------------------------------------------

    @Slot()
    def keep_now(self) -> None:
        """Have this PC keep what is typed: within half a second, whatever the servers do."""
        self._keeping.stop()
        if self.draft is not None and (self.draft.dirty or self.draft.saving):
            self._tasks.run(self._keep_call(self.draft), owner=self, done=_ignore, failed=_ignore)

    def _keep_call(self, draft: Draft) -> Callable[[], bool]:
        name = name_of(draft.visit.id)
        return partial(self._drafts.keep, name, self._drafts.turn(name), Kept.of(draft).record())

    def _forget(self, visit_id: UUID) -> None:
        name = name_of(visit_id)
        self._found.pop(visit_id, None)
        call = partial(self._drafts.remove, name, self._drafts.turn(name))
        self._tasks.run(call, owner=self, done=_ignore, failed=_ignore)

    def _recovered(self, found: list[object]) -> None:
        """What a crash or a sign-out left here; each waits for its own visit to be opened."""
        for record in found:
            kept = read(record)
            if kept is not None and kept.visit_id not in self._kept:
                self._found[kept.visit_id] = kept
        draft = self.draft
        if draft is not None and draft.visit.id in self._found and not (draft.dirty or draft.saving):
            self.edit(draft.visit, draft.person, amending=draft.amending)

    def _words_of(self, visit: Visit) -> Typed:
        kept = self._kept.pop(visit.id, None) or self._found.get(visit.id)
        if kept is None or kept.patient_id != visit.patient_id:
            return Typed.of(visit)
        return merge(kept.base, kept.typed, visit) if kept.version < visit.version else kept.typed

    # -- parts -------------------------------------------------------------------------

    def all_right(self) -> bool:
        """Whether every typed value may be stored; else the first wrong one is named."""
        if self.draft is None:
            return True
        for remark in self._tell(self.draft).open():
            self.field_wrong.emit(remark.input, remark.text)
            return False
        return True

    def _tell(self, draft: Draft) -> Checked:
        found = draft.check()
        self.checked.emit(found)
        return found


def _kept_first(keep: Callable[[], bool], save: Callable[[], Visit]) -> Visit:
    keep()  # what the chart may get without an answer is what this PC has, word for word
    return save()


def _ignore(_: object) -> None:
    """The server's answer is the one that counts."""
