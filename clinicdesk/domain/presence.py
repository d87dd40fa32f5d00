"""What one seat may know of another."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Company:
    """Somebody at a place, or holding a thing."""

    name: str
    seat: str
    since: datetime
