"""Lists taken over from elsewhere, and their one step back."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from clinicdesk.repositories.work import Work


class StockImports:
    """One transaction's view of one clinic's imports."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    def batches(self) -> set[tuple[str, str]]:
        """(item code, batch number) of everything that is here."""
        rows = self._work.all(
            "SELECT item_code, coalesce(batch_number, '') AS batch FROM inventory_items "
            "WHERE clinic_id = :clinic AND is_active AND item_code IS NOT NULL",
            clinic=self._clinic,
        )
        return {(row["item_code"], row["batch"]) for row in rows}

    def medicines(self) -> dict[str, UUID]:
        """Names of the formulary, in lower case."""
        rows = self._work.all("SELECT id, lower(name) AS name FROM medications WHERE is_active")
        return {row["name"]: row["id"] for row in rows}

    def write(self, import_id: UUID, file_name: str, rows: Sequence[Mapping[str, Any]]) -> int:
        """How many batches the whole import holds now. Raises NotFound when it was undone."""
        made: int = self._work.value(
            "SELECT cd.import_stock(:import, :clinic, :file, CAST(:rows AS jsonb))",
            **{"import": import_id},
            clinic=self._clinic,
            file=file_name,
            rows=json.dumps(list(rows), default=str),
        )
        return made

    def undo(self, import_id: UUID) -> int:
        """How many batches were taken back. Raises ImportInUse, NotAllowed."""
        gone: int = self._work.value("SELECT cd.undo_import(:import)", **{"import": import_id})
        return gone
