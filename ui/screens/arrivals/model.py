"""Rows of the board and of the call list as words."""

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from clinicdesk.domain.queue import CALLED, DONE, EXPECTED, IN_ROOM, NURSE, WAITING, CallLine, QueueLine
from ui.widgets.lines import Cell

translate = QCoreApplication.translate
QUEUE, COMING, FINISHED, CALLS = range(4)
STATES = ((WAITING, NURSE, CALLED, IN_ROOM), (EXPECTED,), (DONE,))
BOARD_WIDTHS = (56, 0, 150, 132, 170, 80)
CALL_WIDTHS = (120, 0, 150, 170, 150)


def board_heads() -> list[str]:
    """Columns of the board."""
    return [
        translate("arrivals", "No."),
        translate("arrivals", "Patient"),
        translate("arrivals", "Doctor"),
        translate("arrivals", "Where"),
        translate("arrivals", "Waiting"),
        translate("arrivals", "Booked"),
    ]


def call_heads() -> list[str]:
    """Columns of the call list."""
    return [
        translate("arrivals", "Visit"),
        translate("arrivals", "Patient"),
        translate("arrivals", "Phone"),
        translate("arrivals", "Why"),
        translate("arrivals", "Last call"),
    ]


def state_tag(state: str) -> tuple[str, str, str]:
    """Word, kind, icon."""
    return {
        EXPECTED: (translate("arrivals", "Not here"), "plain", "clock"),
        WAITING: (translate("arrivals", "Waiting"), "info", "hourglass"),
        NURSE: (translate("arrivals", "With the nurse"), "info", "heart-pulse"),
        CALLED: (translate("arrivals", "Called"), "warn", "bell"),
        IN_ROOM: (translate("arrivals", "In room"), "ok", "stethoscope"),
        DONE: (translate("arrivals", "Done"), "plain", "check"),
    }[state]


def waiting_cell(line: QueueLine, now: datetime) -> Cell:
    """Minutes, with words and colour when it is too long."""
    if line.state in (EXPECTED, DONE):
        return ""
    minutes = translate("arrivals", "{0} min").format(line.waited(now))
    strain = line.strain(now)
    if strain == "very_long":
        return (translate("arrivals", "{0}, too long").format(minutes), "danger", "clock-alert")
    if strain == "long":
        return (translate("arrivals", "{0}, long wait").format(minutes), "warn", "clock-alert")
    return minutes


def board_rows(
    lines: Sequence[QueueLine], page: int, now: datetime, zone: ZoneInfo
) -> list[tuple[QueueLine, Sequence[Cell]]]:
    """Those of one page, in the order of the queue; the finished ones newest first."""
    shown = [line for line in lines if line.state in STATES[page]]
    if page == COMING:
        shown.sort(key=lambda line: line.start_at)
    if page == FINISHED:
        shown.sort(key=lambda line: line.since or line.start_at, reverse=True)
    return [(line, _board_row(line, now, zone)) for line in shown]


def _board_row(line: QueueLine, now: datetime, zone: ZoneInfo) -> Sequence[Cell]:
    urgent = translate("arrivals", "URGENT · ") if line.urgent else ""
    again = translate("arrivals", " · called {0} times").format(line.calls) if line.calls > 1 else ""
    return (
        str(line.number) if line.number is not None else "–",
        f"{line.patient_name}\n{urgent}{line.mrn} · {line.type_name}{again}",
        f"Dr {line.doctor_name}\n{line.room}" if line.room else f"Dr {line.doctor_name}",
        state_tag(line.state),
        waiting_cell(line, now),
        f"{line.start_at.astimezone(zone):%H:%M}",
    )


def counts(lines: Sequence[QueueLine]) -> str:
    """'3 waiting · 1 with the nurse · 2 in room · 9 done · 12 to come'."""
    words = (
        ((WAITING, CALLED), translate("arrivals", "{0} waiting")),
        ((NURSE,), translate("arrivals", "{0} with the nurse")),
        ((IN_ROOM,), translate("arrivals", "{0} in room")),
        ((DONE,), translate("arrivals", "{0} done")),
        ((EXPECTED,), translate("arrivals", "{0} to come")),
    )
    return " · ".join(text.format(sum(line.state in states for line in lines)) for states, text in words)


def call_rows(lines: Sequence[CallLine], zone: ZoneInfo) -> list[tuple[CallLine, Sequence[Cell]]]:
    """By time of the visit."""
    why = {
        "unconfirmed": (translate("arrivals", "Not confirmed"), "warn", "circle-question-mark"),
        "reminder_failed": (translate("arrivals", "Reminder failed"), "danger", "message-square"),
        "no_shows": (translate("arrivals", "Missed three visits"), "warn", "user-x"),
    }
    rows: list[tuple[CallLine, Sequence[Cell]]] = []
    for line in lines:
        start = line.start_at.astimezone(zone)
        day = QLocale().toString(QDate(start.year, start.month, start.day), "ddd d MMM")
        rows.append(
            (
                line,
                (
                    f"{start:%H:%M}\n{day}",
                    f"{line.patient_name}\nDr {line.doctor_name} · {line.type_name}",
                    line.phone or translate("arrivals", "no phone"),
                    why[line.why],
                    _last_call(line, zone),
                ),
            )
        )
    return rows


def _last_call(line: CallLine, zone: ZoneInfo) -> str:
    if line.called_at is None:
        return translate("arrivals", "not called yet")
    words = {
        "reached": translate("arrivals", "reached"),
        "not_reached": translate("arrivals", "not reached"),
    }
    at = line.called_at.astimezone(zone)
    return f"{words.get(line.outcome, line.outcome)}\n{at:%d.%m. %H:%M}"
