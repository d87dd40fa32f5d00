"""What a seat notices about its account and its stores."""

from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton

from clinicdesk.domain.errors import NotAllowed, SignedOut
from clinicdesk.domain.people import Duty, Role
from clinicdesk.domain.stores import Pulse, Standing
from clinicdesk.repositories.changes import LISTENING
from tests.lockout import forget_failures
from tests.ui.accessibility import problems
from ui import theme
from ui.rooms import ROOMS, rooms_of
from ui.seat import Seat
from ui.tasks import TaskRunner

WAIT = 8000


@pytest.fixture
def seat(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    tasks = TaskRunner()
    made = Seat(clinic.sign_in("receptionist"), tasks)
    made.show()
    qtbot.waitUntil(tasks.idle, timeout=WAIT)
    yield made
    made.close()
    qtbot.waitUntil(tasks.idle, timeout=WAIT)
    tasks.close()


def refuse(error):
    def call() -> None:
        raise error

    return call


def test_the_own_commands_are_in_the_palette_and_the_key_list(seat, qtbot):
    page = seat.shell.page("schedule")
    assert {"Lock", "Change my password", "PIN for this PC"} <= {action.text() for action in page.actions()}
    lock = next(
        one for one in seat.shell.statusBar().findChildren(QToolButton) if "Lock" in one.accessibleName()
    )
    with qtbot.waitSignal(seat.lock_asked):
        QTest.mouseClick(lock, Qt.MouseButton.LeftButton)
    assert problems(seat.shell.statusBar()) == []


def test_signed_out_anywhere_signs_the_seat_out(seat, qtbot):
    heard: list[object] = []
    with qtbot.waitSignal(seat.signed_out, timeout=WAIT) as said:
        seat._tasks.run(refuse(SignedOut()), owner=seat, done=heard.append, failed=heard.append)
    assert "administrator" in said.args[0]
    assert [type(one) for one in heard] == [SignedOut]


def test_a_refusal_of_the_database_asks_whether_the_role_changed(seat, qtbot, clinic):
    heard: list[str] = []
    seat.role_changed.connect(lambda: heard.append("role"))
    seat._tasks.run(refuse(NotAllowed("database")), owner=seat, done=heard.append, failed=lambda _: None)
    qtbot.waitUntil(seat._shared.idle, timeout=WAIT)
    assert heard == []
    user = seat.session.actor.user_id
    with clinic.owner() as owner:
        owner.execute("SELECT cd.set_role(%s, 'nurse')", (user,))
    seat._tasks.run(refuse(NotAllowed("database")), owner=seat, done=heard.append, failed=lambda _: None)
    qtbot.waitUntil(lambda: heard == ["role"], timeout=WAIT)
    with clinic.owner() as owner:
        owner.execute("SELECT cd.set_role(%s, 'receptionist')", (user,))


def give(clinic, user, duty, *, held):
    admin = clinic.sign_in("admin")
    with admin.open_work() as work:
        work.value(
            "SELECT cd.set_duty(:clinic, :user, :duty, :held)",
            clinic=clinic.small.clinic,
            user=user,
            duty=duty,
            held=held,
        )


def test_a_duty_reaches_the_open_seat_without_waiting_for_a_refusal(seat, qtbot, clinic):
    user = seat.session.actor.user_id
    assert "audit" not in rooms_of(seat.session.actor)
    with qtbot.waitSignal(seat.role_changed, timeout=WAIT):
        give(clinic, user, "privacy_officer", held=True)
    again = clinic.sign_in("receptionist").actor
    assert rooms_of(again) == (*ROOMS[Role.RECEPTIONIST], "audit")
    assert again.may("access.read")
    assert not again.may("audit.read")
    assert set(again.actions) > set(seat.session.actor.actions)


@pytest.mark.parametrize("role", list(Role))
def test_every_duty_keeps_the_rooms_of_the_role(role, seat):
    for duty in Duty:
        actor = replace(seat.session.actor, role=role, duties=frozenset({duty}))
        assert rooms_of(actor)[: len(ROOMS[role])] == ROOMS[role]
        assert ("clinic" in rooms_of(actor)) == (role is Role.ADMIN or duty is Duty.CLINIC_LEAD)
        assert ("audit" in rooms_of(actor)) == (role is Role.ADMIN or duty is Duty.PRIVACY_OFFICER)


def test_a_restarted_feed_is_no_sign_out(seat, qtbot):
    heard: list[str] = []
    seat.signed_out.connect(heard.append)
    seat._pulse.emit(Pulse("postgres", Standing.DOWN))
    seat._feed_state.emit(not LISTENING)
    qtbot.waitUntil(lambda: "database cannot" in seat.shell._store_text.text(), timeout=WAIT)
    qtbot.waitUntil(seat._shared.idle, timeout=WAIT)
    seat._feed_state.emit(LISTENING)
    seat._pulse.emit(Pulse("postgres", Standing.UP))
    qtbot.waitUntil(lambda: "database cannot" not in seat.shell._store_text.text(), timeout=WAIT)
    assert heard == []


def test_an_unprotected_connection_is_said_at_each_sign_in_and_unlock(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    tasks, session = TaskRunner(), clinic.sign_in("receptionist")
    session.unprotected = ("postgres",)
    seat = Seat(session, tasks)
    seat.show()
    said = "Records travel unprotected over the network (the clinic's database)"
    assert said in notice(seat)
    seat.shell.tell("Saved.", "ok")
    seat._resumed()
    assert said in notice(seat)
    seat.close()
    qtbot.waitUntil(tasks.idle, timeout=WAIT)
    tasks.close()


def notice(seat):
    return " ".join(label.text() for label in seat.shell.notice.findChildren(QLabel))


def test_another_schedule_window_has_its_own_date_and_is_locked_and_closed_with_the_seat(seat, qtbot):
    page = seat.shell.page("schedule")
    page.first_focus().setFocus()
    QTest.keyClick(
        page.first_focus(),
        Qt.Key.Key_W,
        Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier,
    )
    qtbot.waitUntil(lambda: len(seat.windows.open) == 1, timeout=WAIT)
    window = seat.windows.open[0]
    other = window.page
    qtbot.waitUntil(lambda: bool(other.model.days), timeout=WAIT)
    assert other.model.days == page.model.days
    other.header.forward()
    qtbot.waitUntil(lambda: other.model.days != page.model.days, timeout=WAIT)
    assert problems(window) == []
    window.open_key_list()
    assert problems(window.key_list) == []
    window.key_list.dismiss()
    read: list[object] = []
    other._presenter.day_read.connect(read.append)
    seat.news.announce("appointments", "")
    qtbot.waitUntil(lambda: bool(read), timeout=WAIT)
    seat.lock()
    assert not window.isVisible()
    assert not seat.shell.isVisible()
    seat.windows.close_all()
    assert seat.windows.open == []
