"""The keys of the scheduler."""

from collections.abc import Callable

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.people import Actor
from ui.screens.schedule.header import DayHeader
from ui.screens.schedule.showing import Showing

translate = QCoreApplication.translate
StepKey = tuple[str, str, str, str]
ViewKey = tuple[bool, str, Callable[[], None], str, str]


def step_keys(actor: Actor) -> list[StepKey]:
    """Action of the selected appointment, its words, key and icon, as far as the role has the right."""
    rows = [
        ("appointments.status", "check_in", translate("keys", "Check in"), "Ctrl+I", "door-open"),
        ("appointments.status", "confirm", translate("keys", "Confirm"), "Ctrl+Shift+C", "check"),
        (
            "appointments.status",
            "start_visit",
            translate("keys", "Start visit"),
            "Ctrl+Shift+S",
            "stethoscope",
        ),
        (
            "appointments.status",
            "complete",
            translate("keys", "Complete visit"),
            "Ctrl+Shift+F",
            "circle-check",
        ),
        ("appointments.status", "reopen", translate("keys", "Reopen visit"), "Ctrl+Shift+R", "undo-2"),
        (
            "appointments.status",
            "undo_check_in",
            translate("keys", "Undo check-in"),
            "Ctrl+Shift+I",
            "undo-2",
        ),
        ("appointments.status", "undo_no_show", translate("keys", "Undo no-show"), "Ctrl+Shift+U", "undo-2"),
        ("appointments.status", "cancel", translate("keys", "Cancel appointment"), "Del", "calendar-x"),
        ("appointments.status", "no_show", translate("keys", "No-show"), "Ctrl+Shift+N", "user-x"),
        ("appointments.book", "cut", translate("keys", "Take up to reschedule"), "Ctrl+X", "calendar-clock"),
        ("payments.take", "pay", translate("keys", "Take payment"), "Ctrl+P", "banknote"),
        ("chart.read", "chart", translate("keys", "Open chart"), "Ctrl+O", "folder-open"),
    ]
    return [row[1:] for row in rows if actor.may(row[0])]


def view_keys(showing: Showing, header: DayHeader, another: Callable[[], None]) -> list[ViewKey]:
    """Always, words, what is done, key and icon."""
    rows = [
        (translate("keys", "Back: day, week or month"), header.back, "Ctrl+PgUp", "chevron-left"),
        (translate("keys", "Forward: day, week or month"), header.forward, "Ctrl+PgDown", "chevron-right"),
        (translate("keys", "Today"), showing.go_today, "Ctrl+T", "calendar-days"),
        (translate("keys", "Go to a date"), showing.pick_date, "Ctrl+G", "calendar-days"),
        (translate("keys", "Day view"), showing.show_day_view, "Ctrl+1", "calendar-days"),
        (translate("keys", "Week view"), showing.show_week, "Ctrl+2", "calendar-days"),
        (translate("keys", "Month view"), showing.show_month, "Ctrl+3", "layout-dashboard"),
        (translate("keys", "Agenda"), showing.show_agenda, "Ctrl+4", "list"),
        (translate("keys", "Filter and columns"), showing.open_filters, "Ctrl+J", "list-filter"),
        (translate("keys", "Show all that filters hide"), showing.show_everything, "Ctrl+Shift+J", "eye"),
        (translate("keys", "Columns by doctor or by room"), showing.toggle_columns, "Ctrl+B", "door-open"),
        (translate("keys", "All doctors or one"), showing.toggle_doctors, "Ctrl+D", "users"),
        (translate("keys", "Another schedule window"), another, "Ctrl+Shift+W", "external-link"),
    ]
    return [(True, *row) for row in rows]


def calendar_hints() -> list[tuple[str, str]]:
    """Keys that are no actions, for the list of F1."""
    return [
        ("Space", translate("keys", "Between cards and free slots")),
        ("Ctrl+↑", translate("keys", "Move over free slots")),
        ("Enter", translate("keys", "Book the slot, or what the card needs next")),
        ("PgUp", translate("keys", "Four cards or slots up; in the month, a month back")),
        ("Home", translate("keys", "First of the column; in the month, its first day")),
        ("Ctrl++", translate("keys", "Stretch the hours")),
        ("Ctrl+-", translate("keys", "Press the hours together")),
        ("Alt+↑", translate("keys", "Move the appointment; Enter puts it there")),
        ("Alt+Shift+↓", translate("keys", "Make the appointment longer; Enter keeps it")),
        ("1", translate("keys", "Take the first offered slot")),
    ]
