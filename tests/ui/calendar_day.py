"""A made-up day for the calendar's tests."""

from datetime import UTC, date, datetime, time
from decimal import Decimal
from typing import Any
from uuid import UUID

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QSignalSpy, QTest

from clinicdesk.domain.appointments import Appointment, DaySheet, Status, WorkingWindow
from clinicdesk.domain.people import Doctor
from ui.widgets.calendar_view import CalendarView

DAY = date(2026, 11, 23)
NOW = (DAY, 10 * 60 + 42)
NAMES = ("Dr A. Okafor", "Dr S. Rahman", "Dr Ṣ. Ọ̀kẹ́", "Dr M. Bello", "Dr H. Ɗanjuma")


LEFT, NO_MODS = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
ALT, CTRL, SHIFT = (
    Qt.KeyboardModifier.AltModifier,
    Qt.KeyboardModifier.ControlModifier,
    Qt.KeyboardModifier.ShiftModifier,
)
Key = Qt.Key


def said(spy: QSignalSpy) -> list[Any]:
    return [spy.at(i) for i in range(spy.count())]


def doctors(n: int) -> tuple[Doctor, ...]:
    return tuple(
        Doctor(
            id=UUID(int=100 + i),
            user_id=UUID(int=i),
            name=NAMES[i % 5],
            specialty="Medicine",
            license_number="",
            duration=20,
        )
        for i in range(n)
    )


DOCTORS = doctors(4)


def wall(text: str) -> time:
    return time.fromisoformat(text)


def appointment(n: int, start: str, end: str, *, doctor: Doctor = DOCTORS[0], **more) -> Appointment:
    fields: dict[str, Any] = {
        "id": UUID(int=1000 + n),
        "patient_id": UUID(int=n),
        "patient_name": f"Patient {n}",
        "mrn": "",
        "doctor_id": doctor.id,
        "doctor_name": doctor.name,
        "clinic_id": UUID(int=1),
        "type_id": None,
        "type_name": "Follow-up",
        "day": DAY,
        "start": wall(start),
        "end": wall(end),
        "status": Status.CONFIRMED,
        "consultation_type": "in_person",
        "chief_complaint": "",
        "fee": Decimal(1),
        "paid": Decimal(0),
        "payment_status": "pending",
        "checked_in_at": None,
        "started_at": None,
        "completed_at": None,
        "overbooked": False,
        "version": 1,
    }
    return Appointment(**(fields | more))


AISHA = appointment(
    1,
    "11:00",
    "11:20",
    doctor=DOCTORS[1],
    patient_name="Aisha Ito",
    checked_in_at=datetime(2026, 11, 23, 9, 50, tzinfo=UTC),
)
SHEET = (
    appointment(0, "09:00", "09:30"),
    AISHA,
    appointment(2, "10:00", "10:45"),
    appointment(3, "10:30", "11:00"),
    appointment(4, "14:00", "14:30", doctor=DOCTORS[2], patient_name="Ẹniọlá Ṣóbọ̀wálé"),
    appointment(5, "09:30", "10:00", doctor=DOCTORS[1], status=Status.COMPLETED),
    appointment(6, "12:00", "12:20", status=Status.CANCELLED),
)


def sheet(appointments=SHEET, staff=DOCTORS, day: date = DAY) -> DaySheet:
    windows = [
        WorkingWindow(doctor_id=d.id, start=a, end=b) for d in staff[:3] for a, b in ((480, 780), (840, 1080))
    ]
    return DaySheet(day=day, appointments=tuple(appointments), windows=tuple(windows), waiting=())


def drag(view: CalendarView, start: QPoint, end: QPoint, *, release: bool = True) -> None:
    viewport = view.viewport()
    QTest.mousePress(viewport, LEFT, NO_MODS, start)
    for k in range(1, 9):
        QTest.mouseMove(viewport, start + (end - start) * k / 8)
    if release:
        QTest.mouseRelease(viewport, LEFT, NO_MODS, end)


def differing_pixels(view: CalendarView) -> int:
    """grab() repaints everything and so hides dirty-region mistakes; the screen must equal it."""
    screen = view.screen().grabWindow(view.winId()).toImage()
    full = view.grab().toImage().convertToFormat(screen.format())
    assert screen.size() == full.size()
    return sum(
        screen.pixel(x, y) != full.pixel(x, y)
        for x in range(0, full.width(), 2)
        for y in range(0, full.height(), 2)
    )
