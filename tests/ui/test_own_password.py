"""The own password: demanded at the first sign-in, changed later from the palette."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import WrongPassword
from tests.lockout import forget_failures
from tests.small_clinic import PASSWORD, STAFF
from tests.ui.accessibility import problems, tab_order
from tests.ui.pc import Pc, others_visible
from ui import theme
from ui.screens.own_password import OwnPasswordView
from ui.screens.sign_in import SignInView

NEW = "eleven loud cranes"


@pytest.fixture
def pc(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    made = Pc(qtbot, clinic)
    yield made
    made.close()


def given_password(clinic, who):
    """As an administrator leaves it: to be changed at the first sign-in."""
    with clinic.owner() as owner:
        owner.execute("UPDATE users SET must_change_password = true WHERE email = %s", (STAFF[who][0],))


def back_to_the_first(clinic, who, password=NEW):
    session = clinic.core().sign_in(STAFF[who][0], password)
    session.change_password(PASSWORD)
    session.close()


def first_page(pc, who):
    given_password(pc.clinic, who)
    pc.sign_in(who)
    pc.until(lambda: isinstance(pc.page, OwnPasswordView))
    return pc.page


def fill(view, **texts):
    for name, text in texts.items():
        view.edit(name).clear()
        QTest.keyClicks(view.edit(name), text)
    QTest.keyClick(view.edit("again"), Qt.Key.Key_Return)


def test_the_first_sign_in_demands_an_own_password_before_the_seat_opens(pc):
    view = first_page(pc, "receptionist")
    assert others_visible(pc) == []
    assert view.edit("password").hasFocus()
    fill(view, password=NEW, again=NEW)
    seat = pc.wait_for_seat()
    assert seat.session.secret() == NEW
    with pytest.raises(WrongPassword):
        pc.clinic.core().sign_in(STAFF["receptionist"][0], PASSWORD)
    again = pc.clinic.core().sign_in(STAFF["receptionist"][0], NEW)
    assert not again.actor.must_change_password
    again.close()
    back_to_the_first(pc.clinic, "receptionist")


@pytest.mark.parametrize(
    ("typed", "field", "said"),
    [
        ({"password": "short", "again": "short"}, "password", "at least 10"),
        ({"password": "Password2026!", "again": "Password2026!"}, "password", "easy to guess"),
        ({"password": "tunde at the desk", "again": "tunde at the desk"}, "password", "without your name"),
        ({"password": NEW, "again": "another"}, "again", "differ"),
        ({"password": PASSWORD, "again": PASSWORD}, "password", "did not use before"),
    ],
)
def test_the_policy_speaks_at_the_field_and_what_was_typed_stays(pc, typed, field, said):
    view = first_page(pc, "receptionist")
    fill(view, **typed)
    assert said in view.fields[field].error()
    assert view.edit(field).hasFocus()
    assert view.edit("password").text() == typed["password"]
    assert pc.reception.seat is None


def test_without_an_own_password_one_can_only_sign_out(pc):
    view = first_page(pc, "nurse")
    QTest.mouseClick(view.cancel_button, Qt.MouseButton.LeftButton)
    assert isinstance(pc.page, SignInView)
    assert pc.reception.seat is None
    pc.until(pc.tasks.idle)


def test_a_doctor_keeps_the_signing_key(pc):
    before = pc.clinic.sign_in("doctor")
    kid = desk_of(before).prescribing._keys.renew().kid
    fill(first_page(pc, "doctor"), password=NEW, again=NEW)
    seat = pc.wait_for_seat()
    assert seat.desk.prescribing._keys.unlocked().kid == kid
    assert seat.shell.notice.text() == ""
    back_to_the_first(pc.clinic, "doctor")


def test_a_key_of_yet_another_password_is_said(pc):
    before = pc.clinic.sign_in("doctor")
    desk = desk_of(before)
    before.password = "a password of last year"
    desk.prescribing._keys.renew()
    fill(first_page(pc, "doctor"), password=NEW, again=NEW)
    seat = pc.wait_for_seat()
    pc.until(lambda: "signing key" in seat.shell.notice.text())
    back_to_the_first(pc.clinic, "doctor")


def test_the_palette_changes_it_later_and_asks_the_present_one(pc):
    seat = pc.at_work("pharmacist")
    seat.vault.set_pin("4071", PASSWORD)
    QTest.keyClick(seat.shell, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    line = seat.shell.palette_sheet.findChild(QLineEdit)
    QTest.keyClicks(line, "change my pass")
    QTest.keyClick(line, Qt.Key.Key_Return)
    dialog = seat.shell.findChild(QDialog)
    assert dialog.isVisible()
    view = dialog.view
    assert problems(dialog) == []
    fill(view, old="guess", password=NEW, again=NEW)
    assert "not your present" in view.fields["old"].error()
    fill(view, old=PASSWORD, password=NEW, again=NEW)
    pc.until(lambda: "changed" in seat.shell.notice.text())
    assert "PIN" in seat.shell.notice.text()
    assert not seat.vault.is_set()
    assert seat.session.secret() == NEW
    assert seat.desk.patients.search("Adebayo", 5)
    back_to_the_first(pc.clinic, "pharmacist")


def test_the_page_is_clean_for_a_screen_reader_and_reachable_by_tab(pc, qapp):
    view = first_page(pc, "receptionist")
    for dark in (False, True):
        theme.apply(qapp, dark=dark)
        assert problems(view) == []
    theme.apply(qapp, dark=False)
    reached = tab_order(view)
    for control in (
        view.edit("password"),
        view.edit("again"),
        view.show_box,
        view.save_button,
        view.cancel_button,
    ):
        assert control in reached
    QTest.keyClick(view.show_box, Qt.Key.Key_Space)
    assert view.edit("again").echoMode() is QLineEdit.EchoMode.Normal
