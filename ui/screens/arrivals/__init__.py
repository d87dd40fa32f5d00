"""Arrivals: who is here, who waits for whom, walk-ins, the call list."""

from ui.news import News
from ui.screens.arrivals.presenter import ArrivalsDesk, ArrivalsPresenter
from ui.screens.arrivals.view import ArrivalsView
from ui.tasks import TaskRunner

__all__ = ["ArrivalsView", "build"]


def build(desk: ArrivalsDesk, tasks: TaskRunner, news: News) -> ArrivalsView:
    """The screen; ``chart_asked(patient_id, None)`` leads out of it."""
    return ArrivalsView(ArrivalsPresenter(desk, tasks, news))
