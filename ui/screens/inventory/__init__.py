"""The stock: what is there, what needs somebody, batches, ledger and deliveries."""

from typing import Protocol

from clinicdesk.domain.people import Actor
from clinicdesk.services.inventory import Inventory
from ui.news import News
from ui.screens.inventory.presenter import InventoryPresenter
from ui.screens.inventory.view import InventoryView
from ui.tasks import TaskRunner

__all__ = ["InventoryView", "build"]


class InventoryDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def inventory(self) -> Inventory: ...


def build(desk: InventoryDesk, tasks: TaskRunner, news: News) -> InventoryView:
    """The screen; call ``activate()`` when it comes on show."""
    return InventoryView(InventoryPresenter(desk.inventory, tasks, news), desk.actor)
