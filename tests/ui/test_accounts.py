"""The accounts screen by key and mouse, on the real server."""

from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from clinicdesk.domain.errors import NotAllowed
from clinicdesk.domain.people import Role
from clinicdesk.repositories.accounts import login_name
from clinicdesk.services.accounts import Accounts
from clinicdesk.services.patients import Patients
from tests.small_clinic import STAFF
from tests.ui.accessibility import problems
from ui import theme
from ui.news import News
from ui.screens import accounts
from ui.tasks import TaskRunner

CONTROL = Qt.KeyboardModifier.ControlModifier
EMAIL = "ifeoma.screen@test.invalid"


@pytest.fixture
def view(clinic, qtbot, qapp):
    theme.apply(qapp, dark=False)
    session = clinic.sign_in("admin")
    tasks = TaskRunner(workers=2)
    parts = (session.open_work, session.actor, session.now)
    desk = SimpleNamespace(actor=session.actor, accounts=Accounts(*parts), patients=Patients(*parts))
    made = accounts.build(desk, tasks, News())
    made.resize(1170, 660)
    qtbot.addWidget(made)
    made.show()
    made.activate()
    made.activateWindow()
    qtbot.waitUntil(lambda: made.model.rowCount() == len(STAFF))
    yield made
    made.hide()
    qtbot.waitUntil(tasks.idle)
    tasks.close()
    with clinic.owner() as owner:
        owner.execute(f'DROP ROLE IF EXISTS "{login_name(EMAIL)}"')


def choose(qtbot, view, who):
    email = STAFF[who][0] if who in STAFF else who
    at = next(n for n in range(view.model.rowCount()) if email in view.model.index(n, 0).data())
    view.table.setCurrentIndex(view.model.index(at, 0))
    qtbot.waitUntil(lambda: view.pane.account is not None and view.pane.account.email == email)


def test_a_new_account_by_keyboard_shows_its_password_once(clinic, qtbot, view):
    QTest.keyClick(view.table, Qt.Key.Key_N, CONTROL)
    form = view.form
    QTest.keyClick(form.first, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: any(field.error() for field in form.fields.values()))
    for editor, text in ((form.first, "Ifeoma"), (form.last, "Ude"), (form.email, EMAIL)):
        QTest.keyClicks(editor, text)
    QTest.keyClick(form.email, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.side.currentWidget() is view.handover)
    password = view.handover.password.text()
    session = clinic.core().sign_in(EMAIL, password)
    assert (session.actor.role, session.actor.must_change_password) == (Role.RECEPTIONIST, True)
    session.close()
    assert problems(view) == []
    QTest.mouseClick(view.handover.close_button, Qt.MouseButton.LeftButton)
    assert view.handover.password.text() == ""
    qtbot.waitUntil(lambda: view.model.rowCount() == len(STAFF) + 1)
    choose(qtbot, view, EMAIL)


def test_a_taken_address_is_said_at_the_field_and_nothing_is_lost(qtbot, view):
    QTest.keyClick(view.table, Qt.Key.Key_N, CONTROL)
    for editor, text in ((view.form.first, "A"), (view.form.last, "B"), (view.form.email, STAFF["nurse"][0])):
        QTest.keyClicks(editor, text)
    QTest.keyClick(view.form.email, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.form.fields["email"].error() == "This is in use already.")
    assert view.form.first.text() == "A"
    QTest.keyClick(view.form.email, Qt.Key.Key_Escape)
    assert view.side.currentWidget() is view.pane


def test_a_duty_is_ticked_and_shown_in_the_list(qtbot, view):
    choose(qtbot, view, "nurse")
    QTest.keyClick(view.pane.duties["privacy_officer"], Qt.Key.Key_Space)
    row = view.model.row_of(view.pane.account.id)
    qtbot.waitUntil(lambda: view.model.index(row, 4).data() == "Privacy officer")
    assert view.pane.duties["privacy_officer"].isChecked()
    assert "Hauwa Sani" in view.notice.text()


def test_a_locked_account_is_seen_and_unlocked(clinic, qtbot, view):
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO cd.login_failures SELECT now(), %s, '127.0.0.1' FROM generate_series(1, 8)",
            (login_name(STAFF["pharmacist"][0]),),
        )
    view.activate()
    choose(qtbot, view, "pharmacist")
    qtbot.waitUntil(view.pane.unlock.isVisible)
    row = view.model.row_of(view.pane.account.id)
    assert view.model.index(row, 2).data() == "Locked"
    QTest.mouseClick(view.pane.unlock, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not view.pane.unlock.isVisible())
    assert view.model.index(row, 2).data() == "Never signed in"


def test_the_own_account_cannot_be_changed(qtbot, view):
    choose(qtbot, view, "admin")
    pane = view.pane
    assert pane.own.isVisible()
    for widget in (pane.reset, pane.disable, pane.role, pane.email, pane.end):
        assert not widget.isEnabled()


def test_the_table_of_rights_is_shown(qtbot, view):
    QTest.keyClick(view.table, Qt.Key.Key_2, CONTROL)
    row = view.rights.row_of("prescriptions.write")
    marks = [view.rights.index(row, column).data() for column in range(1, 6)]
    merge = view.rights.row_of("patients.merge")
    given = [view.rights.index(merge, column).data() for column in range(1, 7)]
    assert given == ["Yes", "–", "–", "–", "–", "Records"]  # spec 2.3.1
    assert marks == ["–", "Yes", "–", "–", "–"]
    assert problems(view) == []


def test_everything_has_a_name_in_both_themes(qtbot, qapp, view):
    choose(qtbot, view, "doctor")
    for dark in (False, True):
        theme.apply(qapp, dark=dark)
        assert problems(view) == []
    theme.apply(qapp, dark=False)


def test_spec_2_8_family_is_recorded_and_taken_away_by_somebody_else(clinic, qtbot, view):
    choose(qtbot, view, "doctor")
    QTest.keyClick(view.table, Qt.Key.Key_R, CONTROL)
    dialog = view.dialog
    patient = clinic.small.patients[0]
    with clinic.owner() as owner:
        mrn = owner.execute("SELECT mrn FROM patients WHERE user_id = %s", (patient,)).fetchone()[0]
    QTest.keyClicks(dialog.picker.box, mrn)
    qtbot.waitUntil(lambda: dialog.picker.model.rowCount() > 0)
    QTest.keyClick(dialog.picker.box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 1)
    assert dialog.model.index(0, 1).data() == "Family"
    assert problems(dialog) == []
    doctor = clinic.sign_in("doctor")
    with doctor.open_work() as work:
        assert work.value("SELECT cd.glass_cause(:p)", p=dialog.model.thing(0).patient_id) == "own"
    dialog.table.setFocus()
    QTest.keyClick(dialog.table, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 0)
    assert "Recorded" in dialog.notice.text()
    dialog.close_button.click()


def test_spec_2_8_an_administrator_declares_the_own_family_and_cannot_take_it_away(clinic, qtbot, view):
    choose(qtbot, view, "admin")
    view.ask_family()
    dialog = view.dialog
    account = view.pane.account
    dialog._presenter.set_relative(account, clinic.small.patients[1], "self")
    qtbot.waitUntil(lambda: dialog.model.rowCount() == 1)
    assert not dialog.remove.isEnabled()
    admin = clinic.sign_in("admin")
    with pytest.raises(NotAllowed), admin.open_work() as work:
        work.value("SELECT cd.set_relative(:u, :p, NULL)", u=account.id, p=clinic.small.patients[1])
    dialog.close_button.click()
