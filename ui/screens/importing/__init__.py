"""Taking over a stock list from CSV or Excel."""

from ui.news import News
from ui.screens.importing.presenter import ImportingDesk, ImportingPresenter
from ui.screens.importing.view import ImportingView
from ui.tasks import TaskRunner

__all__ = ["ImportingView", "build"]


def build(desk: ImportingDesk, tasks: TaskRunner, news: News) -> ImportingView:
    """The screen; call ``activate()`` when it comes on show."""
    return ImportingView(ImportingPresenter(desk, tasks, news))
