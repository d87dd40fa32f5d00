"""What the pad knows and how it says it; no widgets."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain import errors
from clinicdesk.domain.errors import DomainError, InvalidField
from clinicdesk.domain.patients import AllergyStatus, PatientSummary
from clinicdesk.domain.prescriptions import Finding, Medicine, PrescriptionLine, Sig, TaperStep
from clinicdesk.domain.quantity import SUPPLY_DAYS
from clinicdesk.domain.safety import MIN_REASON_TEXT, OVERRIDE_REASONS, ChildAdvice, override_refusal
from clinicdesk.domain.sig_taper import taper
from clinicdesk.domain.sig_words import DAY_NAMES, number, times_a_day
from clinicdesk.services.prescribing import NOT_CHECKED
from ui.messages import message_for

translate = QCoreApplication.translate

# frequency choice -> fields of the directions
FREQUENCIES: Mapping[str, Mapping[str, object]] = {
    "1": {"times_per_day": 1},
    "2": {"times_per_day": 2},
    "3": {"times_per_day": 3},
    "4": {"times_per_day": 4},
    "5": {"times_per_day": 5},
    "6": {"times_per_day": 6},
    "4h": {"interval_hours": 4},
    "6h": {"interval_hours": 6},
    "8h": {"interval_hours": 8},
    "12h": {"interval_hours": 12},
    "alternate": {"alternate_days": True},
    "weekly": {"weekly": True},
    "stat": {"stat": True},
}
WEEKDAYS, STEPS = "weekdays", "steps"  # these have a row of fields of their own
ROUTES = (
    *("oral", "sublingual", "topical", "ocular", "otic", "nasal", "inhaled", "rectal", "vaginal"),
    *("intravenous", "intramuscular", "subcutaneous"),
)
UNITS = (
    *("tablet", "capsule", "mL", "mg", "g", "micrograms", "units", "puff", "drop", "application", "spray"),
    *("sachet", "suppository", "pessary", "patch", "ampoule", "vial", "dose"),
)
_LOW_STOCK = 20


def frequency_words() -> dict[str, str]:
    """Choice -> what the combo box says."""
    return {
        "1": translate("sig", "once a day"),
        "2": translate("sig", "twice a day"),
        "3": translate("sig", "three times a day"),
        "4": translate("sig", "four times a day"),
        "5": translate("sig", "five times a day"),
        "6": translate("sig", "six times a day"),
        "4h": translate("sig", "every 4 hours"),
        "6h": translate("sig", "every 6 hours"),
        "8h": translate("sig", "every 8 hours"),
        "12h": translate("sig", "every 12 hours"),
        "alternate": translate("sig", "every other day"),
        "weekly": translate("sig", "once a week"),
        "stat": translate("sig", "at once, a single dose"),
        WEEKDAYS: translate("sig", "on named weekdays"),
        STEPS: translate("sig", "in steps (taper)"),
    }


def frequency_of(sig: Sig) -> str:
    """The choice of a sig; '' when only 'custom' describes it."""
    if sig.steps:
        return STEPS
    if sig.weekdays:
        return WEEKDAYS if sig.times_per_day == 1 else ""
    for key, wanted in FREQUENCIES.items():
        if {name: getattr(sig, name) for name in wanted} == wanted:
            others = {"times_per_day", "interval_hours", "stat", "alternate_days", "weekly"} - set(wanted)
            if not any(getattr(sig, name) for name in others):
                return key
    return ""


def dose_text(sig: Sig) -> str:
    """'1', '0.5', '1-2'."""
    low = f"{sig.dose.normalize():f}"
    return low if sig.dose_max is None else f"{low}-{sig.dose_max.normalize():f}"


def read_dose(text: str) -> tuple[Decimal, Decimal | None]:
    """A number or a range. Raises InvalidField('dose')."""
    typed = {"½": "0.5", "1/2": "0.5", "1/4": "0.25"}.get(text.strip(), text.strip().replace(",", "."))
    match = re.fullmatch(r"(\d{1,5}(?:\.\d{1,3})?)(?:\s*[-–]\s*(\d{1,5}(?:\.\d{1,3})?))?", typed)
    if match is None:
        raise InvalidField("dose", "number")
    low, high = Decimal(match[1]), Decimal(match[2]) if match[2] else None
    if low <= 0 or (high is not None and high <= low):
        raise InvalidField("dose", "positive" if low <= 0 else "range_backwards")
    return low, high


@dataclass(frozen=True, slots=True, kw_only=True)
class SigForm:
    """The editor's fields; ``days`` 0 means no end was given."""

    dose: str
    unit: str
    route: str
    frequency: str
    days: int
    prn: bool
    max_per_day: int
    timing: str
    instructions: str
    weekdays: tuple[int, ...] = ()
    steps: tuple[TaperStep, ...] = ()

    def sig(self, before: Sig | None) -> Sig:
        """The directions; what the editor has no field for is kept from ``before``. Raises InvalidField."""
        if self.frequency == STEPS:
            return self._taper()
        low, high = read_dose(self.dose)
        made = Sig(
            dose=low,
            dose_max=high,
            unit=self.unit,
            route=self.route,
            prn=self.prn,
            prn_reason=before.prn_reason if before and self.prn else "",
            max_per_day=self.max_per_day if self.prn else None,
            timing=self.timing.strip(),
            duration_days=self.days or None,
            instructions=" ".join(self.instructions.split()),
        )
        if not self.frequency:
            kept = before or made
            return replace(
                made,
                times_per_day=kept.times_per_day,
                interval_hours=kept.interval_hours,
                stat=kept.stat,
                alternate_days=kept.alternate_days,
                weekly=kept.weekly,
                weekdays=kept.weekdays,
            )
        if self.frequency == WEEKDAYS:
            return self._on_weekdays(made)
        return replace(made, **FREQUENCIES[self.frequency])  # type: ignore[arg-type]

    def _on_weekdays(self, made: Sig) -> Sig:
        if not self.weekdays:
            raise InvalidField("frequency", "weekdays_missing")
        if self.prn:
            raise InvalidField("frequency", "weekdays_with_other")
        if len(self.weekdays) > 1:
            return replace(made, times_per_day=1, weekdays=self.weekdays)
        named = f"on {DAY_NAMES[self.weekdays[0]]}"  # one day a week is 'weekly' to every check
        rest = [part for part in made.timing.split(", ") if part and part != named]
        return replace(made, weekly=True, timing=", ".join([named, *rest]))

    def _taper(self) -> Sig:
        if len(self.steps) < 2:
            raise InvalidField("sig", "taper_needs_steps")
        if self.prn:
            raise InvalidField("sig", "taper_step")
        return taper(
            list(self.steps),
            unit=self.unit,
            route=self.route,
            timing=self.timing.strip(),
            instructions=" ".join(self.instructions.split()),
        )


# -- words


@dataclass(frozen=True, slots=True)
class Look:
    """How a finding stands in its line: word, kind of colour, icon."""

    word: str
    kind: str
    icon: str


def look_of(finding: Finding) -> Look:
    """Icon and word by tier; what could not be checked says so."""
    if finding.rule == NOT_CHECKED:
        return Look(translate("tier", "Not checked"), "danger", "shield-alert")
    if not finding.checked:
        return Look(translate("tier", "Not checked"), "info", "circle-question-mark")
    if finding.remembered and finding.tier == "major":
        return Look(translate("tier", "Major, answered before"), "info", "history")
    looks = {
        "contraindicated": Look(translate("tier", "Contraindicated"), "danger", "octagon-alert"),
        "major": Look(translate("tier", "Major"), "warn", "triangle-alert"),
        "moderate": Look(translate("tier", "Moderate"), "info", "shield-alert"),
        "inform": Look(translate("tier", "Note"), "info", "info"),
    }
    return looks[finding.tier]


def reason_words() -> list[tuple[str, str]]:
    """Coded reasons in the order they are offered."""
    words = {
        "benefit_outweighs": translate("reason", "Benefit outweighs the risk"),
        "monitored": translate("reason", "Will be monitored"),
        "already_tolerates": translate("reason", "Patient already tolerates it"),
        "specialist_advice": translate("reason", "Specialist advice"),
        "wrong_data": translate("reason", "The recorded data are wrong"),
        "other": translate("reason", "Other"),
    }
    return [(code, words[code]) for code in OVERRIDE_REASONS]


def stock_tag(medicine: Medicine, *, needed: int, ends: date) -> tuple[str, str, str]:
    """Text, kind and icon: what the shelf says about this line."""
    if medicine.stock <= 0:
        return translate("stock", "Not in stock"), "danger", "circle-x"
    if medicine.stock < needed:
        return translate("stock", "Low: {0} left").format(f"{medicine.stock:,}"), "warn", "triangle-alert"
    if medicine.earliest_expiry is not None and medicine.earliest_expiry <= ends:
        return translate("stock", "Expires before the course ends"), "warn", "clock-alert"
    if medicine.stock < _LOW_STOCK:
        return translate("stock", "Low: {0} left").format(medicine.stock), "warn", "triangle-alert"
    return translate("stock", "In stock {0}").format(f"{medicine.stock:,}"), "ok", "package-check"


def advice_words(advice: Sequence[ChildAdvice]) -> str:
    """One line a row: what a dose may be at this weight."""
    return "\n".join(_advice_words(one) for one in advice)


def _advice_words(one: ChildAdvice) -> str:
    band = _band(one.low, one.high, one.unit)
    if one.volume is not None:
        band = f"{_band(*one.volume, 'mL')} ({band})"
    doubt = "" if one.verified else translate("pad", ", not confirmed by its source")
    return translate("pad", "Child of {0} kg, {1}: {2} {3}{4}").format(
        number(one.weight), one.about, band, times_a_day(one.times), doubt
    )


def _band(low: Decimal, high: Decimal, unit: str) -> str:
    first, last = (number(value.quantize(Decimal("0.01"))) for value in (low, high))
    return f"{first} {unit}" if first == last else f"{first} to {last} {unit}"


def line_tag(line: PrescriptionLine, today: date) -> tuple[str, str, str]:
    """The stock tag of a line."""
    days = line.sig.duration_days if line.sig.duration_days is not None else SUPPLY_DAYS
    return stock_tag(line.medicine, needed=line.quantity, ends=today + timedelta(days=days))


def problem_words(problem: DomainError) -> str:
    """A refusal in words: the typed line's own rules first, then everybody's."""
    if isinstance(problem, InvalidField):
        sentence = _sig_rules().get(problem.rule)
        if sentence is not None:
            return sentence.format_map(_Gaps(problem.detail))
    own = _own_words().get(type(problem))
    return own or message_for(problem)


class _Gaps(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return "…"


def _own_words() -> dict[type[DomainError], str]:
    return {
        errors.SigningKeyInvalid: translate(
            "pad", "Your signing key cannot be opened with your present password. Make a new one to sign."
        ),
        errors.ClockDiffers: translate(
            "pad", "This PC's clock and the server's differ by more than five minutes. Set the clock first."
        ),
        errors.AlreadySigned: translate("pad", "This prescription was already signed on another seat."),
    }


def _sig_rules() -> dict[str, str]:
    return {
        "unknown_word": translate("sig", "“{token}” is not understood. Write it in words."),
        "no_such_strength": translate("sig", "There is no strength of {token}. Choose one from the list."),
        "as_directed": translate("sig", "“As directed” is not enough: give dose, how often and how long."),
        "prn_needs_max": translate("sig", "“When needed” needs a limit, such as “max 4/24h”."),
        "max_without_prn": translate("sig", "A maximum belongs to “when needed” (prn)."),
        "max_below_dose": translate("sig", "The maximum is below one dose."),
        "frequency_missing": translate("sig", "How often? For example “tds”, “every 8 hours”."),
        "unit_missing": translate("sig", "Say what one dose is: tablet, mL, puff…"),
        "forbidden_unit": translate("sig", "Write “{write}” instead of “{token}”."),
        "eye_abbreviation": translate("sig", "“{token}” is dangerous here. Write eye or ear in words."),
        "leading_point": translate("sig", "Write 0 before the point: “0{token}”."),
        "trailing_zero": translate("sig", "Write “{token}” without the zero after the point."),
        "range_backwards": translate("sig", "A range goes from the smaller to the larger dose."),
        "dose_range": translate("sig", "A dose of “{token}” is not possible."),
        "duration_range": translate("sig", "“{token}” is too long; at most {limit} days."),
        "interval_range": translate("sig", "“{token}” is not a possible interval."),
        "times_range": translate("sig", "“{token}” is too often."),
        "max_range": translate("sig", "“{token}” is not a possible maximum."),
        "weekdays_missing": translate("sig", "On which days of the week?"),
        "weekdays_with_other": translate("sig", "Named weekdays do not go with another frequency."),
        "taper_step": translate("sig", "Each step needs a dose, how often a day and how many days."),
        "taper_units": translate("sig", "All steps are counted in the same unit."),
        "taper_long": translate("sig", "At most {limit} steps."),
        "taper_needs_steps": translate("sig", "A taper has at least two steps."),
        "weekly_needs_day": translate("sig", "Weekly: on which day?"),
        "write_alternate_days": translate("sig", "Write “alternate days” in words."),
        "dose_missing": translate("sig", "How much at a time? Give the dose in {unit} or mg."),
        "wrong_unit": translate("sig", "A {form} is not given in {unit}s."),
        "empty": translate("sig", "Directions are missing."),
        "not_splittable": translate("sig", "This form cannot be split; the dose must be whole."),
        "not_measurable": translate("sig", "That dose cannot be measured; the nearest is {nearest} {unit}."),
        "no_strength": translate("sig", "Write the dose in units of this form: its strength is not in mg."),
        "needs_units": translate("sig", "Write the dose in units of this form instead of {unit}."),
        "above_zero": translate("sig", "Must be above zero."),
        "withdrawn": translate("sig", "{name} was withdrawn meanwhile. Choose another medicine."),
        "choose": translate("sig", "Please choose one: by which way is it given?"),
    }


# -- what is still missing


def unanswered_lines(lines: Sequence[PrescriptionLine], findings: Sequence[Finding]) -> list[int]:
    """Lines whose warnings lack a reason, or a longer text (spec 4.5)."""
    found = {
        one.line
        for one in findings
        if one.line < len(lines)
        and override_refusal(one, lines[one.line].override_reason, text=lines[one.line].override_text)
    }
    return sorted(found)


def reason_hint(line: PrescriptionLine, findings: Sequence[Finding], number: int) -> str:
    """What a line's answer still lacks; '' when it is complete."""
    refusals = {
        override_refusal(one, line.override_reason, text=line.override_text)
        for one in findings
        if one.line == number
    }
    if refusals & {"reason_missing", "unknown_reason"}:
        return translate("pad", "Choose a reason to prescribe it all the same.")
    if "text_too_short" in refusals:
        return translate("pad", "Explain in at least {0} characters.").format(MIN_REASON_TEXT)
    return ""


def missing_sentence(
    patient: PatientSummary | None,
    lines: Sequence[PrescriptionLine],
    findings: Sequence[Finding],
    *,
    diagnosis: str,
    has_ink: bool,
    checking: bool,
) -> str:
    """Why signing is not possible yet; '' when it is."""
    if patient is None:
        return translate("pad", "Choose a patient first.")
    if patient.allergy_status is AllergyStatus.NOT_ASKED:
        return translate("pad", "Answer the question about allergies.")
    if not lines:
        return translate("pad", "Add a medicine.")
    if checking:
        return translate("pad", "Checking…")
    if waiting := unanswered_lines(lines, findings):
        name = lines[waiting[0]].medicine.label
        return translate("pad", "Answer the warning at {0}.").format(name)
    if not diagnosis.strip():
        return translate("pad", "Write the diagnosis.")
    return "" if has_ink else translate("pad", "Sign on the pad.")
