"""The signature pad with pen, mouse, finger and keyboard."""

import json
import math

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QInputDevice, QMouseEvent, QPointingDevice, QTabletEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QVBoxLayout, QWidget

from clinicdesk.services import signing
from ui.widgets.signature_pad import SignaturePad

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
WAVE = [(60 + 3 * step, 70 + 30 * math.sin(step / 6), 0.25 + step / 200) for step in range(100)]


@pytest.fixture
def pad(qtbot):
    made = SignaturePad()
    made.resize(560, 150)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def pen(pad, points):
    device = QPointingDevice(
        "pen",
        7,
        QInputDevice.DeviceType.Stylus,
        QPointingDevice.PointerType.Pen,
        QInputDevice.Capability.Position | QInputDevice.Capability.Pressure,
        1,
        1,
    )

    def send(kind, x, y, pressure, at):
        place = QPointF(x, y)
        where = pad.mapToGlobal(place)
        event = QTabletEvent(
            kind, device, place, where, pressure, 0, 0, 0, 0, 0, NONE, LEFT, LEFT
        )  # fmt: skip
        event.setTimestamp(at)
        QCoreApplication.sendEvent(pad, event)

    for number, (x, y, pressure) in enumerate(points):
        send(QEvent.Type.TabletMove if number else QEvent.Type.TabletPress, x, y, pressure, 8 * number)
    x, y, pressure = points[-1]
    send(QEvent.Type.TabletRelease, x, y, pressure, 8 * len(points))


def mouse(pad, points, *, synthesised=False):
    source = (
        Qt.MouseEventSource.MouseEventSynthesizedByQt
        if synthesised
        else Qt.MouseEventSource.MouseEventNotSynthesized
    )
    kinds = [
        QEvent.Type.MouseButtonPress,
        *[QEvent.Type.MouseMove] * (len(points) - 1),
        QEvent.Type.MouseButtonRelease,
    ]
    for number, (kind, (x, y, _)) in enumerate(zip(kinds, [*points, points[-1]], strict=True)):
        place = QPointF(x, y)
        moving, up = kind == QEvent.Type.MouseMove, kind == QEvent.Type.MouseButtonRelease
        event = QMouseEvent(
            kind,
            place,
            place,
            pad.mapToGlobal(place),
            Qt.MouseButton.NoButton if moving else LEFT,
            Qt.MouseButton.NoButton if up else LEFT,
            NONE,
            source,
        )
        event.setTimestamp(10 * number)
        QCoreApplication.sendEvent(pad, event)


def test_a_pen_signature_keeps_pressure_and_time(pad, qtbot):
    with qtbot.waitSignal(pad.changed):
        pen(pad, WAVE)
    record = json.loads(pad.to_json())
    assert record["source"] == "drawn"
    assert (record["w"], record["h"]) == (560, 150)
    assert [record["strokes"][0][0], record["strokes"][0][-1]] == [
        [60, 70, 0.25, 0],
        [357, round(WAVE[-1][1], 1), 0.74, 792],
    ]
    assert pad.is_plausible()


def test_a_mouse_signature_passes_the_same_rule_as_the_stored_picture(pad):
    mouse(pad, WAVE)
    assert len(pad.strokes) == 1
    assert pad.is_plausible()
    assert signing.ink_is_plausible(pad.png_bytes())


def test_mouse_copies_of_pen_and_finger_are_ignored(pad):
    mouse(pad, WAVE, synthesised=True)
    assert pad.is_empty()


def test_a_fast_stroke_is_thinner(pad):
    mouse(pad, [(40 + 40 * step, 60, 0) for step in range(10)])
    pressures = [point.pressure for point in pad.strokes[0]]
    assert pressures == sorted(pressures, reverse=True)
    assert pressures[-1] < 0.3


def test_one_finger_signs_and_a_second_is_ignored(pad):
    device = QTest.createTouchDevice()
    QTest.touchEvent(pad, device).press(1, QPoint(60, 60), pad).commit()
    for step in range(1, 60):
        QTest.touchEvent(pad, device).move(1, QPoint(60 + 4 * step, 60 + step % 20), pad).commit()
    QTest.touchEvent(pad, device).stationary(1).press(2, QPoint(500, 20), pad).commit()
    QTest.touchEvent(pad, device).stationary(1).move(2, QPoint(500, 120), pad).commit()
    QTest.touchEvent(pad, device).release(1, QPoint(296, 79), pad).stationary(2).commit()
    QTest.touchEvent(pad, device).release(2, QPoint(500, 120), pad).commit()
    assert len(pad.strokes) == 1
    assert max(point.x for point in pad.strokes[0]) == 296


def test_a_dot_or_a_short_dash_is_no_signature(pad):  # spec 4.9.3
    assert not pad.is_plausible()
    mouse(pad, [(80, 60, 0)])
    assert not pad.is_plausible()
    mouse(pad, [(80 + step, 60, 0) for step in range(0, 40, 2)])
    assert not pad.is_plausible()
    pad.clear()
    mouse(pad, [(60 + 3 * step, 90, 0) for step in range(120)])  # wide, but a line
    assert not pad.is_plausible()


def test_undo_and_clear(pad, qtbot):
    mouse(pad, WAVE)
    mouse(pad, [(x, y + 20, p) for x, y, p in WAVE])
    pad.setFocus()
    with qtbot.waitSignal(pad.changed):
        QTest.keyClick(pad, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert len(pad.strokes) == 1
    with qtbot.waitSignal(pad.changed):
        QTest.keyClick(pad, Qt.Key.Key_Delete)
    assert pad.is_empty()
    assert pad.png_bytes() == b""
    with qtbot.assertNotEmitted(pad.changed):
        pad.undo()
        pad.clear()


def test_a_typed_name_signs_without_a_pointer(pad, qtbot):
    mouse(pad, WAVE)
    with qtbot.waitSignal(pad.changed):
        pad.draw_name("  Dr. Ṣadé   Ọbáfẹ́mi ")
    assert json.loads(pad.to_json()) == {
        "v": 1,
        "w": 560,
        "h": 150,
        "source": "typed",
        "name": "Dr. Ṣadé Ọbáfẹ́mi",
    }
    assert pad.is_plausible()
    assert signing.ink_is_plausible(pad.png_bytes())
    pad.undo()
    assert pad.is_empty()


def test_a_very_long_name_stays_on_the_paper(pad):
    pad.draw_name("Dr. " + "Oluwadamilare " * 8)
    image = QImage.fromData(pad.png_bytes())
    assert image.width() <= 3 * 560
    pad.draw_name("   ")
    assert pad.is_empty()


def test_drawing_replaces_a_typed_name(pad):
    pad.draw_name("Ada")
    pen(pad, WAVE)
    assert json.loads(pad.to_json())["source"] == "drawn"


def test_the_picture_is_ink_on_nothing(pad):
    pen(pad, WAVE)
    image = QImage.fromData(pad.png_bytes())
    assert image.hasAlphaChannel()
    assert image.pixelColor(0, 0).alpha() == 0
    assert image.width() == (3 * (297 + 8))


def test_white_paper_and_a_focus_ring(qtbot):
    window = QWidget()
    qtbot.addWidget(window)
    layout = QVBoxLayout(window)
    first, second = SignaturePad(), SignaturePad()
    layout.addWidget(first)
    layout.addWidget(second)
    palette = window.palette()
    palette.setColor(palette.ColorRole.Window, QColor("#101418"))
    window.setPalette(palette)
    window.show()
    qtbot.waitExposed(window)
    second.setFocus()
    qtbot.waitUntil(lambda: second.hasFocus())
    idle, focused = first.grab().toImage(), second.grab().toImage()
    assert idle.pixelColor(60, 20) == QColor("#ffffff")
    assert focused.pixelColor(1, 20) == second.palette().color(palette.ColorRole.Highlight)
    assert idle.pixelColor(1, 20) == QColor("#ffffff")


def test_a_screen_reader_hears_what_is_on_the_pad(pad):
    assert pad.accessibleName()
    empty = pad.accessibleDescription()
    mouse(pad, WAVE)
    drawn = pad.accessibleDescription()
    pad.draw_name("Ada")
    assert len({empty, drawn, pad.accessibleDescription()}) == 3


def test_no_paint_residue_while_drawing(pad, qtbot):
    pen(pad, WAVE)
    qtbot.wait(50)
    shown = pad.screen().grabWindow(pad.winId()).toImage().convertToFormat(QImage.Format.Format_RGB32)
    assert shown == pad.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
