"""The calendar (design rules: everything by keyboard, nothing by colour alone, the view changes nothing)."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from time import perf_counter
from uuid import UUID

import pytest
from PySide6.QtCore import QEvent, QMimeData, QPoint, QPointF, Qt
from PySide6.QtGui import QAccessible, QDragMoveEvent, QDropEvent, QKeyEvent
from PySide6.QtTest import QSignalSpy, QTest
from PySide6.QtWidgets import QApplication

from tests.ui.calendar_day import (
    AISHA,
    ALT,
    CTRL,
    DAY,
    DOCTORS,
    LEFT,
    NO_MODS,
    NOW,
    SHEET,
    SHIFT,
    Key,
    appointment,
    differing_pixels,
    doctors,
    drag,
    said,
    sheet,
    wall,
)
from ui import theme
from ui.screens.schedule.model import AccessibleTextRole, DayModel
from ui.widgets.calendar_drag import WAITING_MIME
from ui.widgets.calendar_view import CalendarView


@pytest.fixture
def model(qapp):
    made = DayModel()
    made.set_sheet([sheet()], DOCTORS)
    return made


@pytest.fixture(params=[False, True], ids=["light", "dark"])
def view(qapp, qtbot, model, request):
    theme.apply(qapp, request.param)
    made = CalendarView(lambda: NOW)
    made.setModel(model)
    made.resize(900, 600)
    qtbot.addWidget(made)
    with qtbot.waitExposed(made):
        made.show()
    made.setFocus()
    qtbot.wait(1)
    return made


def index_of(view: CalendarView, n: int):
    model = view.model()
    assert isinstance(model, DayModel)
    row = model.row_of(UUID(int=1000 + n))
    assert row is not None
    return model.index(row, 0)


def handle(view: CalendarView, n: int) -> QPoint:
    index = index_of(view, n)
    view.scrollTo(index)
    return view.visualRect(index).topLeft() + QPoint(10, 6)


def test_selection_follows_the_appointment_through_a_reload(view, model):
    view.select(AISHA.id)
    earlier = [appointment(20 + k, f"08:{k:02d}", "08:50") for k in range(3)]
    moved = replace(AISHA, start=wall("16:00"), end=wall("16:20"), version=2)
    model.set_sheet([sheet([*earlier, *(moved if a.id == AISHA.id else a for a in SHEET)])], DOCTORS)
    assert view.current_appointment() == moved
    model.set_sheet([sheet([a for a in SHEET if a.id != AISHA.id])], DOCTORS)
    assert view.current_appointment() is None or view.current_appointment().id != AISHA.id


# geometry


def test_slots_and_points_are_inverse(view):
    for doctor in DOCTORS:
        for minute in (8 * 60, 11 * 60 + 15, 17 * 60 + 45):
            assert view.slot_at(view.slot_point(DAY, doctor.id, minute)) == (DAY, doctor.id, minute)
    with pytest.raises(KeyError):
        view.slot_point(DAY, UUID(int=9), 600)


def test_overlapping_cards_lie_side_by_side(view):
    a, b = view.visualRect(index_of(view, 2)), view.visualRect(index_of(view, 3))
    assert not a.intersects(b)
    assert view.indexAt(a.center()).row() == index_of(view, 2).row()
    assert view.indexAt(b.center()).row() == index_of(view, 3).row()


def test_right_to_left_mirrors_the_columns(view, qtbot):
    before = view.visualRect(index_of(view, 0))
    view.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    qtbot.wait(1)
    after = view.visualRect(index_of(view, 0))
    width = view.viewport().width()
    assert after.right() > width - view.layout_.column_width
    assert (after.width(), after.top()) == (before.width(), before.top())
    assert view.slot_at(view.slot_point(DAY, DOCTORS[3].id, 600)) == (DAY, DOCTORS[3].id, 600)
    view.select(UUID(int=1000))
    QTest.keyClick(view, Key.Key_Left)
    assert view.current_appointment().doctor_id == DOCTORS[1].id


def test_zoom_keeps_the_middle(view):
    view.verticalScrollBar().setValue(200)
    height = view.viewport().height() // 2
    minute = view.layout_.minute(height + view.verticalOffset())
    QTest.keyClick(view, Key.Key_Plus, CTRL)
    assert view.zoom > 1.6
    assert view.layout_.minute(height + view.verticalOffset()) == pytest.approx(minute, abs=1)
    QTest.keyClick(view, Key.Key_0, CTRL)
    assert view.zoom == pytest.approx(1.6)
    for _ in range(20):
        QTest.keyClick(view, Key.Key_Minus, CTRL)
    assert view.verticalScrollBar().maximum() <= 8


# mouse


def test_drag_asks_for_a_move_and_changes_nothing(view, model, qtbot):
    at = handle(view, 0)
    before = model.appointments[index_of(view, 0).row()]
    with qtbot.waitSignal(view.move_requested) as heard:
        drag(view, at, at + QPoint(round(view.layout_.column_width), round(30 * view.zoom)))
    assert heard.args == [before, DOCTORS[1].id, DAY, 9 * 60 + 30, 10 * 60]
    assert model.appointments[index_of(view, 0).row()] is before
    assert not view.editing


def test_resize_by_its_lower_edge(view, qtbot):
    handle(view, 0)
    rect = view.visualRect(index_of(view, 0))
    at = QPoint(rect.center().x(), rect.bottom() - 2)
    with qtbot.waitSignal(view.move_requested) as heard:
        drag(view, at, at + QPoint(0, round(15 * view.zoom)))
    assert heard.args[1:] == [DOCTORS[0].id, DAY, 9 * 60, 9 * 60 + 45]


def test_escape_cancels_a_drag_and_a_click_is_no_drag(view):
    moves = QSignalSpy(view.move_requested)
    at = handle(view, 0)
    drag(view, at, at + QPoint(0, 90), release=False)
    assert view.editing
    QTest.keyClick(view, Key.Key_Escape)
    assert not view.editing
    QTest.mouseRelease(view.viewport(), LEFT, NO_MODS, at + QPoint(0, 90))
    QTest.mouseClick(view.viewport(), LEFT, NO_MODS, at)
    assert moves.count() == 0
    assert view.current_appointment().id == SHEET[0].id


def test_near_the_edge_a_drag_scrolls(view, qtbot):
    at = handle(view, 0)
    top = view.verticalScrollBar().value()
    drag(view, at, QPoint(at.x(), view.viewport().height() - 4), release=False)
    qtbot.waitUntil(lambda: view.verticalScrollBar().value() > top + 30)
    QTest.keyClick(view, Key.Key_Escape)
    assert not view.editing


def test_done_or_pending_or_read_only_cards_stay(view, model):
    moves = QSignalSpy(view.move_requested)
    drag(view, handle(view, 5), handle(view, 5) + QPoint(0, 100))
    model.set_pending(SHEET[0].id, on=True)
    drag(view, handle(view, 0), handle(view, 0) + QPoint(0, 100))
    view.set_read_only(on=True)
    drag(view, handle(view, 2), handle(view, 2) + QPoint(0, 100))
    QTest.keyClick(view, Key.Key_Down, ALT)
    assert moves.count() == 0


def test_a_double_click_opens_a_card_and_books_a_slot(view, qtbot):
    with qtbot.waitSignal(view.card_activated) as opened:
        QTest.mouseClick(view.viewport(), LEFT, NO_MODS, handle(view, 0))
        QTest.mouseDClick(view.viewport(), LEFT, NO_MODS, handle(view, 0))
    assert opened.args == [SHEET[0]]
    free = view.slot_point(DAY, DOCTORS[2].id, 11 * 60)
    with qtbot.waitSignal(view.slot_activated) as booked:
        QTest.mouseClick(view.viewport(), LEFT, NO_MODS, free)
        QTest.mouseDClick(view.viewport(), LEFT, NO_MODS, free)
    assert booked.args == [DAY, DOCTORS[2].id, 11 * 60]


def test_a_waiting_card_is_dropped_on_a_slot(view, qtbot):
    data = QMimeData()
    data.setData(WAITING_MIME, b"7f0c")
    data.setText("Ngozi Eze")
    spot = view.slot_point(DAY, DOCTORS[2].id, 10 * 60 + 15)
    copy = Qt.DropAction.CopyAction
    hover = QDragMoveEvent(QPointF(spot), copy, data, LEFT, NO_MODS)
    view.dragMoveEvent(hover)
    assert hover.isAccepted()
    assert view.editing
    with qtbot.waitSignal(view.waiting_dropped) as heard:
        view.dropEvent(QDropEvent(QPointF(spot), copy, data, LEFT, NO_MODS))
    assert heard.args == ["7f0c", DAY, DOCTORS[2].id, 10 * 60 + 15]
    assert not view.editing
    stranger = QMimeData()
    stranger.setText("7f0c")
    hover = QDragMoveEvent(QPointF(spot), copy, stranger, LEFT, NO_MODS)
    view.dragMoveEvent(hover)
    assert not hover.isAccepted()


# keyboard


def test_arrows_move_between_cards_and_enter_opens(view, qtbot):
    view.select(SHEET[0].id)
    ids = []
    for key in (
        Key.Key_Down,
        Key.Key_Down,
        Key.Key_Right,
        Key.Key_Up,
        Key.Key_Right,
        Key.Key_Left,
        Key.Key_Home,
    ):
        QTest.keyClick(view, key)
        ids.append(view.current_appointment().id.int - 1000)
    assert ids == [2, 3, 1, 5, 4, 1, 5]
    with qtbot.waitSignal(view.card_activated) as heard:
        QTest.keyClick(view, Key.Key_Return)
    assert heard.args == [SHEET[5]]


def test_typing_a_name_selects_it_and_odd_keys_are_harmless(view, qtbot):
    QTest.keyClicks(view, "sob")
    assert view.current_appointment().patient_name == "Ẹniọlá Ṣóbọ̀wálé"
    qtbot.wait(QApplication.keyboardInputInterval() + 20)
    QTest.keyClicks(view, "ai")
    assert view.current_appointment() == AISHA
    view.keyPressEvent(QKeyEvent(QEvent.Type.KeyPress, 0, NO_MODS, "é"))
    assert view.current_appointment() == AISHA


def test_alt_arrows_reschedule_and_resize(view):
    moves, spoken = QSignalSpy(view.move_requested), QSignalSpy(view.announced)
    view.select(SHEET[0].id)
    for key, mods in (
        (Key.Key_Down, ALT),
        (Key.Key_Right, ALT),
        (Key.Key_Down, ALT | SHIFT),
        (Key.Key_Up, ALT | SHIFT),
    ):
        QTest.keyClick(view, key, mods)
        assert view.editing  # a preview: nothing is asked for yet
        QTest.keyClick(view, Key.Key_Return)
    QTest.keyClick(view, Key.Key_Left, ALT)
    assert [tuple(m[1:]) for m in said(moves)] == [
        (DOCTORS[0].id, DAY, 555, 585),
        (DOCTORS[1].id, DAY, 540, 570),
        (DOCTORS[0].id, DAY, 540, 585),
        (DOCTORS[0].id, DAY, 540, 555),
    ]
    assert spoken.at(0) == ["Patient 0 to 09:15 until 09:45, Dr A. Okafor. Enter puts it there"]
    assert spoken.at(spoken.count() - 1) == ["End of the calendar"]


def test_alt_arrows_add_up_until_enter_and_escape_leaves_the_card(view):
    moves = QSignalSpy(view.move_requested)
    view.select(SHEET[0].id)
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Right, Key.Key_Escape):
        QTest.keyClick(view, key, NO_MODS if key == Key.Key_Escape else ALT)
    assert not view.editing
    assert said(moves) == []
    for key in (Key.Key_Down, Key.Key_Down, Key.Key_Right):
        QTest.keyClick(view, key, ALT)
    QTest.keyClick(view, Key.Key_Return)
    assert [tuple(m[1:]) for m in said(moves)] == [(DOCTORS[1].id, DAY, 570, 600)]


def test_booking_by_keyboard_with_the_slot_cursor(view, qtbot):
    spoken = QSignalSpy(view.announced)
    QTest.keyClick(view, Key.Key_Down)  # nothing selected: the cursor appears at the next slot from now
    QTest.keyClick(view, Key.Key_Right)
    QTest.keyClick(view, Key.Key_Right)
    QTest.keyClick(view, Key.Key_Down)
    with qtbot.waitSignal(view.slot_activated) as heard:
        QTest.keyClick(view, Key.Key_Return)
    assert heard.args == [DAY, DOCTORS[2].id, 11 * 60]
    words = [line[0] for line in said(spoken)]
    assert words[0] == "10:45, Dr A. Okafor, Mon 23 Nov, Patient 3"
    assert words[-1] == "11:00, Dr Ṣ. Ọ̀kẹ́, Mon 23 Nov, free"
    QTest.keyClick(view, Key.Key_PageDown)
    QTest.keyClick(view, Key.Key_PageDown)
    assert spoken.at(spoken.count() - 1)[0].endswith("not working")


def test_ctrl_arrows_leave_the_card_for_the_slots_and_space_returns(view):
    slots = QSignalSpy(view.slot_activated)
    view.select(SHEET[4].id)
    QTest.keyClick(view, Key.Key_Down, CTRL)
    assert view.current_appointment() is None
    QTest.keyClick(view, Key.Key_Return)
    assert said(slots) == [[DAY, DOCTORS[2].id, 14 * 60 + 15]]
    QTest.keyClick(view, Key.Key_End)
    QTest.keyClick(view, Key.Key_Return)
    assert slots.at(1) == [DAY, DOCTORS[2].id, 17 * 60 + 45]
    QTest.keyClick(view, Key.Key_Space)
    assert view.current_appointment() == SHEET[4]


# what is seen and heard


def test_every_card_has_its_words_for_screen_readers(view, model):
    reader = QAccessible.queryAccessibleInterface(view)
    assert reader.role() == QAccessible.Role.List
    assert reader.childCount() == model.rowCount() == 6
    for row, a in enumerate(model.appointments):
        card = reader.child(row)
        assert card.text(QAccessible.Text.Name) == model.data(model.index(row, 0), AccessibleTextRole)
        assert a.patient_name in card.text(QAccessible.Text.Name)
        corner = view.viewport().mapToGlobal(view.visualRect(model.index(row, 0)).topLeft())
        assert card.rect().topLeft() == corner


def test_no_paint_residue_in_mid_drag(view, qtbot):
    at = handle(view, 2)
    QTest.mousePress(view.viewport(), LEFT, NO_MODS, at)
    qtbot.wait(30)
    for k in range(1, 9):
        QTest.mouseMove(view.viewport(), at + QPoint(15 * k, 13 * k))
        qtbot.wait(5)
    assert view.editing
    assert differing_pixels(view) == 0
    QTest.keyClick(view, Key.Key_Escape)
    qtbot.wait(5)
    assert differing_pixels(view) == 0


def test_no_paint_residue_after_scrolling_moving_and_the_slot_cursor(view, model, qtbot):
    for value in (40, 77, 13):
        view.verticalScrollBar().setValue(value)
        qtbot.wait(2)
    for key in (Key.Key_Down, Key.Key_Right, Key.Key_Down, Key.Key_Space, Key.Key_Left):
        QTest.keyClick(view, key)
        qtbot.wait(2)
    model.replace(replace(AISHA, doctor_id=DOCTORS[3].id, start=wall("12:00"), end=wall("12:30")))
    model.set_pending(AISHA.id, on=True)
    qtbot.wait(20)
    assert differing_pixels(view) == 0


def test_a_theme_change_repaints(view, qapp, qtbot):
    dark = theme.current().dark
    before = view.grab().toImage()
    theme.apply(qapp, not dark)
    qtbot.wait(20)
    assert view.grab().toImage() != before
    assert differing_pixels(view) == 0


def test_the_now_line_follows_the_clock(qapp, qtbot, model):
    theme.apply(qapp, dark=False)
    now = [NOW]
    view = CalendarView(lambda: now[0])
    view.setModel(model)
    view.resize(900, 600)
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    before = view.grab().toImage()
    now[0] = (DAY, NOW[1] + 40)
    view.refresh_now()
    qtbot.wait(20)
    assert view.grab().toImage() != before
    assert differing_pixels(view) == 0


def test_a_thousand_appointments(qapp, qtbot, capsys):
    staff, rnd = doctors(20), random.Random(5)
    many = []
    for n in range(1000):
        start = datetime(2026, 11, 23, 8, 0, tzinfo=UTC) + timedelta(minutes=5 * rnd.randrange(110))
        end = start + timedelta(minutes=rnd.choice((10, 20, 30)))
        many.append(appointment(n, f"{start:%H:%M}", f"{end:%H:%M}", doctor=staff[n % 20]))
    theme.apply(qapp, dark=False)
    model = DayModel()
    model.set_sheet([sheet(many, staff)], staff)
    view = CalendarView(lambda: NOW)
    view.setModel(model)
    view.resize(1600, 900)
    qtbot.addWidget(view)
    with qtbot.waitExposed(view):
        view.show()
    took = []
    for _ in range(9):
        begin = perf_counter()
        view.viewport().repaint()
        took.append((perf_counter() - begin) * 1000)
    with capsys.disabled():
        print(f"\ncalendar, 1,000 appointments: full repaint {sorted(took)[4]:.1f} ms")
    assert QAccessible.queryAccessibleInterface(view).childCount() == 1000
