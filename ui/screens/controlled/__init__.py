"""The register of controlled medicines."""

from zoneinfo import ZoneInfo

from ui.news import News
from ui.screens.controlled.presenter import ControlledDesk, ControlledPresenter
from ui.screens.controlled.view import ControlledView
from ui.tasks import TaskRunner

__all__ = ["ControlledView", "build"]


def build(desk: ControlledDesk, tasks: TaskRunner, news: News) -> ControlledView:
    """The screen; call ``activate()`` when it comes on show."""
    return ControlledView(ControlledPresenter(desk, tasks, news), ZoneInfo(desk.actor.clinic.timezone))
