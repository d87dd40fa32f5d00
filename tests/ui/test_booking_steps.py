"""Booking on the screen: undo, pinboard, swap, refill, series, rooms, absences, edits; keys counted."""

from datetime import time, timedelta
from typing import Any

import psycopg
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.repositories.bookings import lapse_holds
from tests.ui.accessibility import problems
from tests.ui.front_desk import Stand, book, desk_of
from ui.screens import schedule
from ui.widgets.calendar_layout import Slot

Key = Qt.Key
NONE, CTRL, SHIFT, ALT = (
    Qt.KeyboardModifier.NoModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
    Qt.KeyboardModifier.AltModifier,
)
WAIT = 8000


@pytest.fixture
def stand(qtbot, clinic):
    made = Stand(qtbot, clinic)
    yield made
    made.close()


def focused() -> Any:
    return QApplication.focusWidget()


class Hands:
    """Presses keys where the focus is and counts them."""

    def __init__(self):
        self.keys = 0

    def press(self, key, modifiers=NONE):
        self.keys += 1
        QTest.keyClick(focused(), key, modifiers)

    def type(self, text):
        self.keys += len(text)
        QTest.keyClicks(focused(), text)


@pytest.fixture
def hands():
    return Hands()


def cards(view):
    return sorted((a.start, a.patient_name.split()[0], a.phase) for a in view.model.appointments)


def other_desk(clinic):
    return desk_of(clinic.sign_in("receptionist2", seat="pc-2"))


def choose(view, appointment):
    view.calendar.select(appointment.id)
    view.calendar.setFocus()


def cursor_at(view, clinic, minute, doctor=None):
    columns = view.calendar.layout_.columns
    number = next(n for n, (_, key) in enumerate(columns) if key == (doctor or clinic.small.doctor))
    view.calendar.set_slot(Slot(number, minute))
    view.calendar.setFocus()


def test_booking_moving_and_cancelling_are_taken_back_with_one_key(stand, qtbot, clinic, hands):
    view = stand.open(schedule.build)
    cursor_at(view, clinic, 14 * 60)
    view.new_appointment()
    view.side.booking.take_patient(clinic.small.patients[0])
    qtbot.waitUntil(lambda: view.side.booking.patient.chosen is not None, timeout=WAIT)
    hands.press(Key.Key_Return)
    qtbot.waitUntil(lambda: cards(view) == [(time(14), "Ẹniọlá", "confirmed")], timeout=WAIT)
    bar = view.tools.undo_bar
    assert "Booked: Ẹniọlá" in bar.text()
    hands.press(Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: cards(view) == [] and not bar.isVisible(), timeout=WAIT)
    made = book(clinic, other_desk(clinic))
    view._presenter.load()
    qtbot.waitUntil(lambda: len(cards(view)) == 1, timeout=WAIT)
    choose(view, made)
    for key in (Key.Key_Down, Key.Key_Down):  # half an hour later, then Enter
        hands.press(key, ALT)
    hands.press(Key.Key_Return)
    qtbot.waitUntil(lambda: cards(view) == [(time(14, 30), "Ẹniọlá", "confirmed")], timeout=WAIT)
    hands.press(Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: cards(view) == [(time(14), "Ẹniọlá", "confirmed")], timeout=WAIT)
    stand.settle()
    view.calendar.setFocus()
    hands.press(Key.Key_Delete)
    view.details.cancel_now.setFocus()
    hands.press(Key.Key_Return)
    qtbot.waitUntil(lambda: cards(view) == [], timeout=WAIT)
    hands.press(Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: cards(view) == [(time(14), "Ẹniọlá", "confirmed")], timeout=WAIT)
    assert "Taken back" in view.notice.text()


def test_what_changed_meanwhile_is_not_taken_back(stand, qtbot, clinic):
    view, other = stand.open(schedule.build), other_desk(clinic)
    cursor_at(view, clinic, 14 * 60)
    view.new_appointment()
    view.side.booking.take_patient(clinic.small.patients[0])
    qtbot.waitUntil(lambda: view.side.booking.patient.chosen is not None, timeout=WAIT)
    view.side.booking.submit()
    qtbot.waitUntil(lambda: len(cards(view)) == 1, timeout=WAIT)
    other.scheduling.check_in(other.scheduling.day_sheet(clinic.small.today).appointments[0])
    view.tools.undo_bar.ask()
    qtbot.waitUntil(lambda: "cannot be undone" in view.notice.text(), timeout=WAIT)


def test_a_visit_goes_to_another_day_by_the_pinboard(stand, qtbot, clinic, hands):
    made = book(clinic, other_desk(clinic))
    view = stand.open(schedule.build)
    choose(view, made)
    hands.press(Key.Key_X, CTRL)
    assert "Ẹniọlá Adébáyọ̀" in view.moving.text()
    assert "14:00 – 14:30" in view.moving.text()
    hands.press(Key.Key_PageDown, CTRL)
    stand.settle()
    assert view.moving.isVisible()  # it survives the change of the day
    cursor_at(view, clinic, 10 * 60)
    hands.press(Key.Key_V, CTRL)
    qtbot.waitUntil(lambda: cards(view) == [(time(10), "Ẹniọlá", "confirmed")], timeout=WAIT)
    assert view._presenter.day == clinic.small.tomorrow
    print(f"\nmove a visit to another day: {hands.keys} keys (goal 5 s, no mouse)")
    assert hands.keys <= 5


def test_two_visits_change_places_in_one_step(stand, qtbot, clinic, hands):
    other = other_desk(clinic)
    one, two = book(clinic, other), book(clinic, other, 1, time(15))
    view = stand.open(schedule.build)
    choose(view, one)
    hands.press(Key.Key_X, CTRL)
    choose(view, two)
    hands.press(Key.Key_X, CTRL | SHIFT)
    swapped = [(time(14), "Chukwuẹmeka", "confirmed"), (time(15), "Ẹniọlá", "confirmed")]
    qtbot.waitUntil(lambda: cards(view) == swapped, timeout=WAIT)
    assert not view.moving.isVisible()
    hands.press(Key.Key_Z, CTRL)
    qtbot.waitUntil(lambda: cards(view)[0][1] == "Ẹniọlá", timeout=WAIT)


def asked_why(stand, clinic, hands):
    """A visit that is being cancelled, while two people wait for a slot like it."""
    other = other_desk(clinic)
    made = book(clinic, other)
    for patient, priority in ((2, 3), (3, 1)):
        other.scheduling.add_waiting(
            clinic.small.patients[patient], latest=clinic.small.tomorrow, priority=priority
        )
    view = stand.open(schedule.build)
    choose(view, made)
    hands.press(Key.Key_Delete)
    return view


def test_a_cancelled_slot_shows_whom_to_call_and_one_key_books(stand, qtbot, clinic, hands):  # spec 1.10
    view = asked_why(stand, clinic, hands)
    hands.press(Key.Key_Tab)
    view.details.cancel_now.setFocus()
    before = hands.keys
    hands.press(Key.Key_Return)
    panel = view.tools.refill
    qtbot.waitUntil(panel.isVisible, timeout=WAIT)
    shown = [(row.name.text(), row.phone.text()) for row in panel.buttons if row.isVisible()]
    assert shown == [("Musa Abdullahi", "+2348030000004"), ("Ṣadé Ọlátúnjí", "+2348030000003")]
    assert problems(panel) == []
    hands.press(Key.Key_1)
    qtbot.waitUntil(lambda: cards(view) == [(time(14), "Musa", "confirmed")], timeout=WAIT)
    print(
        f"\ncancel and refill: {hands.keys - before} keys after the reason (goal: candidates with 0 clicks)"
    )
    assert view.side.shows_details()
    qtbot.waitUntil(lambda: view.waiting.model.rowCount() == 1, timeout=WAIT)


def test_a_slot_is_held_for_an_answer_and_goes_to_the_next(stand, qtbot, clinic, hands):  # spec 1.10
    view = asked_why(stand, clinic, hands)
    view.details.cancel_now.click()
    panel = view.tools.refill
    qtbot.waitUntil(panel.isVisible, timeout=WAIT)
    hands.press(Key.Key_H)
    hands.press(Key.Key_1)
    qtbot.waitUntil(lambda: cards(view) == [(time(14), "Musa", "pending")], timeout=WAIT)
    assert "Held for Musa Abdullahi until" in view.notice.text()
    qtbot.waitUntil(lambda: "Offered, held until" in view.details.extras.text(), timeout=WAIT)
    assert view.details.may("confirm")
    with clinic.owner() as owner:
        owner.execute(
            "UPDATE appointments SET hold_expires_at = now() - interval '1 second' WHERE status = 'pending'"
        )
    with clinic.sign_in("nurse", seat="pc-8").open_work() as work:
        assert lapse_holds(work) == 1  # any seat's round
    stand.news.announce("offers")
    qtbot.waitUntil(view.tools.unanswered.isVisible, timeout=WAIT)
    assert "No answer from Musa Abdullahi" in view.tools.unanswered.text()
    assert problems(view.tools.unanswered) == []
    hands.press(Key.Key_A, CTRL | SHIFT)
    qtbot.waitUntil(panel.isVisible, timeout=WAIT)
    assert [row.name.text() for row in panel.buttons if row.isVisible()] == ["Ṣadé Ọlátúnjí"]
    assert not panel.hold.isChecked()
    hands.press(Key.Key_1)
    qtbot.waitUntil(lambda: cards(view) == [(time(14), "Ṣadé", "confirmed")], timeout=WAIT)
    assert not view.tools.unanswered.isVisible()


def open_booking(stand, qtbot, view, clinic, patient=0, minute=14 * 60):
    cursor_at(view, clinic, minute)
    view.new_appointment()
    view.side.booking.take_patient(clinic.small.patients[patient])
    qtbot.waitUntil(lambda: view.side.booking.patient.chosen is not None, timeout=WAIT)
    stand.settle()


def test_room_kind_and_who_asked(stand, qtbot, clinic, hands):
    with clinic.owner() as owner:
        for name in ("Room 1", "Room 2"):
            owner.execute("INSERT INTO rooms(clinic_id, name) VALUES (%s, %s)", (clinic.small.clinic, name))
        taken = owner.execute("SELECT id FROM rooms WHERE name = 'Room 1'").fetchone()
    book(clinic, other_desk(clinic), 1, doctor_id=clinic.small.doctor2, room_id=taken[0])
    view = stand.open(schedule.build)
    open_booking(stand, qtbot, view, clinic)
    hands.press(Key.Key_M, CTRL)
    more = view.side.booking.more
    qtbot.waitUntil(lambda: more.room.count() == 3, timeout=WAIT)
    assert more.room.itemText(1) == "Room 1 (booked then)"
    more.room.setCurrentIndex(1)
    view.side.booking.submit()
    qtbot.waitUntil(
        lambda: "room is booked" in view.side.booking.refusal.text() or bool(more.fields["room"].error()),
        timeout=WAIT,
    )
    assert more.room.currentIndex() == 1  # what was chosen stays
    assert problems(view) == []
    more.room.setCurrentIndex(2)
    more.source.setCurrentIndex(1)
    view.side.booking.submit()
    qtbot.waitUntil(lambda: len(cards(view)) == 2, timeout=WAIT)
    qtbot.waitUntil(lambda: "Room 2" in view.details.extras.text(), timeout=WAIT)
    assert "By phone" in view.details.extras.text()
    open_booking(stand, qtbot, view, clinic, 2, 16 * 60)
    view.side.booking.toggle_more()
    more.how.setCurrentIndex(1)
    more.link.setText("meet.example/x")
    view.side.booking.submit()
    qtbot.waitUntil(lambda: "https://" in more.fields["meeting_link"].error(), timeout=WAIT)
    more.link.setText("https://meet.example/x")
    view.side.booking.submit()
    qtbot.waitUntil(lambda: len(cards(view)) == 3, timeout=WAIT)
    qtbot.waitUntil(lambda: "https://meet.example/x" in view.details.extras.text(), timeout=WAIT)
    assert "Video call" in view.details.what.text()


def test_a_series_with_a_clash_is_answered_booked_and_cancelled_as_a_whole(stand, qtbot, clinic):
    book(clinic, other_desk(clinic), 1, day=clinic.small.today + timedelta(days=7))
    view = stand.open(schedule.build)
    open_booking(stand, qtbot, view, clinic)
    view.side.booking.toggle_more()
    view.side.booking.more.repeat.setCurrentIndex(2)
    view.side.booking.more.times.setValue(3)
    view.side.booking.submit()
    page = view.side.booking.series
    qtbot.waitUntil(lambda: len(page.rows) == 3, timeout=WAIT)
    assert [row.found.state for row in page.rows] == ["free", "taken", "free"]
    assert focused() is page.rows[1].choice
    assert len(page.places()) == 2
    QTest.keyClick(page.rows[1].choice, Key.Key_Down)  # the nearest free one instead
    assert len(page.places()) == 3
    assert problems(view) == []
    page.book.click()
    qtbot.waitUntil(lambda: cards(view) == [(time(14), "Ẹniọlá", "confirmed")], timeout=WAIT)
    assert "3 visits" in view.tools.undo_bar.text()
    qtbot.waitUntil(view.details.scope_field.isVisible, timeout=WAIT)
    view.details.scope.setCurrentIndex(2)
    view.details.ask("cancel")
    view.details.cancel_now.click()
    qtbot.waitUntil(lambda: cards(view) == [], timeout=WAIT)
    with clinic.owner() as owner:
        assert owner.execute("SELECT count(*) FROM appointments WHERE status = 'cancelled'").fetchone() == (
            3,
        )


def test_a_doctor_is_out_and_fourteen_visits_find_a_place(stand, qtbot, clinic, hands):  # spec 1.9, peers 4.1
    other = other_desk(clinic)
    for number in range(14):
        start = time(9 + number // 3, number % 3 * 20) if number < 12 else time(14, (number - 12) * 20)
        book(
            clinic,
            other,
            number % 6,
            start,
            day=clinic.small.tomorrow,
            type_id=clinic.small.types["Follow-up"],
        )
    view = stand.open(schedule.build)
    view.calendar.setFocus()
    hands.press(Key.Key_PageDown, CTRL)
    stand.settle()
    cursor_at(view, clinic, 9 * 60)
    hands.press(Key.Key_D, CTRL | SHIFT)
    panel = view.tools.out
    qtbot.waitUntil(lambda: len(panel.rows) == 14, timeout=WAIT)
    assert "No message is sent" in " ".join(part.text() for part in panel.findChildren(type(panel._title)))
    assert problems(panel) == []
    panel.copy.click()
    calls = QGuiApplication.clipboard().text().splitlines()
    assert len(calls) == 14
    assert calls[0].startswith("+2348030000001\tẸniọlá Adébáyọ̀\t09:00 → 09:00")
    panel.apply.setFocus()
    hands.press(Key.Key_Return)
    qtbot.waitUntil(
        lambda: {a.doctor_id for a in view.model.appointments} == {clinic.small.doctor2}, timeout=WAIT
    )
    print(f"\ndoctor is out, 14 visits: {hands.keys + 1} keys (goal 60 s with preview and undo)")
    assert "14 visits" in view.tools.undo_bar.text()
    hands.press(Key.Key_Z, CTRL)
    qtbot.waitUntil(
        lambda: {a.doctor_id for a in view.model.appointments} == {clinic.small.doctor}, timeout=WAIT
    )


def test_the_second_of_two_editors_sees_what_changed_and_keeps_the_text(stand, qtbot, clinic, hands):
    other = other_desk(clinic)
    made = book(clinic, other)
    view = stand.open(schedule.build)
    choose(view, made)
    hands.press(Key.Key_F2)
    edit = view.tools.edit
    assert focused() is edit.reason
    hands.type("Cough since Monday")
    other.scheduling.move(made, doctor_id=made.doctor_id, day=made.day, start=840, end=885)
    hands.press(Key.Key_Return)
    qtbot.waitUntil(edit.banner.isVisible, timeout=WAIT)
    assert "end 14:30 → 14:45" in edit.banner.text()
    assert "Ìfẹ́ Ojo" in edit.banner.text()
    assert edit.reason.text() == "Cough since Monday"
    assert problems(edit) == []
    hands.press(Key.Key_Return)  # Save has the focus
    qtbot.waitUntil(lambda: view.details.appointment.chief_complaint == "Cough since Monday", timeout=WAIT)
    assert view.details.appointment.end == time(14, 45)


def test_the_next_free_slot_of_anybody(stand, qtbot, clinic, hands):
    book(clinic, other_desk(clinic), 1, time(8), day=clinic.small.tomorrow, duration=120)
    view = stand.open(schedule.build)
    view.calendar.setFocus()
    hands.press(Key.Key_PageDown, CTRL)
    stand.settle()
    cursor_at(view, clinic, 9 * 60)
    hands.press(Key.Key_F, CTRL)
    finder = view.side.booking.finder
    qtbot.waitUntil(lambda: finder.list.count() > 0, timeout=WAIT)
    assert finder.list.item(0).text().startswith("10:00")
    finder.who.setCurrentIndex(1)
    finder.ask()
    qtbot.waitUntil(
        lambda: finder.list.item(0) is not None and finder.list.item(0).text().startswith("08:00"),
        timeout=WAIT,
    )
    assert finder.who.currentText() == "Any of General practice"
    assert problems(finder) == []
    finder.list.setFocus()
    hands.press(Key.Key_Return)
    assert view.side.booking.doctor.currentData() == clinic.small.doctor2
    assert view.side.books()
    assert QApplication.focusWidget() is view.side.booking.picker.box


def test_calendar_files_are_saved_or_the_disk_says_why_not(stand, qtbot, clinic, tmp_path):
    made = book(clinic, other_desk(clinic))
    view = stand.open(schedule.build)
    choose(view, made)
    tools = view.tools
    tools._path_for, tools._out_doctor = made, made.doctor_id
    tools.appointment_to(str(tmp_path / "a.ics"))
    tools.schedule_to(str(tmp_path / "s.ics"))
    stand.settle()
    for name in ("a.ics", "s.ics"):
        text = (tmp_path / name).read_text("utf-8")
        assert text.startswith("BEGIN:VCALENDAR")
        assert "Ad" not in text.split("SUMMARY")[1].splitlines()[0]
    tools.names.setChecked(True)
    tools.appointment_to(str(tmp_path / "a.ics"))
    stand.settle()
    assert "Adébáyọ̀" in (tmp_path / "a.ics").read_text("utf-8")
    tools.appointment_to(str(tmp_path / "no" / "a.ics"))
    qtbot.waitUntil(lambda: "Not saved" in view.notice.text(), timeout=WAIT)


def test_the_server_goes_between_drag_and_drop_and_the_card_springs_back(stand, qtbot, clinic):
    made = book(clinic, other_desk(clinic))
    view = stand.open(schedule.build)
    name = clinic.addresses.postgres.rsplit("/", 1)[1]
    with clinic.owner() as owner:
        server = owner.info.get_parameters() | {"dbname": "postgres", "password": owner.info.password}
    with psycopg.connect(**server, autocommit=True) as outside:
        outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
        outside.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,))
        view.calendar.move_requested.emit(made, clinic.small.doctor2, clinic.small.today, 900, 930)
        assert view.model.pending == {made.id}
        qtbot.waitUntil(lambda: not view.model.pending and view.notice.isVisible(), timeout=WAIT)
        outside.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    assert len(view.notice.text()) > 20
    assert view.model.appointments[0].start == time(14)
    view._presenter.load()
    stand.settle()
    assert cards(view) == [(time(14), "Ẹniọlá", "confirmed")]


def test_overbooking_is_a_deliberate_act_with_permission_reason_and_mark(
    stand, qtbot, clinic, hands
):  # spec 1.7
    book(clinic, other_desk(clinic), 1)
    view = stand.open(schedule.build)
    open_booking(stand, qtbot, view, clinic)
    hands.press(Key.Key_Return)
    panel = view.side.booking
    qtbot.waitUntil(panel.offers.isVisible, timeout=WAIT)
    panel.over.click()
    hands.type("asked by the doctor")
    hands.press(Key.Key_Return)
    qtbot.waitUntil(panel.refusal.isVisible, timeout=WAIT)
    assert "permission" in panel.refusal.text()
    with clinic.owner() as owner:
        owner.execute("UPDATE doctor_profiles SET max_overbook = 1")
        owner.execute("UPDATE clinic_staff SET may_overbook = true")
    assert panel.overbook.text() == "asked by the doctor"  # what was typed stays
    panel.submit()
    qtbot.waitUntil(lambda: len(cards(view)) == 2, timeout=WAIT)
    assert "overbooked" in view.details.what.text()


def test_a_move_onto_another_visit_of_the_patient_is_said_and_done(stand, qtbot, clinic):  # spec 1.4.3
    other = other_desk(clinic)
    made = book(clinic, other)
    book(clinic, other, 0, time(16), doctor_id=clinic.small.doctor2)
    view = stand.open(schedule.build)
    view.calendar.move_requested.emit(made, clinic.small.doctor, clinic.small.today, 16 * 60, 16 * 60 + 30)
    qtbot.waitUntil(lambda: "another appointment at that time" in view.notice.text(), timeout=WAIT)
    qtbot.waitUntil(lambda: [card[0] for card in cards(view)] == [time(16), time(16)], timeout=WAIT)


def test_every_step_of_the_table_has_a_key(stand, clinic):  # spec 1.1
    view = stand.open(schedule.build, "doctor")
    keys = {a.data(): a.shortcut().toString() for a in view.actions() if a.data()}
    steps = {
        "confirm",
        "check_in",
        "undo_check_in",
        "start_visit",
        "complete",
        "cancel",
        "no_show",
        "cut",
        "reopen",
    }
    assert steps <= keys.keys()
    assert all(keys[step] for step in steps)
    shown = [a.shortcut().toString() for a in view.actions() if not a.shortcut().isEmpty()]
    assert len(shown) == len(set(shown))
