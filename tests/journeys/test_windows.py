"""What holds for every room of every role."""

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.people import Role
from tests.journeys.seats import Building
from tests.ui.accessibility import problems
from ui.rooms import ROOMS


class Shown(QObject):
    """Top-level windows that appear."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def eventFilter(self, watched, event):
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(type(watched).__name__)
        return False


@pytest.mark.parametrize("who", [str(role) for role in Role])
def test_a_room_opens_no_stray_window_and_names_its_controls(qtbot, qapp, clinic, who):
    building = Building(qtbot, qapp, clinic)
    shown = Shown()
    qapp.installEventFilter(shown)
    window = building.open(who, "pc-1")
    for key in ROOMS[Role(who)]:
        window.room(key)
        assert problems(window.shell) == [], key
    qapp.removeEventFilter(shown)
    assert shown.seen == ["Shell"]
    building.close()
