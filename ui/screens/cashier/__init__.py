"""The till: the day's payments, refunds, reprints, and the shift counted at its end."""

from ui.news import News
from ui.screens.cashier.presenter import CashierDesk, CashierPresenter
from ui.screens.cashier.view import CashierView
from ui.tasks import TaskRunner

__all__ = ["CashierView", "build"]


def build(desk: CashierDesk, tasks: TaskRunner, news: News) -> CashierView:
    """The screen; call ``activate()`` when it comes on show."""
    return CashierView(CashierPresenter(desk, tasks, news))
