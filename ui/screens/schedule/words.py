"""The words of the scheduler for codes of the domain."""

from datetime import date

from PySide6.QtCore import QCoreApplication, QDate, QLocale

from clinicdesk.domain.appointments import Appointment, Status
from clinicdesk.domain.calendar import Frame
from clinicdesk.domain.transitions import CANCEL_REASONS, IN_VISIT_REASONS
from ui.screens.schedule.filters import PHASES, Filters
from ui.widgets.tag import phase_word

translate = QCoreApplication.translate


def day_title(day: date) -> str:
    """'Monday, 23 November'."""
    return QLocale().toString(QDate(day.year, day.month, day.day), "dddd, d MMMM")


def short_day(day: date) -> str:
    """'Mon 23 Nov'."""
    return QLocale().toString(QDate(day.year, day.month, day.day), "ddd d MMM")


def range_title(first: date, last: date) -> str:
    """'23 – 29 November 2026', with what differs said twice."""
    if first == last:
        return day_title(first)
    same = first.year == last.year and first.month == last.month
    head = "d" if same else "d MMM" if first.year == last.year else "d MMM yyyy"
    return f"{_said(first, head)} – {_said(last, 'd MMM yyyy')}"


def month_title(day: date) -> str:
    """'November 2026'."""
    return _said(day, "MMMM yyyy")


def _said(day: date, pattern: str) -> str:
    return QLocale().toString(QDate(day.year, day.month, day.day), pattern)


def hidden_words(filters: Filters, frame: Frame) -> str:
    """What the filters leave out, in words; '' when they leave out nothing."""
    parts = [phase_word(phase) for phase in PHASES if phase in filters.hidden_phases]
    if filters.doctors is not None or filters.specialties is not None:
        names = [f"Dr {doctor.name}" for doctor in filters.staff(frame.doctors)]
        parts.append(
            _but(names, translate("filters", "every doctor"), translate("filters", "doctors but {0}"))
        )
    if filters.types is not None:
        names = [kind.name for kind in frame.types if kind.id in filters.types]
        parts.append(_but(names, translate("filters", "every type"), translate("filters", "types but {0}")))
    return "; ".join(parts)


def _but(names: list[str], all_of_them: str, but: str) -> str:
    if not names:
        return all_of_them
    rest = f" +{len(names) - 2}" if len(names) > 2 else ""
    return but.format(", ".join(names[:2]) + rest)


def cancel_reasons(appointment: Appointment) -> list[tuple[str, str]]:
    """Code and words of the reasons that may be given by hand (spec 1.1 T4, T5, T10)."""
    words = {
        "patient_asked": translate("cancel", "Patient asked"),
        "patient_ill": translate("cancel", "Patient ill"),
        "doctor_away": translate("cancel", "Doctor away"),
        "clinic_closed": translate("cancel", "Clinic closed"),
        "entered_in_error": translate("cancel", "Booked in error"),
        "duplicate": translate("cancel", "Booked twice"),
        "left_before_seen": translate("cancel", "Left before being seen"),
        "emergency": translate("cancel", "Emergency"),
        "wrong_patient": translate("cancel", "Wrong patient"),
        "other": translate("cancel", "Other"),
    }
    running = appointment.status is Status.IN_PROGRESS
    allowed = IN_VISIT_REASONS if running else CANCEL_REASONS.keys() - {"left_before_seen", "wrong_patient"}
    return [(code, text) for code, text in words.items() if code in allowed]


def warning_words(codes: tuple[str, ...]) -> str:
    """What staff should know before they book (spec 1.4.3, 1.3.5, 2.4)."""
    words = {
        "patient_overlap": translate("warning", "The patient has another appointment at that time."),
        "same_day": translate("warning", "The patient already sees this doctor that day."),
        "no_shows": translate("warning", "Three missed appointments in a year: please call to confirm."),
        "no_guardian": translate(
            "warning", "A child, and no guardian who may consent is recorded: add one in the record."
        ),
    }
    return " ".join(words[code] for code in codes)


def done_words(action: str) -> str:
    """What was done, for the line over the calendar."""
    words = {
        "confirm": translate("done", "Confirmed"),
        "check_in": translate("done", "Checked in"),
        "undo_check_in": translate("done", "Check-in taken back"),
        "cancel": translate("done", "Cancelled"),
        "no_show": translate("done", "Marked as no-show"),
        "start_visit": translate("done", "Visit started"),
        "complete": translate("done", "Visit completed"),
        "move": translate("done", "Moved"),
        "room": translate("done", "Room changed"),
        "reopen": translate("done", "Visit reopened"),
    }
    return words[action]
