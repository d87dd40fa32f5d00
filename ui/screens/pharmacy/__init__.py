"""The pharmacy: the queue of signed prescriptions and what is handed out."""

from ui.news import News
from ui.screens.pharmacy.after import PharmacyDesk
from ui.screens.pharmacy.presenter import PharmacyPresenter
from ui.screens.pharmacy.view import PharmacyView
from ui.tasks import TaskRunner

__all__ = ["PharmacyView", "build"]


def build(desk: PharmacyDesk, tasks: TaskRunner, news: News) -> PharmacyView:
    """The screen; call ``activate()`` when it comes on show."""
    return PharmacyView(PharmacyPresenter(desk, tasks, news), desk.actor)
