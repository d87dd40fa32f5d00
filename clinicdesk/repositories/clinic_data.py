"""The clinic's own row: its columns of JSON and its point as the fields that people fill in."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from clinicdesk.domain.administration import Record, Value
from clinicdesk.domain.errors import NotFound, StaleRecord
from clinicdesk.domain.wall_clock import hhmm
from clinicdesk.repositories.availability import WEEKDAYS, opening_hours
from clinicdesk.repositories.work import Work

ADDRESS = ("street", "area", "city", "state")
PLACE = ("latitude", "longitude")
PLAIN = ("name", "license_number", "phone", "email", "website", "timezone")
_READ = (
    f"SELECT id, {', '.join(PLAIN)}, address, services, operating_hours, coordinates[1] AS latitude, "
    "coordinates[0] AS longitude FROM clinics WHERE id = :clinic"
)


class ClinicData:
    """Statements of one unit of work."""

    def __init__(self, work: Work, clinic_id: UUID) -> None:
        self._work, self._clinic = work, clinic_id

    def read(self) -> Record:
        """Raises NotFound."""
        return _record(self._row(""))

    def change(self, changed: Mapping[str, Value], *, before: Mapping[str, Value]) -> None:
        """Only what was changed, so that the grants of the columns decide. Raises StaleRecord, NotFound."""
        row = self._row(" FOR UPDATE")
        now = _record(row).values
        if any(now[name] != before.get(name) for name in changed):
            raise StaleRecord
        columns = _columns(row, changed)
        if not columns:
            return
        assignments = [
            "coordinates = point(CAST(:longitude AS float8), CAST(:latitude AS float8))"
            if name == "coordinates"
            else f"{name} = :{name}"
            for name in columns
        ]
        place = {name: changed.get(name, now[name]) for name in PLACE} if "coordinates" in columns else {}
        self._work.run(
            f"UPDATE clinics SET {', '.join(assignments)}, updated_at = now() WHERE id = :clinic",
            clinic=self._clinic,
            **{name: value for name, value in columns.items() if name != "coordinates"},
            **place,
        )

    def _row(self, lock: str) -> dict[str, Any]:
        found = self._work.first(_READ + lock, clinic=self._clinic)
        if found is None:
            raise NotFound
        return found


def _record(row: Mapping[str, Any]) -> Record:
    address = row["address"] or {}
    opening = opening_hours(row["operating_hours"]) or {}
    values: dict[str, Value] = {name: row[name] for name in PLAIN}
    values |= {name: address.get(name) for name in ADDRESS}
    values |= {name: None if row[name] is None else Decimal(repr(row[name])) for name in PLACE}
    values["services"] = tuple(map(str, row["services"] or ()))
    values |= {name: tuple(opening.get(number, ())) for number, name in enumerate(WEEKDAYS)}
    return Record(id=row["id"], values=values, name=row["name"])


def _columns(row: Mapping[str, Any], changed: Mapping[str, Value]) -> dict[str, object]:
    found: dict[str, object] = {name: changed[name] for name in PLAIN if name in changed}
    parts = {name: changed[name] for name in ADDRESS if name in changed}
    if parts:
        found["address"] = Jsonb({**(row["address"] or {}), **parts})
    days = {name: _spans(changed[name]) for name in WEEKDAYS if name in changed}
    if days:
        found["operating_hours"] = Jsonb({**(row["operating_hours"] or {}), **days})
    if "services" in changed:
        services = changed["services"]
        found["services"] = Jsonb(list(services) if isinstance(services, tuple) else [])
    if any(name in changed for name in PLACE):
        found["coordinates"] = None
    return found


def _spans(value: Value) -> list[Any]:
    """One span as the seed writes it: [open, close]; several as a list of such."""
    pairs = [[hhmm(start), hhmm(end)] for start, end in value] if isinstance(value, tuple) else []
    return pairs[0] if len(pairs) == 1 else pairs
