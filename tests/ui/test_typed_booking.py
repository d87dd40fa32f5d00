"""A phone booking in one line of the command bar, at a whole seat; keys counted against the goal."""

from datetime import time, timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.lockout import forget_failures
from tests.ui.front_desk import book, desk_of
from ui import theme
from ui.seat import Seat
from ui.tasks import TaskRunner

WAIT = 8000
GOAL = 14  # keys for a known patient


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


def lines(sheet):
    model = sheet.model
    return [model.entry(row).title for row in range(model.rowCount()) if model.entry(row).hit]


def type_line(seat, text):
    seat.shell.open_palette()
    QTest.keyClicks(seat.shell.palette_sheet.edit, text)
    return seat.shell.palette_sheet


def enter(sheet):
    QTest.keyClick(sheet.edit, Qt.Key.Key_Return)


def day_word(clinic):
    return f"{clinic.small.tomorrow:%a}".lower()


def stored(clinic):
    with clinic.owner() as owner:
        return owner.execute(
            "SELECT start_time, source FROM appointments WHERE status = 'confirmed'"
        ).fetchall()


def test_a_known_patient_is_booked_in_fourteen_keys(seat, qtbot, clinic):
    with clinic.owner() as owner:  # one doctor works here
        owner.execute("UPDATE clinic_staff SET is_active = false WHERE user_id = "
                      "(SELECT user_id FROM doctor_profiles WHERE id = %s)", (clinic.small.doctor2,))  # fmt: skip
    text = "eni +1 10 fu"
    sheet = type_line(seat, text)
    qtbot.waitUntil(lambda: len(lines(sheet)) == 1, timeout=WAIT)
    (preview,) = lines(sheet)
    assert preview.startswith("Book: Ẹniọlá Adébáyọ̀ (14.02.1984)")
    assert "10:00 · Follow-up · Dr Ada Obi" in preview
    assert "Enter books" in sheet.model.entry(0).subtitle
    enter(sheet)
    qtbot.waitUntil(lambda: stored(clinic) == [(time(10), "phone")], timeout=WAIT)
    keys = 1 + len(text) + 1
    print(f"\nphone: book a known patient: {keys} keys (goal {GOAL})")
    assert keys <= GOAL  # Ctrl+K counts as one
    view = seat.shell.page("schedule")
    qtbot.waitUntil(lambda: view.tools.undo_bar.isVisible() and not sheet.isVisible(), timeout=WAIT)
    assert view._presenter.day == clinic.small.tomorrow


def test_what_is_unclear_is_asked_one_after_the_other(seat, qtbot, clinic):
    sheet = type_line(seat, f"0803000 {day_word(clinic)} 10:30")
    qtbot.waitUntil(lambda: len(lines(sheet)) > 2, timeout=WAIT)
    assert {sheet.model.entry(row).subtitle.split(" · ")[0] for row in range(3)} == {"Which patient?"}
    enter(sheet)
    qtbot.waitUntil(lambda: sheet.model.entry(0).subtitle == "Which kind of visit?", timeout=WAIT)
    QTest.keyClick(sheet.edit, Qt.Key.Key_Down)
    enter(sheet)
    qtbot.waitUntil(lambda: sheet.model.entry(0).subtitle == "Which slot?", timeout=WAIT)
    assert [line.rsplit(" · ", 1)[1] for line in lines(sheet)] == ["Dr Bọ́lá Adé", "Dr Ada Obi"]
    enter(sheet)
    qtbot.waitUntil(lambda: "Enter books" in sheet.model.entry(0).subtitle, timeout=WAIT)
    assert stored(clinic) == []  # nothing was booked by choosing
    enter(sheet)
    qtbot.waitUntil(lambda: len(stored(clinic)) == 1, timeout=WAIT)


def test_a_slot_that_is_lost_between_preview_and_enter_offers_what_is_near(seat, qtbot, clinic):
    sheet = type_line(seat, f"eniola {day_word(clinic)} 10:30 cons dr obi")
    qtbot.waitUntil(lambda: len(lines(sheet)) == 1, timeout=WAIT)
    other = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    book(clinic, other, 1, time(10, 30), day=clinic.small.tomorrow)
    enter(sheet)
    qtbot.waitUntil(lambda: "Ìfẹ́ Ojo" in sheet.model.entry(0).subtitle, timeout=WAIT)
    assert sheet.edit.text().startswith("eniola")  # what was typed stays
    assert len(lines(sheet)) > 2


def test_a_warning_stands_in_the_preview_and_nobody_is_named_when_nobody_fits(seat, qtbot, clinic):
    other = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    book(clinic, other, 0, time(15), day=clinic.small.tomorrow)
    sheet = type_line(seat, f"eniola {day_word(clinic)} 10:30 cons dr obi")
    qtbot.waitUntil(lambda: len(lines(sheet)) == 1, timeout=WAIT)
    assert "already sees this doctor that day" in sheet.model.entry(0).subtitle
    sheet.edit.setText(f"zzzzqq {clinic.small.tomorrow + timedelta(days=1):%d.%m.} 10:30")
    qtbot.waitUntil(lambda: lines(sheet) == ["No patient fits “zzzzqq”"], timeout=WAIT)
    enter(sheet)
    assert sheet.isVisible()
    sheet.edit.setText("eniola")
    qtbot.waitUntil(lambda: lines(sheet) == ["Ẹniọlá Adébáyọ̀"], timeout=WAIT)
