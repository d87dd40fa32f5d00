"""The views of the schedule with real services: week, month, agenda, rooms, filters, dates, windows."""

from datetime import time, timedelta
from typing import Any
from uuid import uuid4

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QToolTip

from clinicdesk.domain.calendar import add_months, week_of
from tests.ui.accessibility import problems
from tests.ui.front_desk import Stand, book, desk_of
from ui.screens import arrivals, schedule
from ui.screens.schedule.columns import NO_ROOM
from ui.screens.schedule.reading import AGENDA, MONTH, WEEK
from ui.widgets.calendar_layout import Slot
from ui.widgets.month_grid import SPOKEN

Key, CTRL = Qt.Key, Qt.KeyboardModifier.ControlModifier
ALT, SHIFT, NONE = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.NoModifier,
)


@pytest.fixture
def stand(qtbot, clinic):
    made = Stand(qtbot, clinic)
    yield made
    made.close()


def focused() -> Any:
    return QApplication.focusWidget()


def press(stand, key, modifiers=NONE):
    QTest.keyClick(focused(), key, modifiers)
    stand.settle()


def names(view):
    return [a.patient_name for a in view.model.appointments]


def test_week_month_and_agenda_by_keys(stand, clinic):
    small = clinic.small
    desk = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    book(clinic, desk, 0, time(14))
    monday, _ = week_of(small.today)
    other = small.tomorrow
    book(clinic, desk, 1, time(15), day=other, doctor_id=small.doctor2)
    view = stand.open(schedule.build)
    view.first_focus().setFocus()
    press(stand, Key.Key_2, CTRL)
    assert view.model.days == tuple(monday + timedelta(days=n) for n in range(7))
    assert len(view.calendar.layout_.columns) == 14
    assert set(names(view)) >= {"Ẹniọlá Adébáyọ̀"}
    assert problems(view) == []
    view.calendar.set_slot(Slot(0, 600))
    said: list[str] = []
    view.calendar.announced.connect(said.append)
    press(stand, Key.Key_Right)
    assert "10:00" in said[-1]
    assert focused() is view.calendar
    press(stand, Key.Key_PageDown, CTRL)
    assert view.model.days[0] == monday + timedelta(days=7)
    press(stand, Key.Key_T, CTRL)
    assert monday in view.model.days

    press(stand, Key.Key_3, CTRL)
    grid = view.board.month
    assert focused() is grid
    assert grid.current_day() == small.today
    spoken = grid.currentIndex().data(SPOKEN[0])
    assert "today" in spoken
    assert "1 appointment" in spoken.split(", ")
    assert "free" in spoken
    assert problems(view) == []
    press(stand, Key.Key_Right)
    press(stand, Key.Key_Down)
    press(stand, Key.Key_Up)
    assert grid.current_day() == other
    press(stand, Key.Key_PageDown)
    press(stand, Key.Key_Home)
    assert grid.current_day() == add_months(other.replace(day=1), 1)
    press(stand, Key.Key_PageUp)
    press(stand, Key.Key_End)
    assert (grid.current_day() + timedelta(days=1)).day == 1
    grid.go(other)
    stand.settle()
    press(stand, Key.Key_Return)
    assert (view.showing.choice.view, view.model.days) == (MONTH, (other,))
    assert names(view) == ["Chukwuẹmeka Nwosu"]
    assert view.board.currentWidget() is view.calendar

    press(stand, Key.Key_4, CTRL)
    agenda = view.board.agenda
    assert focused() is agenda.table
    rows = agenda.rows.rowCount()
    assert rows == len(view.model.appointments) >= 1
    assert problems(view) == []
    press(stand, Key.Key_C)
    assert focused() is agenda.search
    QTest.keyClicks(agenda.search, "huk")
    assert agenda.rows.rowCount() == 1
    press(stand, Key.Key_Return)
    assert focused() is agenda.table
    press(stand, Key.Key_Return)
    assert view.side.shows_details()
    assert view.details.appointment.patient_name == "Chukwuẹmeka Nwosu"
    assert view._presenter.selected.doctor_id == small.doctor2
    QTest.keyClicks(agenda.search, "zzz")
    assert not agenda.table.isVisible()
    agenda.search.clear()
    agenda.table.sortByColumn(view.model.PATIENT, Qt.SortOrder.DescendingOrder)
    shown = [agenda.rows.index(row, view.model.PATIENT).data() for row in range(agenda.rows.rowCount())]
    assert shown == sorted(shown, reverse=True)
    agenda.select(view.details.appointment.id if view.details.appointment else view.model.appointments[-1].id)
    agenda.focus_rows()
    press(stand, Key.Key_1, CTRL)
    assert view.calendar.current_appointment().patient_name == "Chukwuẹmeka Nwosu"


def test_the_agenda_lists_an_own_range_and_keeps_what_is_wrong(stand, clinic):
    small = clinic.small
    desk = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    for patient, days in enumerate((0, 3, 9)):
        book(clinic, desk, patient, time(14), day=small.today + timedelta(days=days))
    view = stand.open(schedule.build)
    view.showing.show_view(AGENDA)
    stand.settle()
    agenda = view.board.agenda
    agenda.spans._group.button(2).click()
    stand.settle()
    assert agenda.first.isVisible()
    agenda.first.setText("today")
    agenda.last.setText("nonsense")
    press_on(agenda.last, Key.Key_Return)
    assert "Not a date" in agenda.wrong.text()
    assert agenda.last.text() == "nonsense"
    agenda.last.setText("-3d")
    press_on(agenda.last, Key.Key_Return)
    assert agenda.wrong.text()
    agenda.last.setText("+200d")
    press_on(agenda.last, Key.Key_Return)
    assert "92" in agenda.wrong.text()
    agenda.first.setText("today")
    agenda.last.setText(f"{small.today + timedelta(days=9):%d.%m.%Y}")
    press_on(agenda.last, Key.Key_Return)
    stand.settle()
    assert not agenda.wrong.isVisible()
    assert agenda.rows.rowCount() == 3
    assert problems(view) == []
    view.header.forward()
    stand.settle()
    assert view._presenter.wish.days == (small.today + timedelta(days=10), small.today + timedelta(days=19))


def press_on(widget, key):
    QTest.keyClick(widget, key)


def test_a_date_is_typed_or_reached_with_arrows(stand, clinic):
    view = stand.open(schedule.build)
    today = clinic.small.today
    view.first_focus().setFocus()
    press(stand, Key.Key_G, CTRL)
    picker = view.showing._picker
    QTest.keyClicks(picker.edit, "+2w")
    assert picker.meaning.text().startswith(f"{today + timedelta(days=14):%A}")
    assert problems(picker) == []
    press_on(picker.edit, Key.Key_Return)
    stand.settle()
    assert view._presenter.day == today + timedelta(days=14)
    assert not picker.isVisible()
    view.showing.pick_date()
    QTest.keyClicks(picker.edit, "whenever")
    press_on(picker.edit, Key.Key_Return)
    assert picker.isVisible()
    assert picker.edit.text() == "whenever"
    assert "Not a date" in picker.edit.accessibleDescription()
    picker.edit.clear()
    press_on(picker.edit, Key.Key_Down)
    press_on(picker.grid, Key.Key_Right)
    press_on(picker.grid, Key.Key_Return)
    stand.settle()
    assert view._presenter.day == today + timedelta(days=15)
    assert view.model.days == (today + timedelta(days=15),)


def test_filters_say_what_they_hide_and_are_remembered(stand, clinic):
    small = clinic.small
    desk = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    book(clinic, desk, 0, time(14))
    book(clinic, desk, 1, time(15), type_id=small.types["Follow-up"])
    book(clinic, desk, 2, time(14), doctor_id=small.doctor2)
    view = stand.open(schedule.build)
    header = view.header
    assert not header.hidden.isVisible()
    view.showing.open_filters()
    sheet = view.showing._sheet
    assert problems(sheet) == []
    sheet.types.setFocus()
    sheet.types.setCurrentIndex(sheet.types.model().index(0, 0))  # Consultation
    press_on(sheet.types, Key.Key_Space)
    assert names(view) == ["Chukwuẹmeka Nwosu"]
    assert header.hidden.isVisible()
    assert header.hidden.words.text() == "2 hidden: types but Follow-up"
    press_on(sheet, Key.Key_Escape)
    header.doctors.setCurrentIndex(2)
    header.doctors.activated.emit(2)
    chosen = view.model.doctors
    assert len(chosen) == 1
    header.chips["confirmed"].click()
    assert names(view) == []
    assert header.hidden.words.text().startswith("3 hidden: Confirmed; doctors but Dr ")
    view.showing.show_view(MONTH)
    stand.settle()
    assert header.chips["confirmed"].accessibleName() == "Confirmed: 3"
    assert "3 hidden" in header.hidden.words.text()
    view.showing.show_view(WEEK)
    view.calendar.set_zoom(2.5)
    view.showing._choose_lines(30)
    stand.settle()
    other = stand.open(schedule.build)
    assert other.showing.choice == view.showing.choice
    assert (other.calendar.zoom, other.calendar.slot_step) == (2.5, 30)
    assert (other._presenter.wish.view, other.model.doctors) == (WEEK, chosen)
    assert problems(other) == []
    other.header.hidden.all.click()
    stand.settle()
    assert len(names(other)) == 3
    assert not other.header.hidden.isVisible()
    view.showing.open_filters()
    sheet.specialties.set_all(on=False)
    assert view.model.heads == ()
    sheet.show_everything()
    assert len(view.model.heads) == 2
    sheet.close()


def test_rooms_are_columns_and_keys_move_between_them(stand, clinic):  # spec 1.2.3
    small, first, second = clinic.small, uuid4(), uuid4()
    with clinic.owner() as owner:
        for key, name in ((first, "Room 1"), (second, "Room 2")):
            owner.execute(
                "INSERT INTO rooms(id, clinic_id, name) VALUES (%s, %s, %s)", (key, small.clinic, name)
            )
    desk = desk_of(clinic.sign_in("receptionist2", seat="pc-2"))
    made = desk.calendar.put_in_room(book(clinic, desk, 0, time(14)), first)
    view = stand.open(schedule.build)
    view.first_focus().setFocus()
    press(stand, Key.Key_B, CTRL)
    assert [head.id for head in view.model.heads] == [first, second, NO_ROOM]
    assert problems(view) == []
    view.board.select(made.id)
    press(stand, Key.Key_Right, ALT)
    press(stand, Key.Key_Return)
    moved = view.model.snapshot(made.id)
    assert (moved.room_id, moved.room_name, moved.start) == (second, "Room 2", time(14))
    view.board.select(made.id)
    press(stand, Key.Key_Down, ALT)
    press(stand, Key.Key_Return)
    (only,) = view.model.appointments
    assert (only.room_id, only.start, only.doctor_id) == (second, time(14, 15), small.doctor)
    view.board.select(only.id)
    press(stand, Key.Key_Right, ALT)
    press(stand, Key.Key_Return)
    assert view.model.snapshot(only.id).room_id is None
    view.calendar.set_slot(Slot(0, 600))
    assert view.calendar.current_slot()[1] in (small.doctor, small.doctor2)
    assert view._presenter.selected.room_id == first
    press(stand, Key.Key_Return)
    assert view.side.books()
    QTest.keyClicks(focused(), "musa")
    picker = view.side.booking.picker
    stand.qtbot.waitUntil(lambda: picker.model.rowCount() > 0 and stand.tasks.idle(), timeout=8000)
    press(stand, Key.Key_Return)
    press(stand, Key.Key_Return)
    stand.qtbot.waitUntil(
        lambda: ("Musa Abdullahi", first) in [(a.patient_name, a.room_id) for a in view.model.appointments],
        timeout=8000,
    )


def test_closed_time_has_its_words(stand, clinic):
    small = clinic.small
    with clinic.owner() as owner:
        owner.execute(
            "INSERT INTO doctor_leave(doctor_id, first_day, last_day) VALUES (%s, %s, %s)",
            (small.doctor2, small.today, small.today),
        )
        owner.execute(
            "INSERT INTO clinic_holidays(clinic_id, day, name) VALUES (%s, %s, 'Founders')",
            (small.clinic, small.tomorrow),
        )
    view = stand.open(schedule.build)
    said: list[str] = []
    view.calendar.announced.connect(said.append)
    columns = view.calendar.layout_.columns
    away = next(n for n, (_, doctor) in enumerate(columns) if doctor == small.doctor2)
    view.calendar.set_slot(Slot(1 - away, 13 * 60))
    assert said[-1].endswith("break")
    view.calendar.set_slot(Slot(away, 10 * 60))
    assert said[-1].endswith("on leave")
    at = view.calendar.slot_point(small.today, small.doctor2, 10 * 60) + QPoint(0, 4)
    view.calendar._show(view.calendar.layout_.column_rect(away, start=600, end=660))
    at = view.calendar.slot_point(small.today, small.doctor2, 10 * 60) + QPoint(0, 4)
    tip = QHelpEvent(QHelpEvent.Type.ToolTip, at, view.calendar.viewport().mapToGlobal(at))
    QApplication.sendEvent(view.calendar.viewport(), tip)
    assert QToolTip.text() == "On leave, 00:00–24:00"
    view.header.forward()
    stand.settle()
    view.calendar.set_slot(Slot(0, 10 * 60))
    assert said[-1].endswith("holiday: Founders")
    view.showing.show_month()
    stand.settle()
    index = view.board.month.model_.index_of(small.tomorrow)
    if index.isValid():
        assert "Founders" in index.data(SPOKEN[0])


def test_a_room_that_is_set_up_elsewhere_appears_in_schedule_and_a_kind_at_the_walk_in(stand, qtbot, clinic):
    view = stand.open(schedule.build)
    board = stand.open(arrivals.build)
    kinds = board.walk_in.kind.count()
    with clinic.owner() as owner:
        owner.execute("INSERT INTO rooms(clinic_id, name) VALUES (%s, 'Room 9')", (clinic.small.clinic,))
        owner.execute("INSERT INTO appointment_types(name, duration) VALUES ('Dressing', 15)")
    stand.news.announce("setup")
    qtbot.waitUntil(lambda: board.walk_in.kind.count() == kinds + 1, timeout=8000)
    qtbot.waitUntil(lambda: "Dressing" in {one.name for one in view._presenter.people()[1]}, timeout=8000)
    assert "Room 9" in {room.name for room in view._presenter._known.rooms}
