"""The pad by keyboard and mouse on a real database."""

import os
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.domain.people import Actor
from clinicdesk.resources import resource
from clinicdesk.services.local_store import LocalDrafts
from clinicdesk.services.prescribing import Prescribing
from clinicdesk.services.rx_queries import RxQuestions
from tests.ui.accessibility import problems
from tests.ui.chart_seat import drafts_of
from ui import theme
from ui.news import News
from ui.screens import prescription
from ui.tasks import TaskRunner

SHOTS = os.environ.get("CLINICDESK_SHOTS", "")


@dataclass
class Desk:
    prescribing: Prescribing
    actor: Actor
    drafts: LocalDrafts
    questions: RxQuestions


@dataclass
class Room:
    clinic: Any
    desk: Desk
    tasks: TaskRunner
    news: News
    view: Any
    password: list[str]
    patient: Any
    bot: Any

    def settle(self):
        for _ in range(3):
            QApplication.processEvents()
            self.bot.waitUntil(self.tasks.idle, timeout=15000)

    def looked_up(self):
        """Wait for the answer to what is typed now."""
        line = self.view.pad.medicine
        self.bot.waitUntil(lambda: line._shown_for == line.edit.text().strip(), timeout=8000)

    def type_line(self, text):
        """A medicine as a doctor does: '/', the line, Enter to pick, Enter to add."""
        QTest.keyClicks(self.view.pad.medicine.edit, text)
        self.looked_up()
        self.press(Qt.Key.Key_Return)
        self.settle()

    def press(self, key, modifier=Qt.KeyboardModifier.NoModifier):
        focused = QApplication.focusWidget()
        assert focused is not None
        QTest.keyClick(focused, key, modifier)

    def draw(self):
        pad = self.view.pad.signature.pad
        self.view.pad.ensureWidgetVisible(pad)
        points = [(30, 90), (70, 20), (110, 95), (160, 25), (220, 90), (290, 30)]
        QTest.mousePress(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[0]))
        for (x, y), (x2, y2) in pairwise(points):
            for step in range(1, 11):
                QTest.mouseMove(pad, QPoint(x + (x2 - x) * step // 10, y + (y2 - y) * step // 10))
        QTest.mouseRelease(pad, Qt.MouseButton.LeftButton, pos=QPoint(*points[-1]))

    def shot(self, name):
        if SHOTS:
            QTest.qWait(60)
            self.view.grab().save(f"{SHOTS}/{name}.png")


@pytest.fixture
def room(qapp, qtbot, clinic):
    theme.apply(qapp, dark=False)
    session = clinic.sign_in("doctor")
    password = [session.password]
    service = Prescribing(session.open_work, session.actor, session.now, password=lambda: password[0], clinical_data_folder=resource("clinical"))  # fmt: skip
    tasks = TaskRunner(workers=2)
    desk = Desk(service, session.actor, drafts_of(session), RxQuestions(session.open_work, session.actor))
    news = News()
    view = prescription.build(desk, tasks, news)
    qtbot.addWidget(view)
    view.resize(1170, 660)
    view.show()
    view.activateWindow()
    patient = clinic.small.patients[0]
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, coded, reaction, severity) VALUES (%s, 'amoxicillin', true, 'hives', 'severe')",
            (patient,),
        )
        owner.execute(
            "INSERT INTO patient_measures(patient_id, kind, value, measured_at) VALUES (%s, 'weight', 64, now())",
            (patient,),
        )
    made = Room(clinic, desk, tasks, news, view, password, patient, qtbot)
    yield made
    view.hide()
    made.settle()
    tasks.close()


def test_the_doctor_writes_answers_signs_and_sees_the_paper(room):
    view, bot = room.view, room.bot
    view.open_for(room.patient, None, "Tonsillitis")
    room.settle()
    assert view.pad.medicine.edit.hasFocus()
    assert view.missing_label.text() == "Add a medicine."
    room.type_line("amox 500 tds 7d")
    assert view.pad.editor.words.text() == "Take 1 capsule three times a day for 7 days"
    assert view.pad.editor.quantity.value() == 21
    room.shot("editor")
    assert not problems(view)
    room.press(Qt.Key.Key_Return)
    room.settle()
    room.type_line("paracet 2 tabs qds prn max 8/24h 5d")
    room.press(Qt.Key.Key_Return)
    room.settle()
    assert [card.accessibleName() for card in view.pad.cards] == [
        "1. Amoxicillin 500 mg capsule: Take 1 capsule three times a day for 7 days",
        "2. Paracetamol 500 mg tablet: Take 2 tablets four times a day when needed, no more than 4 doses (8 tablets) in 24 hours for 5 days",
    ]
    assert "Answer the warning at Amoxicillin" in view.missing_label.text()
    assert not view.sign_button.isEnabled()
    room.shot("warning")
    room.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)  # goes to what is missing
    first = view.pad.cards[0]
    assert first.reason.hasFocus()
    QTest.keyClicks(first.reason, "Spec")
    assert first.reason.currentData() == "specialist_advice"
    assert "15" in first.hint.text()
    first.text.setFocus()
    QTest.keyClicks(first.text, "skin test negative in May")
    assert view.missing_label.text() == "Sign on the pad."
    room.draw()
    assert view.missing_label.text() == ""
    bot.waitUntil(lambda: view.saved_label.text().startswith("Draft saved"), timeout=8000)
    room.shot("ready")
    room.press(Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert view.confirm.password.hasFocus()  # spec 4.5: against a contraindication the password once more
    assert not problems(view)
    QTest.keyClicks(view.confirm.password, "not mine")
    room.press(Qt.Key.Key_Return)
    room.settle()
    assert view.confirm.field.error()
    room.shot("confirm")
    QTest.keyClicks(view.confirm.password, room.password[0])
    with bot.waitSignal(view.done, timeout=15000) as came:
        room.press(Qt.Key.Key_Return)
    signed = came.args[0]
    room.settle()
    assert signed.genuine is True
    assert signed.number in view.signed_panel.state.text()
    assert signed.number in view.paper.view.page_text(0)
    assert "NOT SIGNED" not in view.paper.view.page_text(0)
    room.shot("signed")
    assert not problems(view)
    assert room.desk.prescribing.load_draft(room.patient) is None


def test_an_unknown_word_is_shown_at_the_field_and_marked(room):
    room.view.open_for(room.patient)
    room.settle()
    line = room.view.pad.medicine
    room.type_line("amox 500 xyz 7d")
    assert "“xyz” is not understood" in line.error_label.text()
    assert line.edit.selectedText() == "xyz"
    assert room.view.pad.editor.isHidden()
    QTest.keyClicks(line.edit, "tds")
    room.looked_up()
    assert line.error_label.isHidden()
    assert line.words.text() == "Take 1 capsule three times a day for 7 days"


def test_the_list_says_that_a_batch_ends_before_the_course(room):
    """AMX-OLD expires in 40 days: enough for 7 days, not for 60."""
    room.view.open_for(room.patient)
    room.settle()
    line = room.view.pad.medicine
    for typed, said in (("amox 500 tds 7d", False), ("amox 500 tds 60d", True), ("amox 500 tds", False)):
        line.edit.clear()
        QTest.keyClicks(line.edit, typed)
        room.looked_up()
        index = line.table.model().index(0, 4)
        assert (index.data(Qt.ItemDataRole.ToolTipRole) == "expires before the course ends") is said, typed
        assert (index.data(Qt.ItemDataRole.DecorationRole) is not None) is said
        assert ("expires before" in index.data(Qt.ItemDataRole.AccessibleTextRole)) is said
    assert line.table.model().index(0, 5).data() == "₦40.00"  # the price of one, beside it
    line.edit.clear()
    QTest.keyClicks(line.edit, "amox 500 tds 60d")
    room.looked_up()
    room.shot("too-soon")


def test_two_strengths_are_chosen_between_with_the_arrow_keys(room):
    room.view.open_for(room.patient)
    room.settle()
    edit = room.view.pad.medicine.edit
    QTest.keyClicks(edit, "amlodipine")
    QTest.keyClick(edit, Qt.Key.Key_Return)  # before the list was seen: nothing is picked
    room.looked_up()
    assert room.view.pad.editor.isHidden()
    QTest.keyClick(edit, Qt.Key.Key_Down)
    QTest.keyClick(edit, Qt.Key.Key_Return)
    editor = room.view.pad.editor
    assert editor.accessibleName() == "Directions for Amlodipine 10 mg tablet"
    assert not editor.add_button.isEnabled()
    assert editor.frequency.hasFocus()
    QTest.keyClicks(editor.frequency, "once a day")
    editor.days.setValue(30)
    assert editor.words.text() == "Take 1 tablet once a day for 30 days"
    editor.dose.setText("1.")
    assert editor.error_label.text()
    assert not editor.add_button.isEnabled()
    editor.dose.setText("0.5")
    assert editor.words.text() == "Take half a tablet once a day for 30 days"
    assert editor.quantity.value() == 15
    QTest.keyClick(editor.dose, Qt.Key.Key_Return)
    room.settle()
    assert room.view.presenter.lines[0].quantity == 15


def test_lines_move_and_go_by_keyboard_and_the_draft_comes_back(room):
    view = room.view
    view.open_for(room.patient, None, "Fever")
    room.settle()
    for text in ("paracetamol 2 tabs qds 3d", "amlodipine 5 od 30d"):
        room.type_line(text)
        room.press(Qt.Key.Key_Return)
        room.settle()
    view.pad.cards[1].setFocus()
    room.press(Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert [line.medicine.name for line in view.presenter.lines] == ["Amlodipine", "Paracetamol"]
    assert view.pad.cards[0].hasFocus()
    room.press(Qt.Key.Key_Delete)
    assert [line.medicine.name for line in view.presenter.lines] == ["Paracetamol"]
    view.open_for(room.clinic.small.patients[1])  # leaving saves
    room.settle()
    assert view.presenter.lines == ()
    assert view.allergy_question.isVisible()
    view.open_for(room.patient)
    room.settle()
    assert [line.medicine.name for line in view.presenter.lines] == ["Paracetamol"]
    assert "restored" in view.notice.text()
    assert view.pad.diagnosis.text() == "Fever"


def test_the_allergy_question_is_answered_in_place(room):
    view, who = room.view, room.clinic.small.patients[1]
    view.open_for(who, None, "Fever")
    room.settle()
    room.shot("allergies")
    assert view.missing_label.text() == "Answer the question about allergies."
    with room.bot.waitSignal(view.chart_asked) as asked:
        QTest.mouseClick(view.record_button, Qt.MouseButton.LeftButton)
    assert asked.args == [who]
    QTest.mouseClick(view.none_button, Qt.MouseButton.LeftButton)
    room.settle()
    assert not view.allergy_question.isVisible()
    assert view.missing_label.text() == "Add a medicine."
    assert "No known allergies" in view.banner.allergies.words()


def sign_one(room, text="paracetamol 2 tabs qds 3d"):
    view = room.view
    room.type_line(text)
    room.press(Qt.Key.Key_Return)
    room.settle()
    view.pad.diagnosis.setText("Fever")
    QTest.mouseClick(view.pad.signature.type_button, Qt.MouseButton.LeftButton)
    view.sign()
    room.settle()


def test_a_lost_key_is_renewed_in_place(room):
    view = room.view
    view.open_for(room.patient)
    room.settle()
    sign_one(room)
    assert view.presenter.prescription is not None
    QTest.mouseClick(view.signed_panel.new_button, Qt.MouseButton.LeftButton)
    room.settle()
    room.password[0] = "another nine herons"
    sign_one(room, "amlodipine 5 od 30d")
    assert view.key_question.isVisible()
    assert view.presenter.prescription is None
    room.shot("key")
    QTest.mouseClick(view.key_question.button, Qt.MouseButton.LeftButton)
    room.settle()
    view.sign()
    room.settle()
    assert view.presenter.prescription is not None


def test_a_signed_prescription_is_cancelled_with_a_reason(room):
    view = room.view
    view.open_for(room.patient)
    room.settle()
    sign_one(room)
    panel = view.signed_panel
    QTest.mouseClick(panel.cancel_button, Qt.MouseButton.LeftButton)
    assert panel.reason.hasFocus()
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    assert panel.reason_field.error() == "Please give a reason."
    QTest.keyClicks(panel.reason, "wrong patient")
    QTest.keyClick(panel.reason, Qt.Key.Key_Return)
    room.settle()
    assert "is cancelled" in panel.state.text()
    assert not panel.cancel_button.isVisible()
    room.shot("cancelled")


def test_news_of_the_patient_repeats_the_checks(room):
    view = room.view
    view.open_for(room.patient, None, "Fever")
    room.settle()
    room.type_line("paracetamol 2 tabs qds 3d")
    room.press(Qt.Key.Key_Return)
    room.settle()
    assert not view.pad.cards[0].has_question()
    with room.clinic.owner() as owner:
        owner.execute(
            "INSERT INTO patient_allergies(patient_id, substance, coded) VALUES (%s, 'paracetamol', true)",
            (room.patient,),
        )
    room.news.announce("patients", str(room.patient))
    room.bot.waitUntil(lambda: view.pad.cards[0].has_question(), timeout=8000)
    assert "paracetamol" in view.banner.allergies.words()


def test_the_paper_is_saved_and_a_bad_folder_is_said(room, tmp_path):
    view = room.view
    view.open_for(room.patient)
    room.settle()
    sign_one(room)
    view.paper.save_to(str(tmp_path / "rx.pdf"))
    assert (tmp_path / "rx.pdf").read_bytes() == view.paper.view.pdf
    view.paper.save_to(str(tmp_path / "no" / "rx.pdf"))
    assert "Not saved" in view.notice.text()


def test_it_looks_right_in_the_dark(room, qapp):
    theme.apply(qapp, dark=True)
    view = room.view
    view.open_for(room.patient, None, "Tonsillitis")
    room.settle()
    room.type_line("amox 500 tds 7d")
    room.press(Qt.Key.Key_Return)
    room.settle()
    QTest.keyClicks(view.pad.medicine.edit, "a")
    room.looked_up()
    QTest.qWait(700)
    room.settle()
    room.shot("dark")
    assert not problems(view)
    theme.apply(qapp, dark=False)
