"""What should be ordered, and the orders."""

from zoneinfo import ZoneInfo

from ui.news import News
from ui.screens.ordering.presenter import OrderingDesk, OrderingPresenter
from ui.screens.ordering.view import OrderingView
from ui.tasks import TaskRunner

__all__ = ["OrderingView", "build"]


def build(desk: OrderingDesk, tasks: TaskRunner, news: News) -> OrderingView:
    """The screen; call ``activate()`` when it comes on show."""
    return OrderingView(OrderingPresenter(desk, tasks, news), ZoneInfo(desk.actor.clinic.timezone))
