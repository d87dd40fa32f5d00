"""The prescription pad."""

from typing import Protocol

from ui.news import News
from ui.screens.prescription.presenter import PadPresenter
from ui.screens.prescription.questions import QuestionDesk, QuestionsPresenter
from ui.screens.prescription.saver import PadDesk
from ui.screens.prescription.view import PrescriptionView
from ui.tasks import TaskRunner

__all__ = ["PrescriptionView", "build"]


class PrescriptionDesk(PadDesk, QuestionDesk, Protocol):
    """The pad, and what the pharmacy asks about it."""


def build(desk: PrescriptionDesk, tasks: TaskRunner, news: News) -> PrescriptionView:
    """The screen; ``open_for`` shows a patient."""
    return PrescriptionView(PadPresenter(desk, tasks), tasks, news, QuestionsPresenter(desk, tasks, news))
