"""Accounts of the staff, and who may do what."""

from ui.news import News
from ui.screens.accounts.presenter import AccountsDesk, AccountsPresenter
from ui.screens.accounts.view import AccountsView
from ui.tasks import TaskRunner

__all__ = ["AccountsView", "build"]


def build(desk: AccountsDesk, tasks: TaskRunner, news: News) -> AccountsView:
    """The screen; call ``activate()`` when it comes on show."""
    return AccountsView(AccountsPresenter(desk, tasks, news))
