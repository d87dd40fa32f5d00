"""The scheduler: the clinic's days."""

from ui.news import News
from ui.screens.schedule.booking_presenter import BookingPresenter
from ui.screens.schedule.presenter import FrontDesk, SchedulePresenter
from ui.screens.schedule.remembered import Remembered
from ui.screens.schedule.tools_presenter import ToolsPresenter
from ui.screens.schedule.view import ScheduleView
from ui.tasks import TaskRunner

__all__ = ["ScheduleView", "build"]


def build(
    desk: FrontDesk, tasks: TaskRunner, news: News, *, beside: ScheduleView | None = None
) -> ScheduleView:
    """The screen; ``chart_asked(patient_id, appointment)`` leads out of it.

    ``beside`` another one it begins with its day and choices; what is chosen there is not remembered.
    """
    presenter, booking = SchedulePresenter(desk, tasks, news), BookingPresenter(desk, tasks)
    tools = ToolsPresenter(desk, tasks)
    if beside is None:
        return ScheduleView(presenter, booking, tools, remembered=Remembered(desk.actor.user_id))
    presenter.day = beside.shown_day()
    return ScheduleView(presenter, booking, tools, choice=beside.showing.choice)
