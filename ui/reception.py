"""Who works at this PC: signs people in, locks and parks their seats, lets each back to their own only."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QObject, Signal, Slot
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.errors import DomainError
from ui.entry_window import EntryWindow
from ui.lock.idle import IdleWatch
from ui.messages import message_for, role_word
from ui.screens import sign_in
from ui.screens.sign_in import DemoPerson, SignInView
from ui.tasks import TaskRunner

if TYPE_CHECKING:
    # imported when somebody is there: the sign-in page does not wait for every room
    from clinicdesk.bootstrap import Core, Session
    from ui.seat import Seat

MOST_PARKED = 4


class Reception(QObject):
    """``seat`` is at work, ``parked`` are locked, the latest first; the entry window is for the rest."""

    theme_toggled = Signal()
    retry_requested = Signal()
    window_closed = Signal()
    remembered = Signal()

    def __init__(self, entry: EntryWindow, tasks: TaskRunner, idle: IdleWatch | None = None) -> None:
        super().__init__()
        self.entry, self._tasks = entry, tasks
        self.idle = idle or IdleWatch()
        self.idle.idle.connect(self.lock)
        self.idle.lock_pressed.connect(self.lock)
        self.seat: Seat | None = None
        self.parked: list[Seat] = []
        self.last_email, self.geometry = "", b""
        self.greeting = ("", "")
        """E-mail address and what its person is told when they sit down next."""
        self._leaving: list[Seat] = []
        self._listed: list[Seat] = []
        self._core: Callable[[], Core] | None = None
        self._people: Sequence[DemoPerson] = ()
        self._unfinished: Session | None = None

    def open(self, core: "Callable[[], Core]", *, people: Sequence[DemoPerson] = ()) -> SignInView:
        """A clinic can be reached: ask who is there. ``people`` are those of the demo."""
        self._core, self._people = core, people
        return self.ask_who()

    # -- signing in ---------------------------------------------------------------------

    def ask_who(self, sentence: str = "") -> SignInView:
        """The sign-in page; ``sentence`` says why somebody is asked again."""
        view = sign_in.build(self._sign_in, self._tasks, demo_people=self._people)
        view.prefill("" if self._people or self.parked else self.last_email)
        view.signed_in.connect(self._signed_in)
        page: QWidget = view
        if self.parked:
            going = self._oldest().session.actor.name if len(self.parked) >= MOST_PARKED else ""
            self._listed = list(self.parked)
            from ui.lock.switch import SwitchPage

            switch = SwitchPage(view, [seat.session.actor.name for seat in self._listed], going=going)
            switch.chosen.connect(self._choose)
            page = switch
        if sentence:
            view.refusal.show_text(sentence)
            view.refusal.show()
        self._put(page)
        return view

    def _sign_in(self, email: str, password: str) -> "Session":
        assert self._core is not None
        return self._core().sign_in(email, password)

    @Slot(object)
    def _signed_in(self, session: "Session") -> None:
        if not session.actor.must_change_password:
            self._sit_down(session)
            return
        from clinicdesk.desk import desk_of
        from ui.own_commands import own_password_of
        from ui.screens import own_password

        self._unfinished = session
        own = own_password_of(session, desk_of(session))
        page = own_password.build(own, self._tasks, name=session.actor.name)
        page.done.connect(self._has_own_password)
        page.cancelled.connect(self._give_up)
        self._put(page)

    @Slot(bool)
    def _has_own_password(self, kept: bool) -> None:
        session, self._unfinished = self._unfinished, None
        if session is not None:
            self._sit_down(session)
        if self.seat is not None and not kept:
            from ui.own_commands import key_lost

            self.seat.shell.tell(key_lost(self), "error")

    @Slot()
    def _give_up(self) -> None:
        session, self._unfinished = self._unfinished, None
        if session is not None:
            self._tasks.run(session.close, owner=self, done=_nothing, failed=_nothing)
        self.ask_who()

    def _sit_down(self, session: "Session", sentence: str = "") -> None:
        mine = next((one for one in self.parked if one.session.actor.user_id == session.actor.user_id), None)
        if mine is not None:
            self.parked.remove(mine)
            if mine.session.fits(session):
                self.seat = mine
                mine.door.resume(session)
                return
            sentence = self._role_sentence(session)
            self._end(mine)
        elif len(self.parked) >= MOST_PARKED:
            oldest = self._oldest()
            self.parked.remove(oldest)
            self._end(oldest)
        from ui.seat import Seat

        self.seat = seat = Seat(session, self._tasks, geometry=self.geometry)
        self._connect(seat)
        seat.show()
        email, greeting = self.greeting
        if told := sentence or (greeting if email == session.actor.email else ""):
            seat.shell.tell(told, "info")
        self.greeting = ("", "")
        self._at_work()

    def _connect(self, seat: "Seat") -> None:
        seat.left.connect(self._stand_up)
        seat.window_closed.connect(self.window_closed)
        seat.theme_toggled.connect(self.theme_toggled)
        seat.retry_requested.connect(self.retry_requested)
        seat.lock_asked.connect(self.lock)
        seat.lock_needed.connect(self._lock_because)
        seat.signed_out.connect(self._sent_out)
        seat.role_changed.connect(self._new_role)
        seat.idle_minutes_found.connect(self._idle_minutes)
        seat.door.resumed.connect(self._at_work)
        seat.door.gone.connect(self._seat_gone)
        seat.door.kept.connect(self._seat_kept)

    @Slot()
    def _at_work(self) -> None:
        if self.seat is not None:
            self.last_email = self.seat.session.actor.email
            self.remembered.emit()
        self.entry.hide()
        self.entry.put(QWidget())  # a page with a typed password is not kept
        self.idle.start()

    # -- locking and coming back --------------------------------------------------------

    @Slot()
    def lock(self) -> None:
        """Lock who is at work."""
        self._lock_because("")

    @Slot(str)
    def _lock_because(self, reason: str) -> None:
        seat = self.seat
        if seat is not None:
            self._take_from_desk(seat)
            self.parked.insert(0, seat)
            seat.lock()
            self._show_lock(seat, reason)

    def _show_lock(self, seat: "Seat", reason: str = "") -> None:
        from ui.lock.presenter import LockPresenter
        from ui.lock.view import LockView

        actor = seat.session.actor
        presenter = LockPresenter(partial(self._sign_in, actor.email), seat.vault, self._tasks)
        self._listed = [seat, *(other for other in self.parked if other is not seat)]
        others = [other.session.actor.name for other in self._listed[1:]]
        page = LockView(presenter, name=actor.name, others=others, reason=reason)
        page.unlocked.connect(self._signed_in)
        page.somebody_else.connect(self._somebody_else)
        page.sign_out_asked.connect(self._forget_first)
        page.other_chosen.connect(self._choose_other)
        self._put(page)

    @Slot()
    def _somebody_else(self) -> None:
        self.ask_who()

    @Slot(int)
    def _choose_other(self, number: int) -> None:
        self._choose(number + 1)

    @Slot(int)
    def _choose(self, number: int) -> None:
        seat = self._listed[number]
        if seat in self.parked:
            self._show_lock(seat)
        else:
            self.ask_who()

    @Slot()
    def _forget_first(self) -> None:
        seat = self._listed[0]
        if seat in self.parked:
            self.parked.remove(seat)
            self._end(seat)
        self.ask_who()

    # -- signing out --------------------------------------------------------------------

    @Slot()
    def _stand_up(self) -> None:
        if self.seat is not None:
            self._end(self._take_from_desk(self.seat))
        self.ask_who()

    @Slot(str)
    def _sent_out(self, sentence: str) -> None:
        from ui.lock.view import LockView
        from ui.seat import Seat

        seat = self.sender()
        assert isinstance(seat, Seat)
        if seat is self.seat:
            self._leaving.append(self._take_from_desk(seat))
            seat.depart(keep_unsaved=True)
            self.ask_who(sentence)
        elif seat in self.parked and not seat.unsaved():
            shown = self._listed[:1] == [seat] and isinstance(self.entry.page(), LockView)
            self.parked.remove(seat)
            self._end(seat)
            if shown:
                self.ask_who(sentence)

    @Slot()
    def _new_role(self) -> None:
        """Rebuild the seat with the rooms of the new role."""
        seat = self.seat
        if seat is None:
            return
        email, password = seat.session.actor.email, seat.session.secret()
        self._end(self._take_from_desk(seat))
        self.ask_who(self.tr("An administrator changed what you may do."))
        self._tasks.run(
            partial(self._sign_in, email, password), owner=self, done=self._in_new_role, failed=self._say
        )

    def _in_new_role(self, session: "Session") -> None:
        if self.seat is None:
            self._sit_down(session, self._role_sentence(session))

    def _say(self, error: DomainError) -> None:
        self.ask_who(message_for(error))

    def _role_sentence(self, session: "Session") -> str:
        return self.tr("An administrator changed what you may do. You work as: {role}.").format(
            role=role_word(session.actor.role)
        )

    def _take_from_desk(self, seat: "Seat") -> "Seat":
        self.geometry = seat.geometry()
        self.remembered.emit()
        self.idle.stop()
        self.seat = None
        return seat

    def _end(self, seat: "Seat") -> None:
        self._leaving.append(seat)
        seat.depart()

    @Slot()
    def _seat_gone(self) -> None:
        door = self.sender()
        for seats in (self._leaving, self.parked):
            for seat in [one for one in seats if one.door is door]:
                seats.remove(seat)
                seat.deleteLater()

    @Slot()
    def _seat_kept(self) -> None:
        """Text that could not be saved waits for its person."""
        door = self.sender()
        for seat in [one for one in self._leaving if one.door is door]:
            self._leaving.remove(seat)
            self.parked.insert(0, seat)

    def close(self) -> None:
        """Sign everybody out, drafts first; returns when all is closed."""
        self.idle.stop()
        seats = [*self.parked, *self._leaving, *([self.seat] if self.seat else [])]
        if self.seat is not None:
            self.geometry = self.seat.geometry()
            self.remembered.emit()
        for seat in seats:
            seat.shell.hide()
        self._tasks.close()
        for seat in seats:
            seat.close()
        if self._unfinished is not None:
            self._unfinished.close()
        self.seat, self.parked, self._leaving = None, [], []

    # -- parts --------------------------------------------------------------------------

    @Slot(int)
    def _idle_minutes(self, minutes: int) -> None:
        self.idle.minutes = minutes

    def _oldest(self) -> "Seat":
        """The seat that goes first: locked longest, and with nothing unsaved if there is such a one."""
        return next((seat for seat in reversed(self.parked) if not seat.unsaved()), self.parked[-1])

    def _put(self, page: QWidget) -> None:
        if not self.entry.isVisible() and self.geometry:
            self.entry.restoreGeometry(QByteArray(self.geometry))
        self.entry.put(page)
        self.entry.show()
        self.entry.raise_()
        self.entry.activateWindow()


def _nothing(_: object) -> None:
    return
