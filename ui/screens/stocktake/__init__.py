"""Counting blind while selling goes on."""

from zoneinfo import ZoneInfo

from ui.news import News
from ui.screens.stocktake.presenter import StocktakeDesk, StocktakePresenter
from ui.screens.stocktake.view import StocktakeView
from ui.tasks import TaskRunner

__all__ = ["StocktakeView", "build"]


def build(desk: StocktakeDesk, tasks: TaskRunner, news: News) -> StocktakeView:
    """The screen; call ``activate()`` when it comes on show."""
    clinic = desk.actor.clinic
    return StocktakeView(StocktakePresenter(desk, tasks, news), ZoneInfo(clinic.timezone), clinic.currency)
