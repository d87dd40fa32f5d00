"""The audit screen by key and mouse, on the real server."""

import re
from types import SimpleNamespace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog

from clinicdesk.services.accounts import Accounts
from clinicdesk.services.auditing import Auditing
from clinicdesk.services.chart_access import ChartAccess
from clinicdesk.services.patients import Patients
from tests.ui.accessibility import problems
from ui import theme
from ui.news import News
from ui.screens import audit
from ui.screens.audit.model import table_words
from ui.tasks import TaskRunner

CONTROL = Qt.KeyboardModifier.ControlModifier


def opened(clinic, who, patient, action="view", seat="pc-7"):
    session = clinic.sign_in(who, seat=seat)
    with session.open_work() as work:
        work.value("SELECT cd.log_access(:p, :a, 'care')", p=patient, a=action)


def broken(clinic, patient, reason="emergency", note=""):
    with clinic.owner() as owner:
        owner.execute("UPDATE patients SET restricted = true WHERE user_id = %s", (patient,))
    session = clinic.sign_in("doctor", seat="ward")
    with session.open_work() as work:
        work.value("SELECT cd.break_glass(:p, :r, :n)", p=patient, r=reason, n=note)
    with session.open_work() as work:
        work.value("SELECT cd.log_access(:p, 'view', 'care')", p=patient)


@pytest.fixture
def seat(clinic, qtbot, qapp):
    theme.apply(qapp, dark=False)
    closing = []

    def sit(who="admin"):
        session = clinic.sign_in(who)
        tasks = TaskRunner(workers=2)
        parts = (session.open_work, session.actor, session.now)
        desk = SimpleNamespace(
            actor=session.actor,
            auditing=Auditing(*parts),
            access=ChartAccess(*parts),
            patients=Patients(*parts),
        )
        view = audit.build(desk, tasks, News())
        view.resize(1170, 660)
        qtbot.addWidget(view)
        view.show()
        view.activate()
        view.activateWindow()
        qtbot.waitUntil(tasks.idle)
        closing.append((view, tasks))
        return view

    yield sit
    for view, tasks in closing:
        view.hide()
        qtbot.waitUntil(tasks.idle)
        tasks.close()


def lines(view):
    return [
        [view.model.index(row, column).data() for column in range(view.model.columnCount())]
        for row in range(view.model.rowCount())
    ]


def test_who_opened_a_chart_found_by_the_patient_s_name(clinic, qtbot, seat, tmp_path):
    first, second = clinic.small.patients[:2]
    opened(clinic, "doctor", first)
    opened(clinic, "nurse", second)
    view = seat()
    qtbot.waitUntil(lambda: view.model.rowCount() == 2)
    QTest.keyClick(view.table, Qt.Key.Key_F, CONTROL)
    box = view.filter.picker.box
    QTest.keyClicks(box, "eniola")
    qtbot.waitUntil(lambda: view.filter.picker.model.rowCount() == 1)
    QTest.keyClick(box, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.model.rowCount() == 1)
    assert lines(view)[0][1:] == ["Ada Obi\nDoctor · pc-7", "Ẹniọlá Adébáyọ̀\nCD00000018", "Opened"]
    assert view.filter.patient.text() == "Ẹniọlá Adébáyọ̀ · CD00000018"
    assert problems(view) == []
    QTest.keyClick(view.filter.restricted, Qt.Key.Key_Space)
    qtbot.waitUntil(lambda: "restricted" in view.notice.text())
    with clinic.owner() as owner:
        assert owner.execute("SELECT user_id FROM patients WHERE restricted").fetchall() == [(first,)]
    QTest.keyClick(view.table, Qt.Key.Key_E, CONTROL)
    dialog = view.findChild(QFileDialog)
    assert dialog.isVisible()
    dialog.close()
    path = tmp_path / "list.csv"
    view._export(str(path))
    qtbot.waitUntil(path.exists)
    qtbot.waitUntil(lambda: "list.csv" in view.notice.text())
    assert "Ada Obi" in path.read_text("utf-8-sig")
    QTest.mouseClick(view.filter.every, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: view.model.rowCount() == 3)


def test_before_and_after_side_by_side(clinic, qtbot, seat):
    desk = clinic.sign_in("receptionist", seat="front")
    with desk.open_work() as work:
        work.run(
            "UPDATE user_profiles SET first_name = 'Enny' WHERE user_id = :p", p=clinic.small.patients[0]
        )
    view = seat()
    QTest.keyClick(view.table, Qt.Key.Key_2, CONTROL)
    qtbot.waitUntil(lambda: view.model.rowCount() > 5)
    view.filter.person.setCurrentIndex(view.filter.person.findText("Tunde Bello"))
    view.filter.person.activated.emit(view.filter.person.currentIndex())
    qtbot.waitUntil(lambda: view.model.rowCount() == 1)
    assert lines(view)[0][1:] == ["Tunde Bello\nfront", "Changed", "Identity\nEnny Adébáyọ̀"]
    fields = view.line.fields
    found = [[fields.index(row, column).data() for column in range(3)] for row in range(fields.rowCount())]
    assert ["First name", "Ẹniọlá", "Enny"] in found
    assert problems(view) == []


def test_account_changes_and_sign_ins(clinic, qtbot, seat):
    view = seat()
    QTest.keyClick(view.table, Qt.Key.Key_4, CONTROL)
    qtbot.waitUntil(lambda: view.model.rowCount() == 1)
    assert lines(view)[0][2:] == ["Signed in", "Ngozi Eze"]
    QTest.keyClick(view.table, Qt.Key.Key_3, CONTROL)
    qtbot.waitUntil(lambda: view.model.rowCount() > 5)
    assert {line[2] for line in lines(view)} == {"Created"}


def test_an_emergency_is_reviewed(clinic, qtbot, seat):
    broken(clinic, clinic.small.patients[3], "other", "phoned by the ward")
    view = seat()
    QTest.keyClick(view.table, Qt.Key.Key_5, CONTROL)
    qtbot.waitUntil(view.line.reviewed.isVisible)
    assert lines(view)[0][3:] == ["phoned by the ward", "To review"]
    assert problems(view) == []
    QTest.keyClicks(view.line.note, "Plausible")
    QTest.keyClick(view.line.note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: lines(view)[0][4] == "Reviewed")
    assert not view.line.reviewed.isVisible()


def test_a_privacy_officer_sees_charts_and_reviews_but_not_the_own(clinic, qtbot, seat):
    admin = clinic.sign_in("admin")
    accounts = Accounts(admin.open_work, admin.actor, admin.now)
    for account in accounts.staff():
        if account.name == "Ada Obi":
            accounts.set_duty(account, "privacy_officer", held=True)
    broken(clinic, clinic.small.patients[3])
    view = seat("doctor")
    qtbot.waitUntil(lambda: view.model.rowCount() == 2)
    QTest.keyClick(view.table, Qt.Key.Key_2, CONTROL)
    qtbot.waitUntil(lambda: view.model.columnCount() == 5)
    assert view.line._own.isVisible()
    assert not view.line.reviewed.isVisible()


def test_without_the_duty_the_screen_says_so(qtbot, seat):
    view = seat("nurse")
    qtbot.waitUntil(lambda: view.notice.isVisible())
    assert "Your role may not do this" in view.notice.text()
    assert view.model.rowCount() == 0


def test_days_in_the_wrong_order_are_said(clinic, qtbot, seat):
    opened(clinic, "doctor", clinic.small.patients[0])
    view = seat()
    pane = view.filter
    pane.days.click()
    qtbot.waitUntil(lambda: view.model.rowCount() == 1)
    pane.last.setDate(pane.first.date().addDays(-1))
    qtbot.waitUntil(pane.wrong.isVisible)
    assert pane.wrong.text() == "The end must be after the start."


def test_the_list_for_the_patient_is_printed_and_says_so_in_the_log(clinic, qtbot, seat, tmp_path):
    patient = clinic.small.patients[0]
    opened(clinic, "doctor", patient)
    view = seat()
    assert not view.print_button.isVisible(), "a list of everybody's is nobody's to take home"
    view.show_patient(patient, "Somebody", restricted=False)
    qtbot.waitUntil(view.print_button.isVisible)
    QTest.keyClick(view.table, Qt.Key.Key_P, CONTROL)
    qtbot.waitUntil(lambda: hasattr(view, "paper"))
    assert view.paper.panel.preview.page_count() == 1
    assert problems(view.paper) == []
    view.paper.panel.save_to(str(tmp_path / "access.pdf"))
    assert (tmp_path / "access.pdf").read_bytes().startswith(b"%PDF")
    view.paper.panel.save_to(str(tmp_path / "no" / "access.pdf"))
    assert "Not saved" in view.notice.text()
    view.paper.panel.done.click()
    with clinic.owner() as owner:
        lines = owner.execute("SELECT action, purpose FROM access_log WHERE patient_id = %s ORDER BY id", (patient,)).fetchall()  # fmt: skip
    assert lines == [("view", "care"), ("print", "access_log")]


def test_a_change_stands_side_by_side_in_words(clinic, qtbot, seat):
    with clinic.owner() as owner:
        owner.execute("UPDATE clinics SET phone = '0800 1' WHERE id = %s", (clinic.small.clinic,))
    admin = clinic.sign_in("admin")
    accounts = Accounts(admin.open_work, admin.actor, admin.now)
    nurse = next(one for one in accounts.staff() if one.name == "Hauwa Sani")
    accounts.set_duty(nurse, "records", held=True)
    view = seat()
    QTest.keyClick(view.table, Qt.Key.Key_2, CONTROL)
    qtbot.waitUntil(lambda: view.line.table.isVisible())
    shown = {view.line.fields.index(n, 0).data(): view.line.fields.index(n, 2).data() for n in range(view.line.fields.rowCount())}  # fmt: skip
    assert shown["Duty"] == "records"
    assert (shown["User"], shown["Given by"]) == ("Hauwa Sani", "Ngozi Eze")
    assert re.fullmatch(r"\d\d\.\d\d\.\d{4} \d\d:\d\d", shown["Given at"])
    assert "Id" not in shown


def test_the_review_list_narrows_to_what_waits_and_is_exported(clinic, qtbot, seat, tmp_path):
    broken(clinic, clinic.small.patients[3], "other", "phoned by the ward")
    view = seat()
    QTest.keyClick(view.table, Qt.Key.Key_5, CONTROL)
    qtbot.waitUntil(view.line.reviewed.isVisible)
    QTest.keyClicks(view.line.note, "Plausible")
    QTest.keyClick(view.line.note, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: lines(view)[0][4] == "Reviewed")
    view.presenter.export(tmp_path / "review.csv")
    qtbot.waitUntil(lambda: (tmp_path / "review.csv").exists())
    text = (tmp_path / "review.csv").read_text("utf-8-sig")
    assert "phoned by the ward" in text
    assert "Plausible" in text
    view.filter.waiting.click()
    qtbot.waitUntil(lambda: view.model.rowCount() == 0)


def test_every_audited_table_has_a_word(clinic):
    with clinic.owner() as owner:
        audited = owner.execute(
            "SELECT DISTINCT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'z_audit' ORDER BY 1"
        ).fetchall()
    assert len(audited) > 50
    assert [name for (name,) in audited if name not in table_words()] == []
