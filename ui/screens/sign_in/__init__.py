"""Sign-in."""

from collections.abc import Callable, Sequence

from ui.screens.sign_in.model import DemoPerson
from ui.screens.sign_in.presenter import SignInPresenter
from ui.screens.sign_in.view import SignInView
from ui.tasks import TaskRunner

__all__ = ["DemoPerson", "SignInView", "build"]


def build(
    core_sign_in: Callable[[str, str], object],
    tasks: TaskRunner,
    *,
    demo_people: Sequence[DemoPerson] = (),
    clinic: str = "",
) -> SignInView:
    """The screen; ``core_sign_in(email, password)`` runs on a worker, its result is in ``signed_in``."""
    return SignInView(SignInPresenter(core_sign_in, tasks), demo_people=demo_people, clinic=clinic)
