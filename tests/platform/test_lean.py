"""A seat stays small: heavy libraries come with the work that needs them (150 MiB, start < 1 s)."""

import subprocess
import sys

import pytest

from clinicdesk.domain.people import Role
from ui.rooms import ROOMS

_BEFORE_SIGN_IN = "import ui.app, ui.opening, clinicdesk.opening, clinicdesk.settings"
_AT_WORK = f"{_BEFORE_SIGN_IN}, clinicdesk.bootstrap, clinicdesk.desk, ui.seat"
_NEVER = "pydantic sqlalchemy alembic"
_LATER = "pymongo bson reportlab cryptography.hazmat argon2 phonenumbers PIL segno PySide6.QtPdf PySide6.QtPrintSupport"


@pytest.mark.parametrize(
    ("imports", "absent"),
    [
        (_BEFORE_SIGN_IN, f"{_NEVER} {_LATER} psycopg redis clinicdesk.embedded clinicdesk.services.charts"),
        (_AT_WORK, f"{_NEVER} {_LATER} clinicdesk.embedded"),
    ],
)
def test_a_seat_does_not_load_what_it_does_not_use(imports: str, absent: str):
    assert loaded(imports, absent.split()) == []


def loaded(program: str, names: list[str]) -> list[str]:
    """Which of the modules a new process has after it ran this."""
    found = "import sys; print(*[name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{found}", *names], capture_output=True, text=True, check=True
    )
    return done.stdout.split()


@pytest.mark.parametrize("role", list(Role))
def test_a_seat_loads_the_rooms_of_its_role_and_no_others(role: Role):
    every = sorted({key for keys in ROOMS.values() for key in keys})
    names = [f"ui.screens.{key}" for key in every]
    mine = [f"ui.screens.{key}" for key in every if key in ROOMS[role] or key == "schedule"]
    heavy = [*_LATER.split(), *_NEVER.split()]
    program = f"{_AT_WORK}, ui.rooms\nui.rooms.fetch({ROOMS[role]!r})"
    assert loaded(program, [*names, *heavy]) == mine  # schedule: five kinds of seats, and side windows
