"""The clinic's administration: settings, own data, doctors, holidays, kinds of appointment, rooms."""

from ui.news import News
from ui.screens.clinic.presenter import ClinicDesk, ClinicPresenter
from ui.screens.clinic.view import ClinicView
from ui.tasks import TaskRunner

__all__ = ["ClinicView", "build"]


def build(desk: ClinicDesk, tasks: TaskRunner, news: News) -> ClinicView:
    """The screen; call ``activate()`` when it comes on show."""
    return ClinicView(ClinicPresenter(desk, tasks, news))
