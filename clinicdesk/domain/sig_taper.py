"""Courses that change their dose, as typed: '8 tabs od 5d then 4 od 5d' (spec 4.2, 4.3)."""

import re

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.prescriptions import Sig, TaperStep
from clinicdesk.domain.sig_grammar import MAX_DAYS, Draft, refusal, scan

MAX_STEPS = 8
_THEN = re.compile(r"[\s,]then\s", re.IGNORECASE)
_AT_ONCE = re.compile(r"\b(?:stat|immediately)\b", re.IGNORECASE)


def steps_of(body: str) -> list[tuple[int, str]]:
    """Where each step starts, and its text; [] when this is no taper ('2 stat then 1 bd' is none)."""
    starts = [0, *(match.end() for match in _THEN.finditer(body))]
    ends = [*(match.start() for match in _THEN.finditer(body)), len(body)]
    parts = [(start, body[start:end].strip(" ,")) for start, end in zip(starts, ends, strict=True)]
    return [] if len(parts) < 2 or _AT_ONCE.search(parts[0][1]) else parts


def read_taper(
    parts: list[tuple[int, str]], *, default_unit: str, route: str, data: ClinicalData, month_days: int
) -> tuple[Sig, tuple[str, ...]]:
    """The directions and what was assumed. Every step says dose and days. Raises InvalidField('sig')."""
    if len(parts) > MAX_STEPS:
        raise refusal("taper_long", "then", parts[MAX_STEPS][0], limit=str(MAX_STEPS))
    drafts: list[Draft] = []
    steps: list[TaperStep] = []
    unit, times = "", 0
    for start, text in parts:
        draft = Draft()
        scan(" " * start + text, draft, data=data, month_days=month_days)
        times = draft.times or times
        if unit and draft.unit and draft.unit != unit:
            raise refusal("taper_units", text, start)
        unit = unit or draft.unit
        steps.append(_step(draft, times, text=text, start=start))
        drafts.append(draft)
    if sum(step.days for step in steps) > MAX_DAYS:
        raise refusal("duration_range", parts[-1][1], parts[-1][0], limit=str(MAX_DAYS))
    notes = [note for draft in drafts for note in draft.assumptions]
    if not unit:
        unit = default_unit
        notes.append(f"unit: {unit}")
    if not unit:
        raise refusal("unit_missing", "", 0)
    said = next((draft.route for draft in drafts if draft.route), route)
    timing = ", ".join(dict.fromkeys(word for draft in drafts for word in draft.timing))
    return taper(steps, unit=unit, route=said, timing=timing), tuple(notes)


def _step(draft: Draft, times: int, *, text: str, start: int) -> TaperStep:
    other = (
        draft.hours,
        draft.stat,
        draft.alternate,
        draft.weekly,
        draft.weekdays,
        draft.prn,
        draft.directed,
    )
    if draft.dose is None or draft.dose_max or draft.days is None or not times or any(other):
        raise refusal("taper_step", text, start)
    return TaperStep(dose=draft.dose * draft.factor, times_per_day=times, days=draft.days)


def taper(steps: list[TaperStep], *, unit: str, route: str, timing: str = "", instructions: str = "") -> Sig:
    """Directions of the steps; the checks see the highest dose, the most often and all the days."""
    return Sig(
        dose=max(step.dose for step in steps),
        unit=unit,
        route=route,
        times_per_day=max(step.times_per_day for step in steps),
        timing=timing,
        duration_days=sum(step.days for step in steps),
        instructions=instructions,
        steps=tuple(steps),
    )
