"""The first start."""

from ui.screens.first_run.model import Address, NewClinic, Servers
from ui.screens.first_run.presenter import FirstRunPresenter
from ui.screens.first_run.view import FirstRunView

__all__ = ["Address", "FirstRunView", "NewClinic", "Servers", "build"]


def build() -> FirstRunView:
    """The screen; it asks nobody, the application acts on its signals."""
    return FirstRunView(FirstRunPresenter())
