"""The keys of the arrivals screen."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.people import Role

if TYPE_CHECKING:
    from ui.screens.arrivals.view import ArrivalsView

translate = QCoreApplication.translate
KeyRow = tuple[bool, str, Callable[[], object], str, str]


def key_rows(view: "ArrivalsView", *, may_walk_in: bool) -> list[KeyRow]:
    """Whether it is offered, words, what it does, keys and icon."""
    may = view.actor.may
    return [
        (
            may("appointments.status"),
            translate("keys", "Is here (check in)"),
            view.check_in,
            "I",
            "door-open",
        ),
        (may("queue.manage"), translate("keys", "Call"), view.ask_call, "C", "bell"),
        (may("queue.manage"), translate("keys", "Call next"), view.ask_next, "Ctrl+Return", "bell"),
        (may("queue.manage"), translate("keys", "Back into the queue"), view.ask_requeue, "R", "undo-2"),
        (may("queue.manage"), translate("keys", "Urgent or not"), view.ask_urgent, "U", "triangle-alert"),
        (
            view.actor.role is Role.NURSE,
            translate("keys", "With the nurse, or back"),
            view.ask_nurse,
            "S",
            "heart-pulse",
        ),
        (may("appointments.status"), translate("keys", "Slip again"), view.ask_slip, "P", "printer"),
        (
            may("appointments.status"),
            translate("keys", "Scan a card"),
            view.focus_scan,
            "Ctrl+F",
            "scan-barcode",
        ),
        (
            may_walk_in,
            translate("keys", "Walk-in"),
            view.start_walk_in,
            "Ctrl+N",
            "user-plus",
        ),
        (True, translate("keys", "Day sheets"), view.print_sheets, "Ctrl+P", "printer"),
        (True, translate("keys", "Next list"), view.next_page, "Ctrl+L", "list"),
        (True, translate("keys", "Waiting room screen"), view.open_screen, "F12", "monitor"),
        (may("calls.make"), translate("keys", "Reached"), view.mark_reached, "1", "phone"),
        (may("calls.make"), translate("keys", "Not reached"), view.mark_not_reached, "2", "phone"),
        (may("calls.make"), translate("keys", "Confirmed by phone"), view.mark_confirmed, "3", "check"),
        (may("calls.make"), translate("keys", "Will not come"), view.mark_cancelled, "Del", "calendar-x"),
        (True, translate("keys", "Close"), view.close_side, "Esc", "x"),
    ]
