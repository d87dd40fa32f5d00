"""The keys of the scheduler."""

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.people import Actor

translate = QCoreApplication.translate
StepKey = tuple[str, str, str, str]


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


def calendar_hints() -> list[tuple[str, str]]:
    """Keys that are no actions, for the list of F1."""
    return [
        ("Space", translate("keys", "Between cards and free slots")),
        ("Ctrl+↑", translate("keys", "Move over free slots")),
        ("Enter", translate("keys", "Book the slot, or what the card needs next")),
        ("Alt+↑", translate("keys", "Move the appointment; Enter puts it there")),
        ("Alt+Shift+↓", translate("keys", "Make the appointment longer; Enter keeps it")),
        ("1", translate("keys", "Take the first offered slot")),
    ]
