"""The scheduler: the clinic's day."""

from ui.news import News
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.presenter import FrontDesk, SchedulePresenter
from ui.screens.schedule.tools_presenter import ToolsPresenter
from ui.screens.schedule.view import ScheduleView
from ui.tasks import TaskRunner

__all__ = ["ScheduleView", "build"]


def build(desk: FrontDesk, tasks: TaskRunner, news: News) -> ScheduleView:
    """The screen; ``chart_asked(patient_id, appointment)`` leads out of it."""
    return ScheduleView(
        SchedulePresenter(desk, tasks, news), BookingPresenter(desk, tasks), ToolsPresenter(desk, tasks)
    )
