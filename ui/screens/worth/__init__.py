"""What the stock is worth, and the planning and price of each product."""

from ui.news import News
from ui.screens.worth.presenter import WorthDesk, WorthPresenter
from ui.screens.worth.view import WorthView
from ui.tasks import TaskRunner

__all__ = ["WorthView", "build"]


def build(desk: WorthDesk, tasks: TaskRunner, news: News) -> WorthView:
    """The screen; call ``activate()`` when it comes on show."""
    return WorthView(WorthPresenter(desk, tasks, news), desk.actor)
