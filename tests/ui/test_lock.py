"""Lock, unlock, user switch and sign-out at one PC, on real servers."""

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QDialog, QLineEdit

from clinicdesk.desk import desk_of
from clinicdesk.settings import CacheSettings, Deployment, PostgresSettings
from tests.chart_stores import raw
from tests.lockout import forget_failures
from tests.small_clinic import PASSWORD, STAFF
from tests.ui.accessibility import problems, tab_order
from tests.ui.pc import Pc, account, others_visible, writing
from ui import theme
from ui.lock.switch import SwitchPage
from ui.lock.view import LockView
from ui.reception import MOST_PARKED
from ui.screens.sign_in import SignInView
from ui.widgets.choice import ChoiceButton


@pytest.fixture
def pc(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    made = Pc(qtbot, clinic)
    yield made
    made.close()


# -- lock and unlock ---------------------------------------------------------------------


def test_locking_takes_everything_from_the_screen_and_unlocking_brings_it_back(pc):
    seat = pc.at_work("receptionist")
    seat.shell.show_room("patients")
    typed = next(edit for edit in seat.shell.page("patients").findChildren(QLineEdit) if edit.isVisible())
    QTest.keyClicks(typed, "adeb")
    pc.until(pc.tasks.idle)
    seat.own.change_password()
    dialog = seat.shell.findChild(QDialog)
    pc.until(dialog.isActiveWindow)
    pc.lock()
    assert isinstance(pc.page, LockView)
    assert pc.entry.isVisible()
    assert others_visible(pc) == []
    assert pc.entry.windowTitle() == "ClinicDesk"
    assert seat.session.secret() == ""
    with pc.clinic.owner() as owner:
        login = owner.execute("SELECT cd.login_name(%s)", (STAFF["receptionist"][0],)).fetchone()[0]
        left = owner.execute("SELECT count(*) FROM pg_stat_activity WHERE usename = %s", (login,)).fetchone()
    assert left == (0,)
    pc.unlock()
    assert pc.wait_for_seat() is seat
    assert dialog.isVisible()
    assert dialog.isModal()
    assert typed.text() == "adeb"
    assert not pc.entry.isVisible()
    assert seat.desk.patients.search("Adebayo", 5)
    dialog.reject()


def test_a_draft_in_the_middle_of_a_sentence_is_saved_by_the_lock_and_goes_on(pc):
    seat, sheet, note = writing(pc, "Acute tonsillitis, no ")
    assert sheet.unsaved()
    before = raw(pc.clinic, "SELECT version FROM visits")[0][0]
    pc.lock()
    assert raw(pc.clinic, "SELECT version FROM visits")[0][0] == before + 1
    pc.unlock()
    assert pc.wait_for_seat() is seat
    assert note.toPlainText() == "Acute tonsillitis, no "
    assert note.hasFocus()
    QTest.keyClicks(note, "abscess")
    pc.until(lambda: not sheet.unsaved())


def test_words_that_a_disabled_account_cannot_save_wait_for_their_owner(pc):
    seat, sheet, note = writing(pc, "Chronic otitis")
    account(pc.clinic, "cd.set_active(id, false)", "doctor")
    pc.until(lambda: pc.reception.parked == [seat] and pc.tasks.idle())
    assert isinstance(pc.page, SignInView)
    assert pc.page.refusal.isVisible()
    assert others_visible(pc) == []
    pc.sign_in("doctor")
    pc.until(lambda: "not right" in pc.page.refusal.text())
    account(pc.clinic, "cd.set_active(id, true)", "doctor")
    pc.sign_in("doctor")
    assert pc.wait_for_seat() is seat
    assert note.toPlainText() == "Chronic otitis"
    pc.until(lambda: not sheet.unsaved())


def test_a_wrong_password_is_said_and_nothing_shows(pc):
    pc.at_work("nurse")
    pc.lock()
    view = pc.page
    pc.unlock("guess")
    pc.until(view.refusal.isVisible)
    assert "not right" in view.refusal.text()
    assert view.password.hasFocus()
    assert view.password.hasSelectedText()
    assert others_visible(pc) == []
    pc.unlock()
    pc.wait_for_seat()


def test_a_dead_server_at_unlock_offers_retry(pc):
    pc.at_work("nurse")
    pc.lock()
    alive = pc.deployment
    pc.deployment = Deployment(postgres=PostgresSettings(hosts="127.0.0.1:9", sslmode="disable"))
    view = pc.page
    pc.unlock()
    pc.until(view.outage.isVisible)
    assert "cannot be reached" in view.outage.text()
    assert others_visible(pc) == []
    pc.deployment = alive
    QTest.mouseClick(view.outage.button, Qt.MouseButton.LeftButton)
    pc.wait_for_seat()


def test_an_account_that_ended_while_locked_stays_locked(pc):
    pc.at_work("nurse")
    pc.lock()
    account(pc.clinic, "cd.set_active(id, false)", "nurse")
    view = pc.page
    pc.unlock()
    pc.until(view.refusal.isVisible)
    assert "account was ended" in view.refusal.text()
    assert others_visible(pc) == []
    account(pc.clinic, "cd.set_active(id, true)", "nurse")
    pc.unlock()
    pc.wait_for_seat()


def test_a_password_changed_elsewhere_while_locked_opens_and_the_old_pin_is_void(pc):
    seat = pc.at_work("nurse")
    seat.vault.set_pin("4071", PASSWORD)
    pc.lock()
    elsewhere = pc.clinic.sign_in("nurse", seat="pc-2")
    elsewhere.change_password("eleven loud cranes")
    view = pc.page
    QTest.keyClicks(view.pin, "4071")
    QTest.keyClick(view.pin, Qt.Key.Key_Return)
    pc.until(view.refusal.isVisible)
    assert "PIN is void" in view.refusal.text()
    assert view.password.isVisible()
    assert not view.pin.isVisible()
    pc.unlock("eleven loud cranes")
    assert pc.wait_for_seat() is seat
    elsewhere.change_password(PASSWORD)


def test_a_pin_is_set_in_its_dialog_and_opens_the_seat(pc):
    seat = pc.at_work("pharmacist")
    seat.own.set_pin()
    dialog = seat.shell.findChild(QDialog)
    QTest.keyClicks(dialog.pin, "1234")
    QTest.keyClicks(dialog.again, "1234")
    QTest.keyClick(dialog.again, Qt.Key.Key_Return)
    assert "easy to guess" in dialog.pin_field.error()
    for editor in (dialog.pin, dialog.again):
        editor.clear()
        QTest.keyClicks(editor, "4071")
    QTest.keyClick(dialog.again, Qt.Key.Key_Return)
    pc.until(seat.vault.is_set)
    pc.until(lambda: "PIN opens this PC" in seat.shell.notice.text())
    pc.lock()
    view = pc.page
    assert view.pin.hasFocus()
    QTest.keyClicks(view.pin, "9071")
    QTest.keyClick(view.pin, Qt.Key.Key_Return)
    pc.until(view.refusal.isVisible)
    assert "4 tries left" in view.refusal.text()
    QTest.keyClicks(view.pin, "4071")
    QTest.keyClick(view.pin, Qt.Key.Key_Return)
    assert pc.wait_for_seat() is seat


def test_after_five_wrong_pins_only_the_password_opens(pc):
    seat = pc.at_work("pharmacist")
    seat.vault.set_pin("4071", PASSWORD)
    pc.lock()
    view = pc.page
    for _ in range(5):
        view.refusal.hide()
        QTest.keyClicks(view.pin, "9")
        QTest.keyClick(view.pin, Qt.Key.Key_Return)
        pc.until(view.refusal.isVisible)
    assert "only the password" in view.refusal.text()
    assert view.password.hasFocus()
    assert not view.way_button.isVisible()
    pc.unlock()
    pc.wait_for_seat()


def test_caps_lock_is_hinted(pc, qapp):
    pc.at_work("nurse")
    pc.lock()
    none = Qt.KeyboardModifier.NoModifier
    qapp.sendEvent(pc.page.password, QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_A, none, "A"))
    assert pc.page.caps.isVisible()


def test_the_lock_screen_is_clean_for_a_screen_reader_and_by_tab(pc, qapp):
    seat = pc.at_work("nurse")
    seat.vault.set_pin("4071", PASSWORD)
    pc.lock()
    for dark in (False, True):
        theme.apply(qapp, dark=dark)
        assert problems(pc.page) == []
    theme.apply(qapp, dark=False)
    view = pc.page
    reached = tab_order(view)
    for control in (view.pin, view.way_button, view.unlock_button, view.else_button, view.leave_button):
        assert control in reached


# -- idle --------------------------------------------------------------------------------


@pytest.mark.parametrize("clock", ["steady", "wall"])
def test_either_clock_locks_after_the_clinics_minutes(pc, clock):
    with pc.clinic.owner() as owner:
        owner.execute(
            "INSERT INTO clinic_settings(clinic_id, key, value) VALUES (%s, 'idle_lock_minutes', '7')",
            (pc.clinic.small.clinic,),
        )
    seat = pc.at_work("nurse")
    pc.until(lambda: pc.idle.minutes == 7)
    getattr(pc, clock).at += 6.9 * 60
    pc.bot.wait(80)
    assert pc.reception.seat is seat
    getattr(pc, clock).at += 10
    pc.until(lambda: pc.reception.seat is None)
    assert others_visible(pc) == []
    pc.until(pc.tasks.idle)


def test_keys_and_mouse_put_the_lock_off_but_not_after_the_time(pc):
    seat = pc.at_work("nurse")
    window = seat.shell.windowHandle()
    seat.shell.activateWindow()
    pc.until(seat.shell.isActiveWindow)
    for _ in range(3):
        pc.steady.at += 4 * 60
        QTest.mouseMove(window, seat.shell.rect().center())
        QTest.keyClick(window, Qt.Key.Key_Shift)
    pc.bot.wait(60)
    assert pc.reception.seat is seat
    pc.wall.at += 3600  # the lid was closed; the key that wakes the PC does not save the seat
    QTest.keyClick(window, Qt.Key.Key_Shift)
    assert pc.reception.seat is None
    pc.until(pc.tasks.idle)


# -- somebody else -----------------------------------------------------------------------


def test_somebody_else_works_while_the_first_seat_waits_for_its_owner(pc):
    first = pc.at_work("doctor")
    pc.lock()
    QTest.mouseClick(pc.page.else_button, Qt.MouseButton.LeftButton)
    assert isinstance(pc.page, SwitchPage)
    assert [choice.accessibleName() for choice in pc.page.parked.findChildren(ChoiceButton)] == ["Ada Obi"]
    assert problems(pc.page) == []
    second = pc.at_work("nurse")
    assert second is not first
    assert not first.shell.isVisible()
    pc.lock()
    pc.unlock()  # both have the same password in this clinic: it opens the seat it was asked for
    assert pc.wait_for_seat() is second
    pc.lock()
    QTest.mouseClick(pc.page.parked.findChildren(ChoiceButton)[0], Qt.MouseButton.LeftButton)
    pc.unlock()
    assert pc.wait_for_seat() is first
    assert not second.shell.isVisible()


def test_signing_in_again_returns_to_the_own_parked_seat(pc):
    first = pc.at_work("doctor")
    pc.lock()
    QTest.mouseClick(pc.page.else_button, Qt.MouseButton.LeftButton)
    assert pc.at_work("doctor") is first
    assert pc.reception.parked == []


def test_at_most_four_seats_are_parked_and_it_is_said_who_goes(pc):
    people = ["doctor", "doctor2", "nurse", "receptionist", "pharmacist"]
    seats = []
    for who in people:
        seats.append(pc.at_work(who))
        if who != people[-1]:
            pc.lock()
            QTest.mouseClick(pc.page.else_button, Qt.MouseButton.LeftButton)
            if len(seats) == MOST_PARKED:
                assert "signs Ada Obi out" in pc.page.warning.text()
    assert len(pc.reception.parked) == MOST_PARKED - 1
    assert seats[0] not in pc.reception.parked
    pc.until(lambda: pc.reception._leaving == [])


def test_signing_out_at_the_lock_screen_ends_that_seat_only(pc):
    pc.at_work("doctor")
    pc.lock()
    QTest.mouseClick(pc.page.else_button, Qt.MouseButton.LeftButton)
    pc.at_work("nurse")
    pc.lock()
    QTest.mouseClick(pc.page.leave_button, Qt.MouseButton.LeftButton)
    assert [seat.session.actor.name for seat in pc.reception.parked] == ["Ada Obi"]
    pc.until(lambda: pc.reception._leaving == [])


# -- without a cache, and ended by an administrator ----------------------------------------


def without_cache(clinic):
    known = clinic.deployment
    return Deployment(
        postgres=known.postgres,
        documents=known.documents,
        cache=CacheSettings(hosts="127.0.0.1:9", tls=False),
    )


def test_without_a_cache_sign_in_lock_and_unlock_go_on_and_it_is_said(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    pc = Pc(qtbot, clinic, without_cache(clinic))
    seat = pc.at_work("receptionist")
    pc.until(lambda: "cache down" in seat.shell._store_text.text())
    pc.lock()
    pc.unlock()
    assert pc.wait_for_seat() is seat
    assert seat.desk.patients.search("Adebayo", 5)
    pc.close()


@pytest.mark.parametrize("cache", [True, False])
def test_an_administrator_ends_a_session_with_or_without_the_cache(qapp, qtbot, clinic, cache):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    pc = Pc(qtbot, clinic, None if cache else without_cache(clinic))
    seat = pc.at_work("nurse")
    pc.bot.wait(300)
    admin = clinic.sign_in("admin", seat="pc-9")
    with admin.open_work() as work:
        work.value("SELECT 1")
    desk_of(admin).upkeep.end_sessions(seat.session.actor.user_id)
    pc.until(lambda: isinstance(pc.page, SignInView) and pc.page.refusal.isVisible())
    assert "administrator" in pc.page.refusal.text()
    assert others_visible(pc) == []
    pc.until(lambda: pc.reception._leaving == [])
    pc.close()


def test_a_disabled_account_signs_out_and_a_role_change_rebuilds_the_rooms(pc):
    seat = pc.at_work("nurse")
    pc.bot.wait(200)
    account(pc.clinic, "cd.set_active(id, false)", "nurse")
    pc.until(lambda: isinstance(pc.page, SignInView) and pc.page.refusal.isVisible())
    assert others_visible(pc) == []
    pc.until(lambda: pc.reception._leaving == [])
    account(pc.clinic, "cd.set_active(id, true)", "nurse")
    seat = pc.at_work("nurse")
    account(pc.clinic, "cd.set_role(id, 'pharmacist')", "nurse")
    seat._look_after()
    pc.until(lambda: pc.reception.seat is not None and pc.reception.seat is not seat)
    new = pc.wait_for_seat()
    assert new.shell.current_room() == "pharmacy"
    assert "Pharmacist" in new.shell.notice.text()
    account(pc.clinic, "cd.set_role(id, 'nurse')", "nurse")
    pc.until(lambda: pc.reception._leaving == [])
