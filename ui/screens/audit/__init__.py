"""Who opened which chart, what was changed by whom, and what is to be reviewed."""

from ui.news import News
from ui.screens.audit.presenter import AuditDesk, AuditPresenter
from ui.screens.audit.view import AuditView
from ui.tasks import TaskRunner

__all__ = ["AuditView", "build"]


def build(desk: AuditDesk, tasks: TaskRunner, news: News) -> AuditView:
    """The screen; call ``activate()`` when it comes on show."""
    return AuditView(AuditPresenter(desk, tasks, news))
