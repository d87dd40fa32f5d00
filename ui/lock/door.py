"""Shutting one seat: locked for its person, or signed out; its drafts are saved first."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QWidget

from clinicdesk.bootstrap import Session
from clinicdesk.domain.errors import DomainError
from clinicdesk.services.unlocking import PinVault
from clinicdesk.services.upkeep import Upkeep
from ui.lock.curtain import Curtain
from ui.tasks import TaskRunner

LOOK_MS, DRAFTS_MS = 20, 2000


class SeatDoor(QObject):
    """``locked``/``resumed``: the connections are closed, or back with the window.

    ``gone``: signed out. ``kept``: meant to go, but some text could not be saved, so it is locked instead.
    """

    locked = Signal()
    resumed = Signal()
    gone = Signal()
    kept = Signal()

    def __init__(
        self, window: QWidget, session: Session, upkeep: Upkeep, vault: PinVault, tasks: TaskRunner
    ) -> None:
        super().__init__()
        self._session, self._upkeep, self._vault, self._tasks = session, upkeep, vault, tasks
        self._curtain = Curtain(window)
        self.is_open = True
        self._connected = True
        self._fresh: Session | None = None
        self._then: Callable[[], None] | None = None
        self._looks = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self._settle)

    def lock(self) -> None:
        """Hide everything now; close the connections and forget the password once drafts are saved."""
        self._put_away(self._lock_now)

    def resume(self, fresh: Session) -> None:
        """Go on with a new sign-in of the same person."""
        self._fresh = fresh
        if not self._connected:
            self._resume_now()

    def depart(self, *, unsaved: Callable[[], bool] | None = None) -> None:
        """Sign out without holding up the program; where ``unsaved()`` says so in the end, lock instead."""
        self._put_away(partial(self._leave_or_keep, unsaved))

    def shut(self) -> None:
        """The seat is closed by force: nothing that waits here happens any more."""
        self.is_open = False
        self._timer.stop()
        self._vault.wipe()

    def _put_away(self, then: Callable[[], None]) -> None:
        if self.is_open:
            self.is_open = False
            self._curtain.draw()
        self._looks, self._then = DRAFTS_MS // LOOK_MS, then
        self._timer.start()

    @Slot()
    def _settle(self) -> None:
        """Every call answered, or two seconds passed."""
        self._looks -= 1
        if self._looks > 0 and not self._tasks.idle():
            return
        self._timer.stop()
        then, self._then = self._then, None
        if then is not None:
            then()

    def _lock_now(self) -> None:
        self._tasks.run(self._session.lock, owner=self, done=self._locked, failed=self._stay)

    def _locked(self, _: object) -> None:
        self._connected = False
        self.locked.emit()
        if self._fresh is not None:
            self._resume_now()

    def _resume_now(self) -> None:
        fresh, self._fresh = self._fresh, None
        if fresh is not None:
            self._session.resume(fresh)
            self.is_open = self._connected = True
            self._curtain.lift()
            self.resumed.emit()

    def _leave_or_keep(self, unsaved: Callable[[], bool] | None) -> None:
        if unsaved is not None and unsaved():
            self._lock_now()
            self.kept.emit()
            return
        self._vault.wipe()
        call = partial(_leave, self._upkeep, self._session)
        self._tasks.run(call, owner=self, done=self._left, failed=self._stay)

    def _left(self, _: object) -> None:
        self.gone.emit()

    def _stay(self, error: DomainError) -> None:
        raise AssertionError("closing connections asks nobody") from error


def _leave(upkeep: Upkeep, session: Session) -> None:
    upkeep.leave()
    session.close()
