"""Single settings of a clinic."""

from decimal import Decimal, InvalidOperation
from uuid import UUID

from clinicdesk.repositories.work import Work


def clinic_number(work: Work, clinic_id: UUID, key: str) -> Decimal | None:
    """A number, None when it is not set or is none."""
    text = work.value(
        "SELECT value #>> '{}' FROM clinic_settings WHERE clinic_id = :clinic AND key = :key",
        clinic=clinic_id,
        key=key,
    )
    try:
        return None if text is None else Decimal(text)
    except InvalidOperation:
        return None
