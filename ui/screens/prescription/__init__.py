"""The prescription pad."""

from ui.news import News
from ui.screens.prescription.presenter import PadPresenter
from ui.screens.prescription.saver import PadDesk
from ui.screens.prescription.view import PrescriptionView
from ui.tasks import TaskRunner

__all__ = ["PrescriptionView", "build"]


def build(desk: PadDesk, tasks: TaskRunner, news: News) -> PrescriptionView:
    """The screen; ``open_for`` shows a patient."""
    return PrescriptionView(PadPresenter(desk, tasks), tasks, news)
