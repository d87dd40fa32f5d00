"""Reads directions as doctors type them (spec 4.4) and a whole typed line ('amox 500 tds 7d')."""

import re
from dataclasses import dataclass, replace
from decimal import Decimal

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.prescriptions import Sig
from clinicdesk.domain.sig_grammar import Draft, refusal, scan, unit_of
from clinicdesk.domain.sig_taper import read_taper, steps_of
from clinicdesk.domain.sig_words import amount, number, words, words_parts

__all__ = ["ParsedSig", "parse_sig", "split_line", "unit_for_form", "words", "words_parts"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedSig:
    """Structured directions and what had to be assumed, for the person to confirm."""

    sig: Sig
    assumptions: tuple[str, ...]


def unit_for_form(form: str, data: ClinicalData) -> str:
    """Dose unit of a form ('Capsules' -> capsule, 'oral suspension' -> mL); '' when it is not clear."""
    for word in re.findall(r"[a-z]+", form.lower()):
        unit = unit_of(word, data)
        if unit and unit[0] not in ("mg", "g", "micrograms"):
            return unit[0]
        if word in ("syrup", "suspension", "solution", "elixir", "mixture", "linctus"):
            return "mL"
        if word in ("inhaler", "aerosol"):
            return "puff"
        if word in ("cream", "gel", "lotion"):
            return "application"
    return ""


def parse_sig(
    text: str,
    *,
    default_unit: str,
    data: ClinicalData,
    default_route: str = "oral",
    controlled: bool = False,
    month_days: int = 30,
) -> ParsedSig:
    """Directions such as '2 tabs bd x5/7'. Raises InvalidField('sig', rule, {token, position})."""
    body, _, instructions = text.partition(";")
    if not body.strip():
        raise refusal("empty", "", 0)
    if len(body) > 200 or len(instructions) > 500:
        raise refusal("too_long", "", 200)
    parts = steps_of(body)
    if parts:
        sig, notes = read_taper(
            parts, default_unit=default_unit, route=default_route, data=data, month_days=month_days
        )
        return ParsedSig(sig=replace(sig, instructions=" ".join(instructions.split())), assumptions=notes)
    draft = Draft()
    scan(body, draft, data=data, month_days=month_days)
    return _finish(
        draft,
        default_unit=default_unit,
        default_route=default_route,
        controlled=controlled,
        instructions=" ".join(instructions.split()),
    )


def _finish(
    draft: Draft, *, default_unit: str, default_route: str, controlled: bool, instructions: str
) -> ParsedSig:
    notes = list(draft.assumptions)
    route = draft.route or default_route
    _refuse_incomplete(draft, route=route, controlled=controlled)
    unit = draft.unit or ("application" if draft.route == "topical" else default_unit)
    if not unit:
        raise refusal("unit_missing", "", 0)
    dose = draft.dose if draft.dose is not None else Decimal(1)
    if draft.dose is None:
        notes.append(f"dose: {amount(dose * draft.factor, unit)}")
    elif not draft.unit:
        notes.append(f"unit: {unit}")
    if draft.factor != 1:
        notes.append(f"1 spoon counted as {number(draft.factor)} mL")
    if draft.days is None and not draft.stat:
        notes.append("no duration given")
    highest = (draft.dose_max or dose) * draft.factor
    if draft.directed:
        instructions = ". ".join(part for part in ("As directed", instructions) if part)
    sig = Sig(
        dose=dose * draft.factor,
        dose_max=draft.dose_max * draft.factor if draft.dose_max else None,
        unit=unit,
        route=route,
        times_per_day=draft.times,
        interval_hours=draft.hours,
        stat=draft.stat,
        alternate_days=draft.alternate,
        weekly=draft.weekly,
        weekdays=draft.weekdays,
        prn=draft.prn,
        prn_reason=draft.reason if draft.prn else "",
        max_per_day=_max_doses(draft, highest, unit=unit, notes=notes),
        timing=", ".join(dict.fromkeys(draft.timing)),
        duration_days=draft.days,
        instructions=instructions,
    )
    return ParsedSig(sig=sig, assumptions=tuple(notes))


def _refuse_incomplete(draft: Draft, *, route: str, controlled: bool) -> None:
    if draft.eye_code_at is not None and route in ("ocular", "otic"):
        raise refusal("eye_abbreviation", "od", draft.eye_code_at)
    if draft.weekdays and (draft.hours or draft.stat or draft.alternate or draft.weekly or draft.prn):
        raise refusal("weekdays_with_other", "", draft.seen["weekdays"])
    regular = any((draft.times, draft.hours, draft.stat, draft.alternate, draft.weekly))
    if draft.directed and (controlled or draft.days is None or not (regular or draft.prn)):
        raise refusal("as_directed", "as directed", draft.seen["instruction"])
    if draft.prn and draft.limit is None:
        raise refusal("prn_needs_max", "prn", draft.seen["prn"])
    if draft.limit is not None and not draft.prn:
        raise refusal("max_without_prn", "max", draft.seen["maximum"])
    if not regular and not draft.prn:
        raise refusal("frequency_missing", "", 0)


def _max_doses(draft: Draft, highest: Decimal, *, unit: str, notes: list[str]) -> int | None:
    """Doses in 24 h. 'qds prn max 8/24h' cannot mean 8 doses: 8 counts tablets there, divided by the dose."""
    if draft.limit is None:
        return None
    usual = draft.times or (-(-24 // draft.hours) if draft.hours else None)
    if not draft.limit_in_units and (usual is None or draft.limit <= usual):
        return draft.limit
    total = Decimal(draft.limit)
    doses = int(total // highest)
    if doses < 1:
        raise refusal("max_below_dose", "max", draft.seen["maximum"])
    notes.append(
        f"no more than {amount(total, unit)} in 24 hours counted as {doses} dose{'' if doses == 1 else 's'}"
    )
    return doses


_STRENGTH_UNIT = r"(?:mg|g|mcg|micrograms?|µg|μg|ug|iu|units?|mu|%|mmol|meq)"
_STRENGTH = re.compile(
    rf"[0-9]+(?:\.[0-9]+)?\s*(?P<unit>{_STRENGTH_UNIT})?"
    rf"(?:\s*[/+]\s*[0-9]*(?:\.[0-9]+)?\s*(?:{_STRENGTH_UNIT}|ml)?)*(?=\s|$)"
)
_DIRECTION_WORDS = frozenset(
    {
        *(
            "for",
            "when",
            "if",
            "every",
            "once",
            "twice",
            "thrice",
            "max",
            "in",
            "at",
            "before",
            "after",
            "take",
        ),
        *("apply", "use", "put", "as", "alternate", "weekly", "one", "two"),
    }
)
_STARTS_DIRECTION = re.compile(r"[0-9.½¼¾]|x[0-9]|q[0-9]+h|half$|mdu$")


def split_line(text: str, data: ClinicalData) -> tuple[str, str, str]:
    """'amox 500 tds 7d' -> ('amox', '500', 'tds 7d').

    A bare number other than 1 counts as strength; when the medicine has no such strength, put it in front
    of the rest and read it as dose.
    """
    at = 0
    for match in re.finditer(r"\S+", text):
        word = match.group().lower().rstrip(",")
        code = data.spellings.get(word)
        code_stops = code is not None and code.kind != "form"
        if code_stops or word in _DIRECTION_WORDS or _STARTS_DIRECTION.match(word):
            break
        at = match.end()
    medicine, rest = text[:at].strip().rstrip(","), text[at:].strip()
    strength = _STRENGTH.match(rest.lower()) if medicine else None
    if strength is None or _is_dose(strength, rest, data):
        return medicine, "", rest
    return medicine, rest[: strength.end()].strip(), rest[strength.end() :].strip()


def _is_dose(match: re.Match[str], rest: str, data: ClinicalData) -> bool:
    """'2' of '2 tabs', '1/2' and '1' are doses, not strengths."""
    if match["unit"]:
        return False
    following = rest[match.end() :].split()
    counted = bool(following) and unit_of(following[0].lower(), data) is not None
    return counted or match.group().strip() in ("1", "1/2", "1/4", "3/4")
