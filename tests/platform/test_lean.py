"""A seat stays small: heavy libraries come with the work that needs them (150 MiB, start < 1 s)."""

import subprocess
import sys

import pytest

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
    found = "import sys; print(*[name for name in sys.argv[1:] if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", f"{imports}\n{found}", *absent.split()],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []
