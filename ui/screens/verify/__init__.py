"""Is this prescription genuine, and may it still be supplied?"""

from ui.screens.verify.presenter import VerifyDesk, VerifyPresenter
from ui.screens.verify.view import VerifyView
from ui.tasks import TaskRunner

__all__ = ["VerifyView", "build"]


def build(desk: VerifyDesk, tasks: TaskRunner) -> VerifyView:
    """The screen; call ``activate()`` when it comes on show."""
    return VerifyView(VerifyPresenter(desk, tasks))
