"""Loads the clinical rule tables (spec 0). Callers keep the result; nothing here is cached or guessed."""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import InvalidOperation
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from clinicdesk.domain import clinical_parsing as parsing
from clinicdesk.domain.clinical_rows import (
    AllergyRow,
    ChildDose,
    ConditionRow,
    DoseLimit,
    InteractionRow,
    NewsBand,
    SigCode,
    VitalRange,
)

Row = Mapping[str, str]
RowType = TypeVar("RowType")

_COLUMNS: Mapping[str, str] = {
    "interactions.csv": "id class_a class_b members_a members_b severity effect action source_severity "
    "overrides_id source verification",
    "allergy_classes.csv": "id class members cross_reacts_with basis risk rule source verification",
    "condition_contraindications.csv": "id condition kind icd10_prefixes rule drugs severity effect action "
    "source verification",
    "dose_limits.csv": "drug atc route max_single max_daily unit max_times_per_day notes source verification",
    "paediatric_doses.csv": "drug route from to dose mg_per_kg_dose_low mg_per_kg_dose_high times_per_day "
    "max_single max_daily unit notes source verification",
    "vitals_ranges.csv": "parameter ucum_unit age_group age_min_days age_max_days hard_low hard_high "
    "alert_low alert_high critical_low critical_high notes source verification",
    "news2.csv": "parameter condition min_inclusive max_inclusive unit score source verification",
    "sig_codes.csv": "code aliases type meaning times_per_day interval_hours ambiguous notes source "
    "verification",
    "drug_synonyms.csv": "synonym inn source",
    "dataset.csv": "name dated",
}
HEADERS: Mapping[str, tuple[str, ...]] = {name: tuple(text.split()) for name, text in _COLUMNS.items()}


class ClinicalDataMissing(Exception):
    """A rule table is absent or damaged; ``args`` are file name and reason. Callers say 'not checked'."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClinicalData:
    """All rule tables with their indexes. ``version`` names exactly this content, ``dated`` its day."""

    version: str
    dated: date
    interactions: tuple[InteractionRow, ...]
    allergies: tuple[AllergyRow, ...]
    conditions: tuple[ConditionRow, ...]
    dose_limits: tuple[DoseLimit, ...]
    child_doses: tuple[ChildDose, ...]
    vital_ranges: tuple[VitalRange, ...]
    news2: tuple[NewsBand, ...]
    sig_codes: tuple[SigCode, ...]
    synonyms: Mapping[str, str]
    spellings: Mapping[str, SigCode]
    sides: Mapping[str, Mapping[str, str]]
    interactions_by_id: Mapping[str, InteractionRow]
    conditions_by_drug: Mapping[str, tuple[ConditionRow, ...]]
    limits_by_drug: Mapping[str, tuple[DoseLimit, ...]]
    children_by_drug: Mapping[str, tuple[ChildDose, ...]]
    known: frozenset[str]


def load_clinical_data(folder: Path) -> ClinicalData:
    """All tables of ``folder``. Raises ClinicalDataMissing for an absent, damaged or unexpected file."""
    raw = {name: _read(folder / name) for name in HEADERS}
    tables = {name: _rows(name, content) for name, content in raw.items()}
    interactions = _convert(tables, "interactions.csv", parsing.interaction)
    allergies = _linked(tables)
    prolonging = next((row for row in interactions if "QT" in row.class_a), None)
    qt_drugs = frozenset(member.substance for member in prolonging.members_a) if prolonging else frozenset()
    conditions = _convert(tables, "condition_contraindications.csv", lambda r: parsing.condition(r, qt_drugs))
    limits = _convert(tables, "dose_limits.csv", parsing.dose_limit)
    children = _convert(tables, "paediatric_doses.csv", parsing.child_dose)
    codes = _convert(tables, "sig_codes.csv", parsing.sig_code)
    synonyms = {parsing.plain(r["synonym"]): parsing.plain(r["inn"]) for r in tables["drug_synonyms.csv"]}
    sides = _sides(interactions)
    by_condition = _index(conditions, lambda row: row.drugs)
    by_limit = _index(limits, lambda row: {row.key, row.substance})
    by_child = _index(children, lambda row: {row.key, row.substance})
    named = {name for row in allergies for name in row.members | row.targets | row.caution}
    known = frozenset({*sides, *by_condition, *by_limit, *by_child, *named, *synonyms.values()})
    return ClinicalData(
        version=_version(raw),
        dated=_convert(tables, "dataset.csv", lambda row: date.fromisoformat(row["dated"]))[0],
        interactions=interactions,
        allergies=allergies,
        conditions=conditions,
        dose_limits=limits,
        child_doses=children,
        vital_ranges=_convert(tables, "vitals_ranges.csv", parsing.vital_range),
        news2=_convert(tables, "news2.csv", parsing.news_band),
        sig_codes=codes,
        synonyms=MappingProxyType(synonyms),
        spellings=MappingProxyType({word: code for code in codes for word in code.spellings}),
        sides=sides,
        interactions_by_id=MappingProxyType({row.id: row for row in interactions}),
        conditions_by_drug=by_condition,
        limits_by_drug=by_limit,
        children_by_drug=by_child,
        known=known,
    )


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as problem:
        raise ClinicalDataMissing(path.name, problem.strerror or "cannot be read") from problem


def _rows(name: str, content: bytes) -> tuple[Row, ...]:
    try:
        lines = list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True))
    except (UnicodeDecodeError, csv.Error) as problem:
        raise ClinicalDataMissing(name, "is not a UTF-8 CSV file") from problem
    expected = HEADERS[name]
    if not lines or tuple(lines[0]) != expected:
        raise ClinicalDataMissing(name, "has other columns than expected")
    if len(lines) < 2 or any(len(line) != len(expected) for line in lines[1:]):
        raise ClinicalDataMissing(name, "is cut off or has a broken line")
    return tuple(dict(zip(expected, line, strict=True)) for line in lines[1:])


def _convert(
    tables: Mapping[str, tuple[Row, ...]], name: str, convert: Callable[[Row], RowType]
) -> tuple[RowType, ...]:
    done = []
    for number, row in enumerate(tables[name], start=2):
        try:
            done.append(convert(row))
        except (ValueError, InvalidOperation, KeyError) as problem:
            raise ClinicalDataMissing(name, f"line {number} cannot be read") from problem
    return tuple(done)


def _linked(tables: Mapping[str, tuple[Row, ...]]) -> tuple[AllergyRow, ...]:
    """Allergy rows; 'penicillins (any)' stands for the members of the class of that name."""
    own = {parsing.plain(r["class"]): parsing.names(r["members"]) for r in tables["allergy_classes.csv"]}
    return _convert(tables, "allergy_classes.csv", lambda row: parsing.allergy(row, own))


def _sides(rows: tuple[InteractionRow, ...]) -> Mapping[str, Mapping[str, str]]:
    """Substance -> row id -> on which sides ('a', 'b' or 'ab') it stands."""
    sides: dict[str, dict[str, str]] = {}
    for row in rows:
        for side, members in (("a", row.members_a), ("b", row.members_b)):
            for member in members:
                entry = sides.setdefault(member.substance, {})
                entry[row.id] = entry.get(row.id, "") + side
    return MappingProxyType(sides)


def _index(
    rows: tuple[RowType, ...], keys: Callable[[RowType], frozenset[str] | set[str]]
) -> Mapping[str, tuple[RowType, ...]]:
    found: dict[str, list[RowType]] = {}
    for row in rows:
        for key in keys(row):
            found.setdefault(key, []).append(row)
    return MappingProxyType({key: tuple(value) for key, value in found.items()})


def _version(raw: Mapping[str, bytes]) -> str:
    """Twelve hex digits of the content, and the newest ISO date found in it, if any."""
    digest = hashlib.sha256()
    dates: list[bytes] = []
    for name in sorted(raw):
        digest.update(name.encode() + b"\0" + hashlib.sha256(raw[name]).digest())
        dates += re.findall(rb"\b20[0-9]{2}-[01][0-9]-[0-3][0-9]\b", raw[name])
    newest = f" {max(dates).decode()}" if dates else ""
    return digest.hexdigest()[:12] + newest
