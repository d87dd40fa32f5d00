"""The week and the month beside bare SQL, and how long the time grid takes to paint."""

import random
import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from clinicdesk.domain.appointments import Appointment, DaySheet, Status, WorkingWindow
from clinicdesk.domain.calendar import PHASES, Shade, month_page, week_of
from clinicdesk.domain.people import Doctor
from clinicdesk.domain.visits import VitalPoint
from clinicdesk.domain.wall_clock import clock
from clinicdesk.services.calendar import Calendar
from tests.bench.clinic import Bench
from tests.bench.measure import Result, Sheet, percentile
from ui import theme
from ui.screens.schedule.model import DayModel
from ui.widgets.calendar_view import CalendarView
from ui.widgets.trend_chart import Series, TrendChart

CARDS = """SELECT a.id, a.patient_id, u.first_name, u.last_name, p.mrn, a.doctor_id, du.first_name, du.last_name,
    a.appointment_type_id, t.name, a.appointment_date, a.start_time, a.end_time, a.status, a.consultation_type,
    a.chief_complaint, a.fee, (SELECT sum(y.amount) FROM payments y WHERE y.appointment_id = a.id), a.payment_status,
    a.checked_in_at, a.started_at, a.completed_at, a.overbooked, a.row_version, a.room_id, r.name
  FROM appointments a JOIN user_profiles u ON u.user_id = a.patient_id JOIN patients p ON p.user_id = a.patient_id
  JOIN doctor_profiles d ON d.id = a.doctor_id JOIN user_profiles du ON du.user_id = d.user_id
  LEFT JOIN appointment_types t ON t.id = a.appointment_type_id LEFT JOIN rooms r ON r.id = a.room_id
 WHERE a.clinic_id = %s AND a.appointment_date BETWEEN %s AND %s ORDER BY a.appointment_date, a.start_time"""
HOURS = """SELECT w.doctor_id, w.day_of_week, w.start_time, w.end_time, w.break_start_time, w.break_end_time
  FROM doctor_availability w JOIN doctor_profiles d ON d.id = w.doctor_id WHERE d.clinic_id = %s"""
WAITING = """SELECT w.id, w.patient_id, u.first_name, u.last_name, w.doctor_id, w.earliest, w.latest, w.priority, w.note
  FROM waiting_list w JOIN user_profiles u ON u.user_id = w.patient_id
 WHERE w.clinic_id = %s AND w.status = 'waiting' AND w.latest >= %s ORDER BY w.priority, w.created_at"""
SUMS = """SELECT appointment_date, doctor_id, count(*), sum(end_time - start_time) FROM appointments
 WHERE clinic_id = %s AND appointment_date BETWEEN %s AND %s AND status NOT IN ('cancelled', 'rescheduled')
 GROUP BY 1, 2"""
FRAME = 1000 / 60
DAY = date(2026, 11, 23)
NAMES = ("Adébáyọ̀", "Nwosu", "Ọlátúnjí", "Abdullahi", "Yusuf", "Balógun", "Ɗanjuma", "Eze")


def measure(bench: Bench, sheet: Sheet) -> None:
    desk = bench.session("receptionist")
    calendar = Calendar(desk.open_work, desk.actor, desk.now)
    _ranges(bench, sheet, calendar)
    paint(sheet)


def _ranges(bench: Bench, sheet: Sheet, calendar: Calendar) -> None:
    day, clinic = bench.full_day(), bench.clinic
    week, month = week_of(day), month_page(day)

    def ours(first: date, last: date) -> Callable[[int], object]:
        return lambda _: calendar.sheets(first, last)

    def bare(first: date, last: date) -> Callable[[int], object]:
        def call(_: int) -> None:
            with bench.owner.transaction():
                bench.owner.execute(CARDS, (clinic, first, last)).fetchall()
                bench.owner.execute(HOURS, (clinic,)).fetchall()
                bench.owner.execute(WAITING, (clinic, first)).fetchall()

        return call

    def bare_sums(_: int) -> None:
        with bench.owner.transaction():
            bench.owner.execute(SUMS, (clinic, *month)).fetchall()
            bench.owner.execute(HOURS, (clinic,)).fetchall()

    for name, days in (("calendar: a day", (day, day)), ("calendar: a week", week)):
        found = calendar.sheets(*days)
        count = sum(len(one.appointments) for one in found.sheets)
        note = f"{count} appointments, {len(calendar.frame().doctors)} doctors"
        sheet.compare(name, ours(*days), bare(*days), note=note)
    loads = calendar.load(*month, phases=PHASES)
    note = f"{sum(load.number for load in loads)} appointments in 42 days"
    sheet.compare(
        "calendar: the load of a month", lambda _: calendar.load(*month, phases=PHASES), bare_sums, note=note
    )


# painting -----------------------------------------------------------------------------------------------------


def paint(sheet: Sheet) -> None:
    """Wall-clock medians beside their limits, and what the GUI thread itself spent: others use the cores, too."""
    application = QApplication.instance() or QApplication([])
    assert isinstance(application, QApplication)
    theme.apply(application, dark=False)
    for count, limit in ((500, FRAME), (1000, 25.0)):
        view = _view(application, count)
        repaint = _timed(view.viewport().repaint, times=25)
        _add(sheet, f"calendar: repaint of {count} appointments", repaint, limit)
        _add(sheet, f"calendar: scroll step, {count}", _scrolled(application, view), 3.0)
        _add(sheet, f"calendar: drag step, {count}", _dragged(application, view), 3.0)
        view.hide()
        view.deleteLater()
        application.processEvents()
    trend = _trend()
    _add(sheet, "chart: trend of 5,000 readings", _timed(trend.repaint, times=9), 500.0)
    trend.deleteLater()


def _trend() -> TrendChart:
    """On show, with a reading for each day."""
    chance = random.Random(4)
    first = datetime(2012, 1, 5, 9, 0, tzinfo=UTC)
    points = tuple(
        VitalPoint(measured_at=first + timedelta(days=n), value=chance.gauss(120, 12)) for n in range(5000)
    )
    chart = TrendChart("Blood pressure", "mmHg", band=(90, 130), zone=UTC)
    chart.resize(280, 124)
    chart.show()
    chart.show_series([Series(name="", points=points)])
    return chart


Took = list[tuple[float, float]]
"""Milliseconds by the clock and of the thread."""


def _add(sheet: Sheet, name: str, took: Took, limit: float) -> None:
    wall, own = [one for one, _ in took], statistics.median(own for _, own in took)
    note = f"limit {limit:.1f} ms{' OVER' if own > limit else ''}, own time {own:.2f} ms"
    sheet.add(Result(operation=name, median=statistics.median(wall), p95=percentile(wall, 0.95), note=note))


def _timed(call: Callable[[], object], *, times: int) -> Took:
    call()
    took = []
    for _ in range(times):
        begin, own = time.perf_counter(), time.thread_time()
        call()
        took.append(((time.perf_counter() - begin) * 1000, (time.thread_time() - own) * 1000))
    return took


def _scrolled(application: QApplication, view: CalendarView) -> Took:
    bar = view.verticalScrollBar()
    bar.setValue(0)
    step = 20

    def scroll() -> None:
        nonlocal step
        if not 0 <= bar.value() + step <= bar.maximum():
            step = -step
        bar.setValue(bar.value() + step)
        application.processEvents()

    return _timed(scroll, times=40)


def _dragged(application: QApplication, view: CalendarView) -> Took:
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    model = view.model()
    row = next(n for n in range(model.rowCount()) if view.visualRect(model.index(n, 0)).y() > 200)
    at = view.visualRect(model.index(row, 0)).topLeft() + QPoint(10, 4)
    QTest.mousePress(view.viewport(), left, none, at)
    moves = iter(range(1, 200))

    def drag() -> None:
        number = next(moves)
        QTest.mouseMove(view.viewport(), at + QPoint(number * 11 % 400, number * 9 % 160))
        application.processEvents()

    took = _timed(drag, times=40)
    view.cancel_placing()
    QTest.mouseRelease(view.viewport(), left, none, at)
    return took


def _view(application: QApplication, count: int) -> CalendarView:
    """Twenty doctors, everything on the screen at once."""
    model = DayModel()
    doctors = [
        Doctor(
            id=UUID(int=100 + n),
            user_id=UUID(int=n),
            name=f"Dr {NAMES[n % 8]} {n}",
            specialty="Medicine",
            license_number="",
            duration=20,
        )
        for n in range(20)
    ]
    chance = random.Random(7)
    sheet = DaySheet(
        day=DAY,
        appointments=tuple(_appointment(n, doctors[n % 20], chance) for n in range(count)),
        windows=tuple(
            WorkingWindow(doctor_id=d.id, start=a, end=b)
            for d in doctors
            for a, b in ((480, 780), (840, 1080))
        ),
        waiting=(),
    )
    shades = tuple(Shade(doctor_id=d.id, start=780, end=840, kind="break") for d in doctors)
    model.set_sheet([sheet], doctors, shades={DAY: shades})
    view = CalendarView(lambda: (DAY, 642))
    model.setParent(view)
    view.setModel(model)
    view.resize(1600, 900)
    view.show()
    application.processEvents()
    view.set_zoom(0.01)
    view.set_zoom(view.zoom * 1.25)  # a little to scroll
    application.processEvents()
    return view


def _appointment(number: int, doctor: Doctor, chance: random.Random) -> Appointment:
    start = 480 + chance.randrange(0, 112) * 5
    length = chance.choice((15, 20, 20, 30, 30, 45))
    status = chance.choice(
        (Status.CONFIRMED, Status.CONFIRMED, Status.PENDING, Status.COMPLETED, Status.NO_SHOW)
    )
    return Appointment(
        id=UUID(int=1000 + number), patient_id=UUID(int=number), mrn="", doctor_id=doctor.id,
        patient_name=f"{NAMES[number % 8]} {NAMES[number * 3 % 8]} {number}", doctor_name=doctor.name,
        clinic_id=UUID(int=1), type_id=None, type_name="Follow-up", day=DAY, start=clock(start),
        end=clock(start + length), status=status, consultation_type="in_person",
        chief_complaint="Fever and headache for three days", fee=Decimal(5000), paid=Decimal(0),
        payment_status="pending", checked_in_at=None, started_at=None, completed_at=None, overbooked=False, version=1,
    )  # fmt: skip
