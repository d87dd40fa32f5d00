"""What the pharmacist asks the prescriber about a signed prescription (spec 4.10)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class RxQuery:
    """``closed_at`` None: still open. ``by_prescriber`` False: the pharmacy wrote down what was said."""

    id: UUID
    prescription_id: UUID
    number: str
    patient_name: str
    medicines: tuple[str, ...]
    asked_by: str
    asked_at: datetime
    question: str
    answer: str
    closed_by: str
    closed_at: datetime | None
    by_prescriber: bool
    prescriber: str

    @property
    def is_open(self) -> bool:
        """Nobody answered yet."""
        return self.closed_at is None
