"""The chart of one patient."""

from ui.news import News
from ui.screens.chart.model import ChartDesk
from ui.screens.chart.presenter import ChartPresenter
from ui.screens.chart.view import ChartView
from ui.tasks import TaskRunner

__all__ = ["ChartView", "build"]


def build(desk: ChartDesk, tasks: TaskRunner, news: News) -> ChartView:
    """The screen; ``open_patient`` fills it."""
    return ChartView(ChartPresenter(desk, tasks, news))
