"""Turns one line of a clinical CSV file into its row type; ValueError when a cell says something unknown."""

import re
from collections.abc import Mapping
from decimal import Decimal

from clinicdesk.domain.clinical_rows import (
    TIERS,
    AllergyRow,
    Bound,
    ChildDose,
    ConditionRow,
    DoseLimit,
    InteractionRow,
    Member,
    NewsBand,
    SigCode,
    VitalRange,
)

Row = Mapping[str, str]

_MONTH_DAYS = Decimal("30.4375")  # spec 3.4
_YEAR_DAYS = Decimal("365.25")
_RISKS = ("high", "moderate", "low", "varies")
_KINDS = ("pregnancy", "lactation", "age", "condition", "renal")
_SIG_KINDS = ("frequency", "timing", "route", "duration", "form", "numeral", "forbidden")
_VERIFICATIONS = ("verified", "partly verified", "unverified")
_RELEASES = {"immediate release": "immediate", "extended release": "extended", "long acting": ""}
_SALTS = re.compile(r" (axetil|sulfate)$")
# Phrases of allergy_classes.csv that name a whole ATC group instead of substances.
_GROUPS: Mapping[str, tuple[str, ...]] = {
    "every ace inhibitor": ("C09A", "C09B"),
    "arb": ("C09C", "C09D"),
    "every cox-1 inhibitor": ("M01AA", "M01AB", "M01AC", "M01AE", "M01AG", "N02BA"),
}
_COX2_PREFERRING = ("meloxicam", "celecoxib", "etoricoxib", "nimesulide")


def plain(name: str) -> str:
    """A name as the tables compare it: lower case, single spaces, no remark in brackets."""
    return " ".join(re.sub(r"\([^()]*\)", " ", name).casefold().split())


def names(cell: str) -> frozenset[str]:
    """The substances of a cell such as 'codeine;tramadol'."""
    return frozenset(plain(part) for part in cell.split(";") if plain(part))


def number(text: str) -> Decimal | None:
    """A table number; None for an empty cell; decimal.InvalidOperation for anything else."""
    value = Decimal(text) if text.strip() else None
    if value is not None and not value.is_finite():
        raise ValueError("not a number")
    return value


def interaction(row: Row) -> InteractionRow:
    """A line of interactions.csv."""
    classes = f"{row['class_a']} {row['class_b']}"
    age = re.search(r"age <=([0-9]+) days", classes)
    return InteractionRow(
        id=row["id"],
        class_a=row["class_a"],
        class_b=row["class_b"],
        members_a=_members(row["members_a"]),
        members_b=_members(row["members_b"]),
        tier=_one_of(row["severity"], TIERS),
        effect=row["effect"],
        action=row["action"],
        overrides_id=row["overrides_id"],
        source=row["source"],
        verified=_verified(row),
        any_route="topical" in classes or "any route" in classes,
        max_age_days=int(age[1]) if age else None,
    )


def _members(cell: str) -> tuple[Member, ...]:
    found = []
    for part in cell.split(";"):
        single = re.search(r">=([0-9.]+) (g|mg) per dose", part)
        daily = re.search(r">=([0-9.]+) (g|mg)(?: per |/)day", part)
        found.append(
            Member(substance=plain(part), min_single=_milligrams(single), min_daily=_milligrams(daily))
        )
    if not all(member.substance for member in found):
        raise ValueError("empty member")
    return tuple(found)


def _milligrams(match: re.Match[str] | None) -> Decimal | None:
    return Decimal(match[1]) * (1000 if match[2] == "g" else 1) if match else None


def allergy(row: Row, classes: Mapping[str, frozenset[str]]) -> AllergyRow:
    """A line of allergy_classes.csv; ``classes`` maps class name to its own members."""
    members = _expanded(row["members"], classes)
    targets: set[str] = set()
    caution: set[str] = set()
    atc: list[str] = []
    caution_atc: list[str] = []
    for part in filter(None, (plain(piece) for piece in row["cross_reacts_with"].split(";"))):
        careful = part.endswith(" caution")
        name = part.removesuffix(" caution")
        if name in _GROUPS:
            (caution_atc if careful else atc).extend(_GROUPS[name])
            targets |= set() if careful else members
        elif name in ("same class", "same group", "same family"):
            targets |= members
        elif "," not in name and not name.endswith((" low", " apart", " only", " list")):
            (caution if careful else targets).add(name)
    if "every cox-1 inhibitor" in plain(row["cross_reacts_with"]):
        caution |= set(_COX2_PREFERRING)
    return AllergyRow(
        id=row["id"],
        name=plain(row["class"]) if "->" in row["class"] else " ".join(row["class"].casefold().split()),
        members=members,
        targets=frozenset(targets),
        target_atc=tuple(atc),
        caution=frozenset(caution),
        caution_atc=tuple(caution_atc),
        directed="->" in row["class"],
        risk=_one_of(row["risk"], _RISKS),
        basis=row["basis"],
        rule=row["rule"],
        source=row["source"],
        verified=_verified(row),
    )


def _expanded(cell: str, classes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    found: set[str] = set()
    for part in cell.split(";"):
        name = plain(part)
        found |= classes[name] if part.strip().endswith("(any)") else {name}
    return frozenset(found - {"one named nsaid"})


def condition(row: Row, qt_drugs: frozenset[str]) -> ConditionRow:
    """A line of condition_contraindications.csv."""
    drugs = names(row["drugs"])
    if "any drug on the qt list" in drugs:
        drugs = qt_drugs
    cell = row["icd10_prefixes"]
    parts = [part.strip() for part in re.split(r";| with ", cell) if part.strip()]
    codes = tuple((part.split("-")[0], part.split("-")[-1]) for part in parts)
    if any(not re.fullmatch(r"[A-Z][0-9][0-9A-Z](\.[0-9A-Z]+)?", end) for pair in codes for end in pair):
        raise ValueError("not an ICD-10 prefix")
    return ConditionRow(
        id=row["id"],
        condition=row["condition"],
        kind=_one_of(row["kind"], _KINDS),
        codes=codes,
        all_codes=" with " in cell,
        rule=row["rule"],
        drugs=frozenset(name.removesuffix(" combined contraceptive") for name in drugs),
        tier=_one_of(row["severity"], TIERS),
        effect=row["effect"],
        action=row["action"],
        source=row["source"],
        verified=_verified(row),
    )


def _drug(cell: str) -> tuple[str, str, str]:
    """Key, bare substance and release kind of a 'drug' cell such as 'metformin extended release'."""
    key = plain(cell)
    release = ""
    bare = re.sub(r" [0-9/]+$", "", key)
    for phrase, kind in _RELEASES.items():
        if bare.endswith(f" {phrase}"):
            bare, release = bare.removesuffix(f" {phrase}"), kind
    return key, _SALTS.sub("", bare), release


def dose_limit(row: Row) -> DoseLimit:
    """A line of dose_limits.csv."""
    key, substance, release = _drug(row["drug"])
    weekly = row["max_daily"].endswith(" per week")
    return DoseLimit(
        key=key,
        substance=substance,
        release=release,
        atc=row["atc"],
        route=row["route"],
        max_single=number(row["max_single"]),
        max_daily=number(row["max_daily"].removesuffix(" per week")),
        weekly=weekly,
        unit=_one_of(row["unit"], ("mg", "ug", "tablet")),
        notes=row["notes"],
        source=row["source"],
        verified=_verified(row),
    )


def child_dose(row: Row) -> ChildDose:
    """A line of paediatric_doses.csv."""
    key, substance, _release = _drug(row["drug"])
    from_days, from_kg = _age_or_weight(row["from"], upper=False)
    below_days, below_kg = _age_or_weight(row["to"], upper=True)
    per_kg = re.search(r"([0-9.]+) (?:mg|IU)/kg(?! per episode)", row["max_daily"])
    cap = re.search(r"(?:never above |^)([0-9.]+)$", row["max_daily"])
    return ChildDose(
        key=key,
        substance=substance,
        routes=frozenset(row["route"].split("/")),
        from_days=from_days or 0,
        below_days=below_days,
        from_kg=from_kg,
        below_kg=below_kg,
        low=number(row["mg_per_kg_dose_low"]),
        high=number(row["mg_per_kg_dose_high"]),
        per_day="/day" in row["dose"],
        times_per_day=int(row["times_per_day"]) if row["times_per_day"].isdigit() else None,
        max_single=number(row["max_single"]),
        max_daily_per_kg=Decimal(per_kg[1]) if per_kg else None,
        max_daily=Decimal(cap[1]) if cap else None,
        weight_bands=_weight_bands(row["notes"]) if row["dose"] == "by weight band" else (),
        unit=_one_of(row["unit"], ("mg", "IU", "tablet")),
        notes=row["notes"],
        source=row["source"],
        verified=_verified(row),
    )


def _age_or_weight(cell: str, *, upper: bool) -> tuple[int | None, Decimal | None]:
    """Days or kg. An upper '59 mo' or '59 d' includes that month or day, '12 y' ends at the birthday."""
    if not cell:
        return None, None
    match = re.fullmatch(r"<?([0-9]+) (d|mo|y|kg)", cell)
    if match is None:
        raise ValueError("not an age or weight")
    amount, unit = Decimal(match[1]), match[2]
    if unit == "kg":
        return None, amount
    if unit == "y":
        return int(amount * _YEAR_DAYS), None
    step = Decimal(1) if upper else Decimal(0)
    return int((amount + step) * (_MONTH_DAYS if unit == "mo" else 1)), None


def _weight_bands(notes: str) -> tuple[tuple[Decimal, Decimal | None, Decimal], ...]:
    bands: list[tuple[Decimal, Decimal | None, Decimal]] = [
        (Decimal(low), Decimal(below), Decimal(amount))
        for low, below, amount in re.findall(r"([0-9]+)-<([0-9]+)(?: kg)? ([0-9]+)", notes)
    ]
    bands += [
        (Decimal(low), None, Decimal(amount)) for low, amount in re.findall(r">=([0-9]+) ([0-9]+)", notes)
    ]
    if not bands:
        raise ValueError("no weight bands")
    return tuple(bands)


def vital_range(row: Row) -> VitalRange:
    """A line of vitals_ranges.csv."""
    limits = {key: _bound(row[key]) for key in row if key.endswith(("_low", "_high"))}
    return VitalRange(
        parameter=row["parameter"],
        unit=row["ucum_unit"],
        age_group=row["age_group"],
        age_min_days=int(row["age_min_days"]),
        age_max_days=int(row["age_max_days"]) if row["age_max_days"] else None,
        hard_low=limits["hard_low"],
        hard_high=limits["hard_high"],
        alert_low=limits["alert_low"],
        alert_high=limits["alert_high"],
        critical_low=limits["critical_low"],
        critical_high=limits["critical_high"],
        verified=_verified(row),
    )


def _bound(cell: str) -> Bound | None:
    if not cell:
        return None
    if re.fullmatch(r"z [+-][0-9]+", cell):
        return Bound(z=True)
    grows = re.fullmatch(r"([0-9]+)\+([0-9]+)\*age_years(?: \(([0-9]+) from ([0-9]+) y\))?", cell)
    if grows is None:
        return Bound(base=number(cell) or Decimal(0))
    return Bound(
        base=Decimal(grows[1]),
        per_year=Decimal(grows[2]),
        fixed_from_years=int(grows[4]) if grows[4] else None,
        fixed=Decimal(grows[3] or 0),
    )


def news_band(row: Row) -> NewsBand:
    """A line of news2.csv."""
    return NewsBand(
        parameter=row["parameter"],
        condition=row["condition"],
        low=number(row["min_inclusive"]),
        high=number(row["max_inclusive"]),
        score=int(row["score"]),
    )


def sig_code(row: Row) -> SigCode:
    """A line of sig_codes.csv."""
    words = {row["code"].casefold(), *(alias.strip().casefold() for alias in row["aliases"].split(";"))}
    times, hours = row["times_per_day"], row["interval_hours"]
    if hours and not hours.isdecimal():
        raise ValueError("not a number of hours")
    return SigCode(
        code=row["code"],
        kind=_one_of(row["type"], _SIG_KINDS),
        meaning=row["meaning"],
        times_per_day=int(times) if times.isdecimal() else None,
        interval_hours=int(hours) if hours else None,
        spellings=tuple(sorted(words - {""})),
    )


def _one_of(value: str, allowed: tuple[str, ...]) -> str:
    if value not in allowed:
        raise ValueError("unknown value")
    return value


def _verified(row: Row) -> bool:
    return _one_of(row["verification"], _VERIFICATIONS) != "unverified"
