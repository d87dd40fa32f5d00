"""Accounts that expire, end, are renamed or change in the middle of work: no words lost, none under a wrong name."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.repositories.accounts import login_name
from clinicdesk.repositories.staff import scram_verifier
from tests.chart_stores import raw
from tests.lockout import forget_failures
from tests.small_clinic import PASSWORD, STAFF
from tests.ui.pc import Pc, account, others_visible, writing
from ui import theme
from ui.lock.switch import SwitchPage
from ui.lock.view import LockView
from ui.screens.sign_in import SignInView


@pytest.fixture
def pc(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    made = Pc(qtbot, clinic)
    yield made
    made.close()


def prescribing(pc, text):
    """A doctor with a prescription half written."""
    seat = pc.at_work("doctor")
    seat.shell.show_room("prescription")
    pad = seat.shell.page("prescription")
    pad.open_for(pc.clinic.small.patients[0], None)
    pc.until(lambda: pad.banner.isVisible() and pc.tasks.idle())
    pad.pad.notes.setFocus()
    QTest.keyClicks(pad.pad.notes, text)
    pc.until(pad.unsaved)
    return seat, pad


def sign_in_as(pc, email, password=PASSWORD):
    page = pc.page
    view = page.sign_in if isinstance(page, SwitchPage) else page
    assert isinstance(view, SignInView)
    view.email.setText(email)
    view.password.setText(password)
    QTest.keyClick(view.password, Qt.Key.Key_Return)


def drafts(pc):
    return raw(pc.clinic, "SELECT d.content ->> 'notes', p.user_id = u.id FROM prescription_drafts d JOIN doctor_profiles p ON p.id = d.doctor_id JOIN users u ON u.email = '" + STAFF["doctor"][0] + "'")  # fmt: skip


def test_a_prescription_that_a_disabled_account_cannot_save_waits_for_its_owner(pc):
    seat, pad = prescribing(pc, "no alcohol")
    account(pc.clinic, "cd.set_active(id, false)", "doctor")
    pc.until(lambda: pc.reception.parked == [seat] and pc.tasks.idle())
    assert others_visible(pc) == []
    assert drafts(pc) == []
    nurse = pc.at_work("nurse")
    assert nurse is not seat
    assert drafts(pc) == [], "nothing of the doctor's is written by the nurse"
    pc.lock()
    QTest.mouseClick(pc.page.else_button, Qt.MouseButton.LeftButton)
    account(pc.clinic, "cd.set_active(id, true)", "doctor")
    sign_in_as(pc, STAFF["doctor"][0])
    assert pc.wait_for_seat() is seat
    assert pad.pad.notes.text() == "no alcohol"
    pc.until(lambda: not pad.unsaved())
    assert drafts(pc) == [("no alcohol", True)]


def test_a_reset_password_parks_the_prescription_until_the_owner_has_an_own_one_again(pc):
    seat, pad = prescribing(pc, "with food")
    once = "bridge-lantern-72"
    account(pc.clinic, f"cd.reset_password(id, '{scram_verifier(once)}')", "doctor")
    pc.until(lambda: seat in pc.reception.parked and pc.tasks.idle())
    sign_in_as(pc, STAFF["doctor"][0])
    pc.until(lambda: isinstance(pc.page, SignInView) and pc.page.refusal.isVisible())
    assert drafts(pc) == []
    forget_failures(pc.clinic)
    sign_in_as(pc, STAFF["doctor"][0], once)
    pc.until(lambda: not isinstance(pc.page, SignInView) and pc.tasks.idle())
    assert pc.reception.seat is None, "an own password comes first"
    for name in ("password", "again"):
        QTest.keyClicks(pc.page.edit(name), "harbour-window-58")
    QTest.keyClick(pc.page.edit("again"), Qt.Key.Key_Return)
    assert pc.wait_for_seat() is seat
    pc.until(lambda: not pad.unsaved())
    assert drafts(pc) == [("with food", True)]
    account(pc.clinic, f"cd.reset_password(id, '{scram_verifier(PASSWORD)}')", "doctor")


def test_an_account_renamed_in_the_middle_of_work_goes_on_under_the_same_person(pc):
    seat, sheet, note = writing(pc, "Renamed while ")
    new = "ada.renamed@test.invalid"
    account(pc.clinic, f"cd.change_email(id, '{new}')", "doctor")
    try:
        QTest.keyClicks(note, "typing")
        pc.until(lambda: not sheet.unsaved())
        writers = raw(
            pc.clinic, "SELECT v.author_id = u.id FROM visits v JOIN users u ON u.email = '" + new + "'"
        )
        assert writers == [(True,)]
        named = raw(
            pc.clinic,
            "SELECT DISTINCT cd.full_name(cd.login_of(login_role)) FROM audit_log WHERE tab = 'visits'",
        )
        assert named == [("Ada Obi",)], "the audit knows both names"
        QTest.keyClicks(note, ", then locked")
        pc.lock()
        pc.unlock()
        pc.until(lambda: isinstance(pc.page, LockView) and pc.page.refusal.isVisible())
        QTest.mouseClick(pc.page.else_button, Qt.MouseButton.LeftButton)
        sign_in_as(pc, new)
        assert pc.wait_for_seat() is seat
        assert note.toPlainText() == "Renamed while typing, then locked"
        pc.until(lambda: not sheet.unsaved())
    finally:
        account_by(pc, new, f"cd.change_email(id, '{STAFF['doctor'][0]}')")


def account_by(pc, email, sql):
    with pc.clinic.owner() as owner:
        owner.execute(f"SELECT {sql} FROM users WHERE email = %s", (email,))


def test_an_account_that_expires_in_the_middle_of_work_keeps_its_words(pc):
    """A lockout or an expiry date at the server: open connections go on, new ones are refused."""
    seat, sheet, note = writing(pc, "Until midnight ")
    role = login_name(STAFF["doctor"][0])
    with pc.clinic.owner() as owner:
        owner.execute(f"ALTER ROLE {role} VALID UNTIL '2000-01-01'")
    try:
        QTest.keyClicks(note, "and beyond")
        pc.until(lambda: not sheet.unsaved())
        pc.lock()
        pc.unlock()
        pc.until(lambda: isinstance(pc.page, LockView) and pc.page.refusal.isVisible())
        assert others_visible(pc) == []
    finally:
        with pc.clinic.owner() as owner:
            owner.execute(f"ALTER ROLE {role} VALID UNTIL 'infinity'")
    forget_failures(pc.clinic)
    pc.page.password.clear()
    pc.unlock()
    assert pc.wait_for_seat() is seat
    assert note.toPlainText() == "Until midnight and beyond"


def test_a_duty_given_while_locked_is_there_afterwards_and_no_word_is_lost(pc):
    seat, _ = prescribing(pc, "half a line")
    pc.lock()
    with pc.clinic.owner() as owner:
        owner.execute(
            "INSERT INTO staff_duties(clinic_id, user_id, duty) SELECT %s, id, 'privacy_officer' FROM users WHERE email = %s",
            (pc.clinic.small.clinic, STAFF["doctor"][0]),
        )
    pc.unlock()
    pc.until(lambda: pc.reception.seat is not None and pc.reception.seat is not seat)
    again = pc.wait_for_seat()
    again.shell.show_room("audit")
    pc.until(pc.tasks.idle)
    assert drafts(pc) == [("half a line", True)]
    pc.until(lambda: pc.reception._leaving == [])
