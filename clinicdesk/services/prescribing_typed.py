"""Turns 'amox 500 tds 7d' into prescription lines to choose from (spec 4.4). Chooses nothing by itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from clinicdesk.domain.clinical_data import ClinicalData
from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import Medicine, PrescriptionLine, Sig
from clinicdesk.domain.quantity import drops_to_ml, in_units, issue_quantity, quantity, splittable
from clinicdesk.domain.sig import parse_sig, split_line, words
from clinicdesk.domain.sig_words import amount
from clinicdesk.domain.strengths import amount_in_mg, parse_strength
from clinicdesk.repositories.medicines import FormularyEntry

# Base units that a dose is written in; a dose of the others is drops, puffs or applications out of them.
_WHOLE_UNITS = frozenset(
    {
        *("tablet", "capsule", "suppository", "pessary", "sachet", "patch", "ampoule", "vial", "dose"),
        *("bag", "syringe", "implant", "device", "lozenge"),
    }
)
_ANY_UNITS = frozenset({"mg", "g", "micrograms", "units", "dose"})
_MORE_UNITS = {"mL": {"drop"}, "ampoule": {"mL"}, "vial": {"mL"}, "bag": {"mL"}, "g": {"application"}}
_FORM_WORDS = {
    **{
        word: word for word in ("cream", "ointment", "gel", "lotion", "drops", "eye", "ear", "nasal", "syrup")
    },
    **{word: word for word in ("suspension", "solution", "spray", "inhaler", "pessary", "patch", "oral")},
    "susp": "suspension",
    "inj": "injection",
    "injection": "injection",
    "suppository": "suppository",
    **dict.fromkeys(("tab", "tabs", "tablet", "tablets"), "tablet"),
    **dict.fromkeys(("cap", "caps", "capsule", "capsules"), "capsule"),
}
_UNIT_OF_FORM = (
    ("drops", "drop"),
    ("inhaler", "puff"),
    ("spray", "spray"),
    ("cream", "application"),
    ("ointment", "application"),
    ("gel", "application"),
    ("lotion", "application"),
    ("shampoo", "application"),
    ("cutaneous", "application"),
    ("pen", "units"),
)
_TWO_ROUTES = "IV/IM"
_LIKELY_DOSE = Decimal(10)


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One medicine the typed text may mean. ``problem`` says why it cannot be added yet."""

    entry: FormularyEntry
    sig: Sig | None = None
    quantity: int | None = None
    words: str = ""
    assumptions: tuple[str, ...] = ()
    problem: InvalidField | None = None

    @property
    def medicine(self) -> Medicine:
        """The strength and form."""
        return self.entry.medicine

    @property
    def line(self) -> PrescriptionLine | None:
        """The finished line, or None while something is missing."""
        if self.sig is None or self.quantity is None or self.problem is not None:
            return None
        return PrescriptionLine(medicine=self.medicine, sig=self.sig, quantity=self.quantity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """A typed line taken apart: what to look up, which strength, and where the directions start."""

    name: str
    form: tuple[str, ...]
    strength: str
    directions: str
    directions_at: int


def take_apart(text: str, data: ClinicalData) -> Typed:
    """Medicine, strength and directions of a typed line."""
    name, strength, rest = split_line(text, data)
    named = name.split()
    first = next((at for at in range(1, len(named)) if _all_forms(named[at:])), len(named))
    return Typed(
        name=" ".join(named[:first]),
        form=tuple(word.casefold() for word in named[first:]),
        strength=strength,
        directions=rest,
        directions_at=text.rfind(rest) if rest else len(text),
    )


def _all_forms(named: Sequence[str]) -> bool:
    return all(word.casefold() in _FORM_WORDS for word in named)


def has_strength(medicine: Medicine, typed: str) -> bool:
    """'500', '500mg', '0.5 g' are '500 mg'; '800/160' is '800 mg + 160 mg', '625' '500 mg + 125 mg'."""
    wanted, real = parse_strength(typed), parse_strength(medicine.strength)
    if wanted is not None and real is not None:
        return wanted.unit == real.unit and real.amounts[: len(wanted.amounts)] == wanted.amounts
    numbers = [Decimal(number) for number in re.findall(r"[0-9]+(?:\.[0-9]+)?", typed)]
    found = [Decimal(number) for number in re.findall(r"[0-9]+(?:\.[0-9]+)?", medicine.strength)]
    total = [sum(found)] if "+" in medicine.strength and "/" not in medicine.strength else []
    return bool(numbers) and numbers in (found[: len(numbers)], total)


def candidates(
    text: str, typed: Typed, entries: Sequence[FormularyEntry], *, data: ClinicalData
) -> tuple[Candidate, ...]:
    """Every product the line may mean, in the order of ``entries``."""
    chosen = entries = _of_form(entries, typed.form)
    directions, at = typed.directions, typed.directions_at
    if typed.strength:
        chosen = [entry for entry in entries if has_strength(entry.medicine, typed.strength)]
        if not chosen:
            chosen = list(entries)
            number = re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", typed.strength)
            if number and Decimal(number.group()) > _LIKELY_DOSE:
                problem = InvalidField("strength", "no_such_strength", {"token": typed.strength})
                return tuple(Candidate(entry=entry, problem=problem) for entry in chosen)
            at = text.index(typed.strength, len(typed.name))
            directions = text[at:]
    read = [_read(entry, directions, at, strength=typed.strength, data=data) for entry in chosen]
    fitting = [one for one in read if one.problem is None or one.problem.rule != "wrong_unit"]
    return tuple(fitting or read)


def _of_form(entries: Sequence[FormularyEntry], words_typed: Sequence[str]) -> list[FormularyEntry]:
    """'cream' or 'eye drops' behind the name chooses the form, if there is such a form."""
    wanted = [_FORM_WORDS[word] for word in words_typed]
    same = [entry for entry in entries if all(word in entry.medicine.form for word in wanted)]
    return same or list(entries)


def _read(entry: FormularyEntry, directions: str, at: int, *, strength: str, data: ClinicalData) -> Candidate:
    if not directions.strip():
        return Candidate(entry=entry)
    try:
        parsed = parse_sig(
            directions,
            default_unit=default_unit(entry),
            data=data,
            default_route="" if entry.route == _TWO_ROUTES else entry.route,
            controlled=entry.medicine.controlled,
        )
    except InvalidField as problem:
        if "position" in problem.detail:
            problem.detail["position"] = str(int(problem.detail["position"]) + at)
        return Candidate(entry=entry, problem=problem)
    if parsed.sig.unit != "mL" or not any(note.startswith("dose: ") for note in parsed.assumptions):
        return counted(Candidate(entry=entry), parsed.sig, assumptions=parsed.assumptions)
    # a liquid has no usual dose: '20 mg od' of 20 mg/5 mL means 20 mg, never 1 mL
    if parse_strength(strength) is not None:
        return _read(entry, f"{strength} {directions}", at, strength="", data=data)
    return Candidate(
        entry=entry,
        sig=parsed.sig,
        words=words(parsed.sig),
        problem=InvalidField("dose", "dose_missing", {"unit": parsed.sig.unit}),
    )


def default_unit(entry: FormularyEntry) -> str:
    """What one dose of the product is counted in."""
    return entry.unit if entry.unit in _WHOLE_UNITS else unit_of_form(entry)


def unit_of_form(entry: FormularyEntry) -> str:
    """Dose unit of a form that is not counted in pieces."""
    form = entry.medicine.form
    return next((unit for word, unit in _UNIT_OF_FORM if word in form), entry.unit)


def counted(candidate: Candidate, sig: Sig, *, assumptions: Sequence[str] = ()) -> Candidate:
    """The candidate with these directions, in words and with its quantity (spec 4.3). Never raises."""
    entry, notes = candidate.entry, list(assumptions)
    try:
        _check_route(sig)
        exact = _as_units(sig, entry)
        if exact != sig:
            notes.append(f"{amount(sig.dose, sig.unit)}: {amount(exact.dose, exact.unit)}")
        number = _quantity(exact, entry, notes)
    except InvalidField as problem:
        return replace(
            candidate, sig=sig, quantity=None, words=words(sig), assumptions=tuple(notes), problem=problem
        )
    return replace(
        candidate,
        sig=exact,
        quantity=number,
        words=words(exact),
        assumptions=tuple(notes),
        problem=None,
    )


def _check_route(sig: Sig) -> None:
    if not sig.route:
        raise InvalidField("route", "choose")


def _as_units(sig: Sig, entry: FormularyEntry) -> Sig:
    if amount_in_mg(sig.dose, sig.unit) is None or sig.unit == entry.unit:
        return sig
    made = in_units(sig, strength=entry.medicine.strength, form=entry.medicine.form)
    return made if made.unit == "mL" or entry.unit not in _WHOLE_UNITS else replace(made, unit=entry.unit)


def _quantity(sig: Sig, entry: FormularyEntry, notes: list[str]) -> int:
    piece = entry.unit in ("tablet", "capsule")
    _check_unit(sig, entry)
    can_split = not piece or (entry.splittable and splittable(entry.medicine.form))
    if sig.unit == entry.unit and sig.unit != "g":
        return quantity(sig, can_split=can_split)
    units = quantity(replace(sig, unit="dose" if sig.unit == "g" else sig.unit), can_split=can_split)
    if sig.unit == entry.unit:
        return units
    if sig.unit == "drop" and entry.unit == "mL":
        return issue_quantity(drops_to_ml(units), mode="pack", pack=entry.pack_size)
    # nobody can count puffs or applications into grams: one container, until the doctor says otherwise
    container = entry.pack_size if entry.unit in ("g", "mL") else 1
    notes.append(f"quantity: {amount(Decimal(container), entry.unit)}")
    return container


def _check_unit(sig: Sig, entry: FormularyEntry) -> None:
    """Two puffs of a tablet are a mistake."""
    of_form = unit_of_form(entry)
    if sig.unit not in {entry.unit, of_form} | _ANY_UNITS | _MORE_UNITS.get(entry.unit, set()):
        raise InvalidField("unit", "wrong_unit", {"unit": sig.unit, "form": entry.medicine.form})
