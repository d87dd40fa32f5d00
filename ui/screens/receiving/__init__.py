"""Deliveries: scanned or typed, against an order or without one."""

from ui.news import News
from ui.screens.receiving.presenter import ReceivingDesk, ReceivingPresenter
from ui.screens.receiving.view import ReceivingView
from ui.tasks import TaskRunner

__all__ = ["ReceivingView", "build"]


def build(desk: ReceivingDesk, tasks: TaskRunner, news: News) -> ReceivingView:
    """The screen; call ``activate()`` when it comes on show."""
    return ReceivingView(ReceivingPresenter(desk, tasks, news), desk.actor.clinic.currency)
