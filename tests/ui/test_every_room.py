"""Every room of every role: named, reachable and large enough for a screen reader, a keyboard and a finger."""

import pytest
from PySide6.QtWidgets import QApplication

from clinicdesk.domain.people import Role
from tests.lockout import forget_failures
from tests.ui.accessibility import problems
from ui import theme
from ui.rooms import ROOMS
from ui.seat import Seat
from ui.tasks import TaskRunner

WAIT = 15_000


@pytest.mark.parametrize("role", list(Role))
def test_the_rooms_of_a_role_are_clean_for_a_screen_reader(qapp, qtbot, clinic, role):
    theme.apply(qapp, dark=False)
    forget_failures(clinic)
    tasks = TaskRunner()
    seat = Seat(clinic.sign_in(str(role)), tasks)
    seat.shell.resize(1366, 768)
    seat.show()
    found: dict[str, list[str]] = {}
    for key in ROOMS[role]:
        seat.shell.show_room(key)
        qtbot.waitUntil(tasks.idle, timeout=WAIT)
        QApplication.processEvents()
        found[key] = problems(seat.shell)
        page = seat.shell.page(key)
        assert page is not None
        # nothing of the room is cut off at the smallest window
        found[key] += [f"{page.minimumSizeHint().toTuple()} does not fit"] * (
            page.minimumSizeHint().width() > 1170
        )
    seat.close()
    qtbot.waitUntil(tasks.idle, timeout=WAIT)
    tasks.close()
    assert {key: what for key, what in found.items() if what} == {}
