"""The pharmacy: the queue of signed prescriptions and what is handed out."""

from typing import Protocol
from zoneinfo import ZoneInfo

from clinicdesk.domain.people import Actor
from clinicdesk.services.pharmacy import Pharmacy
from ui.news import News
from ui.screens.pharmacy.presenter import PharmacyPresenter
from ui.screens.pharmacy.view import PharmacyView
from ui.tasks import TaskRunner

__all__ = ["PharmacyView", "build"]


class PharmacyDesk(Protocol):
    """What this screen needs of a signed-in person's services."""

    @property
    def actor(self) -> Actor: ...

    @property
    def pharmacy(self) -> Pharmacy: ...


def build(desk: PharmacyDesk, tasks: TaskRunner, news: News) -> PharmacyView:
    """The screen; call ``activate()`` when it comes on show."""
    zone = ZoneInfo(desk.actor.clinic.timezone)
    return PharmacyView(PharmacyPresenter(desk.pharmacy, tasks, news), zone)
