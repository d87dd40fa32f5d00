"""The rooms of each person. A room's code is imported for those who have it, and for nobody else."""

from collections.abc import Iterable
from importlib import import_module

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget

from clinicdesk.desk import Desk
from clinicdesk.domain.people import Actor, Duty, Role
from ui.news import News
from ui.tasks import TaskRunner

translate = QCoreApplication.translate
ROOMS: dict[Role, tuple[str, ...]] = {
    Role.RECEPTIONIST: ("schedule", "patients", "arrivals", "cashier"),
    Role.DOCTOR: ("schedule", "patients", "chart", "prescription", "arrivals", "verify"),
    Role.NURSE: ("schedule", "patients", "chart", "arrivals"),
    Role.PHARMACIST: (  # what is used most comes first
        *("pharmacy", "board", "inventory", "receiving", "ordering", "stocktake", "controlled", "worth"),
        *("importing", "verify"),
    ),
    Role.ADMIN: ("accounts", "audit", "clinic", "schedule", "patients", "inventory", "cashier", "verify"),
}
# rooms that nothing leads out of
PLAIN = (
    *("accounts", "audit", "cashier", "clinic", "inventory", "pharmacy"),
    *("board", "receiving", "ordering", "stocktake", "controlled", "worth", "importing"),
)
# what a duty opens beside the rooms of the role
DUTY_ROOMS: dict[Duty, tuple[str, ...]] = {
    Duty.PRIVACY_OFFICER: ("audit",),
    Duty.CLINIC_LEAD: ("clinic",),
    Duty.RECORDS: ("patients",),
}


def room_words() -> dict[str, tuple[str, str]]:
    """Room -> (name in the navigation, icon)."""
    return {
        "schedule": (translate("rooms", "Schedule"), "calendar-days"),
        "patients": (translate("rooms", "Patients"), "users"),
        "arrivals": (translate("rooms", "Arrivals"), "door-open"),
        "cashier": (translate("rooms", "Cashier"), "wallet"),
        "chart": (translate("rooms", "Chart"), "stethoscope"),
        "prescription": (translate("rooms", "Prescription"), "pen-line"),
        "pharmacy": (translate("rooms", "Pharmacy"), "pill"),
        "inventory": (translate("rooms", "Inventory"), "boxes"),
        "board": (translate("rooms", "Morning"), "layout-dashboard"),
        "receiving": (translate("rooms", "Receiving"), "truck"),
        "ordering": (translate("rooms", "Ordering"), "file-plus"),
        "stocktake": (translate("rooms", "Stocktake"), "clipboard-check"),
        "controlled": (translate("rooms", "Controlled"), "shield-check"),
        "importing": (translate("rooms", "Import"), "upload"),
        "worth": (translate("rooms", "Worth"), "chart-line"),
        "accounts": (translate("rooms", "Accounts"), "id-card"),
        "audit": (translate("rooms", "Audit"), "clipboard-list"),
        "verify": (translate("rooms", "Verify"), "badge-check"),
        "clinic": (translate("rooms", "Clinic"), "building-2"),
    }


def rooms_of(actor: Actor) -> tuple[str, ...]:
    """The person's rooms: those of the role, then what the duties add."""
    added = [key for duty, keys in DUTY_ROOMS.items() if duty in actor.duties for key in keys]
    return tuple(dict.fromkeys((*ROOMS[actor.role], *added)))


def fetch(keys: Iterable[str]) -> None:
    """Import rooms ahead, on a worker, so that opening one does not hold up the window."""
    for key in keys:
        import_module(f"ui.screens.{key}")


def plain(key: str, desk: Desk, tasks: TaskRunner, *, news: News) -> QWidget:
    """A room that nothing leads out of. Raises KeyError for any other."""
    if key not in PLAIN:
        raise KeyError(key)
    made: QWidget = import_module(f"ui.screens.{key}").build(desk, tasks, news)
    return made
