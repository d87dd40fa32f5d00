"""The morning board: what waits, what ends, what is short, and what to do about a batch."""

from ui.news import News
from ui.screens.board.presenter import BoardDesk, BoardPresenter
from ui.screens.board.view import BoardView
from ui.tasks import TaskRunner

__all__ = ["BoardView", "build"]


def build(desk: BoardDesk, tasks: TaskRunner, news: News) -> BoardView:
    """The screen; call ``activate()`` when it comes on show."""
    return BoardView(BoardPresenter(desk, tasks, news), desk.actor.clinic.currency)
