"""Choosing an own password: demanded at the first sign-in, and whenever somebody wants another one."""

from clinicdesk.services.unlocking import OwnPassword
from ui.screens.own_password.presenter import OwnPasswordPresenter
from ui.screens.own_password.view import OwnPasswordDialog, OwnPasswordView
from ui.tasks import TaskRunner

__all__ = ["OwnPasswordDialog", "OwnPasswordView", "build", "build_dialog"]


def build(own: OwnPassword, tasks: TaskRunner, *, name: str) -> OwnPasswordView:
    """The page of a first sign-in: the password before was just typed, so it is not asked."""
    return OwnPasswordView(OwnPasswordPresenter(own, tasks), name=name, first=True)


def build_dialog(own: OwnPassword, tasks: TaskRunner, *, name: str) -> OwnPasswordDialog:
    """The same for later, with the present password asked. Give it a parent and ``open()`` it."""
    return OwnPasswordDialog(OwnPasswordView(OwnPasswordPresenter(own, tasks), name=name, first=False))
