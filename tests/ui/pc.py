"""One PC of the clinic with its reception, driven by keys, on real servers."""

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.bootstrap import Core
from tests.chart_stores import appointment
from tests.small_clinic import PASSWORD, STAFF
from ui.entry_window import EntryWindow
from ui.lock.idle import IdleWatch
from ui.lock.switch import SwitchPage
from ui.lock.view import LockView
from ui.reception import Reception
from ui.screens.sign_in import SignInView
from ui.tasks import TaskRunner

WAIT = 8000
CTRL_SHIFT = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


class Clock:
    def __init__(self) -> None:
        self.at = 1000.0

    def __call__(self) -> float:
        return self.at


class Pc:
    """One PC of the clinic, driven by keys."""

    def __init__(self, qtbot, clinic, deployment=None):
        self.bot, self.clinic = qtbot, clinic
        self.tasks, self.entry = TaskRunner(), EntryWindow()
        self.steady, self.wall = Clock(), Clock()
        self.idle = IdleWatch(steady=self.steady, wall=self.wall, look_ms=20)
        self.reception = Reception(self.entry, self.tasks, self.idle)
        self.deployment = deployment or clinic.deployment
        self.reception.open(self.core)

    def core(self):
        return Core(self.deployment, seat="pc-1")

    @property
    def page(self):
        return self.entry.page()

    def sign_in(self, who, password=PASSWORD):
        page = self.page
        view = page.sign_in if isinstance(page, SwitchPage) else page
        assert isinstance(view, SignInView)
        view.email.setText(STAFF[who][0])
        view.password.setText(password)
        QTest.keyClick(view.password, Qt.Key.Key_Return)
        return view

    def at_work(self, who):
        self.sign_in(who)
        return self.wait_for_seat()

    def wait_for_seat(self):
        def there():
            seat = self.reception.seat
            return seat is not None and seat.shell.isVisible() and self.tasks.idle()

        self.bot.waitUntil(there, timeout=WAIT)
        return self.reception.seat

    def lock(self):
        seat = self.reception.seat
        assert seat is not None
        window = QApplication.activeModalWidget() or seat.shell
        window.activateWindow()
        self.until(window.isActiveWindow)
        with self.bot.waitSignal(seat.door.locked, timeout=WAIT):
            QTest.keyClick(window.windowHandle(), Qt.Key.Key_K, CTRL_SHIFT)
        return seat

    def unlock(self, password=PASSWORD):
        assert isinstance(self.page, LockView)
        QTest.keyClicks(self.page.password, password)
        QTest.keyClick(self.page.password, Qt.Key.Key_Return)

    def until(self, holds):
        self.bot.waitUntil(holds, timeout=WAIT)

    def close(self):
        self.reception.close()
        self.entry.close()
        self.entry.deleteLater()
        self.reception.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def others_visible(pc):
    return [w for w in QApplication.topLevelWidgets() if w.isVisible() and w is not pc.entry]


def account(clinic, sql, who):
    with clinic.owner() as owner:
        owner.execute(f"SELECT {sql} FROM users WHERE email = %s", (STAFF[who][0],))


def writing(pc, text):
    """A doctor with a visit open, in the middle of a sentence."""
    booked = appointment(pc.clinic)
    seat = pc.at_work("doctor")
    seat.shell.show_room("chart")
    sheet = seat.shell.page("chart")
    sheet.open_patient(pc.clinic.small.patients[0], booked)
    pc.until(lambda: sheet.side.start.isVisible() and pc.tasks.idle())
    QTest.mouseClick(sheet.side.start, Qt.MouseButton.LeftButton)
    pc.until(lambda: sheet.form.isVisible() and pc.tasks.idle())
    note = sheet.form.note.fields["assessment"]
    note.setFocus()
    QTest.keyClicks(note, text)
    return seat, sheet, note
