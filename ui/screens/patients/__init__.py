"""Patients: search and registration."""

from ui.news import News
from ui.screens.patients.presenter import PatientDesk, PatientsPresenter
from ui.screens.patients.view import PatientsView
from ui.tasks import TaskRunner

__all__ = ["PatientsView", "build"]


def build(desk: PatientDesk, tasks: TaskRunner, news: News) -> PatientsView:
    """The screen; ``chart_asked`` and ``book_asked`` lead out of it."""
    return PatientsView(PatientsPresenter(desk, tasks, news))
