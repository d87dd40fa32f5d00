"""Who opened a chart, on paper for the patient (spec 3.11): person, role, when, why; no internal numbers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo

from clinicdesk.domain.access import AccessLine
from clinicdesk.domain.people import Clinic
from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import (
    ACCENT,
    DANGER,
    INK,
    LINE,
    MM,
    MUTED,
    Block,
    Sheet,
    Style,
    beside,
    paginate,
    space,
    stack,
    write,
)

_A4 = (210 * MM, 297 * MM)
_EDGE = 18 * MM
_CLINIC = Style(14, fonts.BOLD)
_SMALL = Style(7.6, colour=MUTED)
_TITLE = Style(13, fonts.SEMIBOLD, ACCENT)
_NAME = Style(11, fonts.SEMIBOLD)
_HEAD = Style(8, fonts.SEMIBOLD, MUTED)
_PLAIN = Style(9)
_ALERT = Style(9, fonts.SEMIBOLD, DANGER)
_SHARES = (0.19, 0.26, 0.26, 0.29)
_HEADS = ("When", "Who", "What", "Why")

_ROLES = {
    "admin": "Administrator", "doctor": "Doctor", "nurse": "Nurse",
    "receptionist": "Reception", "pharmacist": "Pharmacist",
}  # fmt: skip
_ACTIONS = {
    "view": "Opened", "edit": "Written", "sign": "Signed", "export": "Exported", "print": "Printed",
    "dispense": "Medicines given out", "glass": "Emergency access", "refused": "Refused, not opened",
}  # fmt: skip
_REASONS = {
    "care": "Treatment", "attachment": "A document of the chart", "access_log": "This list",
    "emergency": "Emergency", "cover": "Covering for a colleague", "patient_asked": "The patient asked",
    "quality_review": "Quality review", "other": "Another reason, given in the review",
    "no_relation": "No appointment near that day", "restricted": "The chart is restricted",
    "own": "Own chart or family of the person",
}  # fmt: skip
_KEPT = "The clinic keeps one for every opening, change, print and export, and for every refusal."
_CUT = "Older entries did not fit: ask for an earlier period."


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessList:
    """What stands on the paper; ``first``, ``last``: the asked days; ``complete``: nothing was cut off."""

    clinic: Clinic
    patient: str
    mrn: str
    lines: Sequence[AccessLine]
    made: datetime
    first: date | None = None
    last: date | None = None
    complete: bool = True


def access_list_pdf(found: AccessList, zone: tzinfo) -> bytes:
    """The list on A4, times on the clock of ``zone``. Same input, same bytes."""

    def draw(sheet: Sheet) -> None:
        _Paper(sheet, found, zone).draw()

    title = "Who opened the health record"
    return write(_A4, draw, title=title, author=found.clinic.name, subject=title)


class _Paper:
    def __init__(self, sheet: Sheet, found: AccessList, zone: tzinfo) -> None:
        self._sheet, self._found, self._zone = sheet, found, zone
        self._left, self._right = _EDGE, sheet.width - _EDGE
        self._inner = self._right - self._left

    def draw(self) -> None:
        """Head on the first page, column names on every page, page numbers at the foot."""
        columns = stack(self._cells(_HEADS, (_HEAD,) * 4), self._rule(INK), space(1.4 * MM))
        foot = 2 * _SMALL.line
        room = self._sheet.height - 2 * _EDGE - foot - columns.height
        head = self._head()
        pages = paginate(self._rows(), first=room - head.height, other=room, tail=0)
        for number, page in enumerate(pages, 1):
            if number > 1:
                self._sheet.next_page()
            top = [head] if number == 1 else []
            stack(*top, columns, *page).draw(_EDGE)
            self._foot(number, len(pages))

    def _head(self) -> Block:
        clinic, gap = self._found.clinic, space(4 * MM)
        licence = f"Clinic licence {clinic.license_number}" if clinic.license_number else ""
        contact = " · ".join(filter(None, (f"Tel {clinic.phone}" if clinic.phone else "", licence)))
        return stack(
            self._paragraph(clinic.name, _CLINIC), self._paragraph(clinic.address, _SMALL),
            self._paragraph(contact, _SMALL), gap, self._rule(LINE), gap,
            self._paragraph("Who opened the health record", _TITLE), space(2 * MM),
            self._paragraph(self._found.patient, _NAME),
            self._paragraph(f"MRN {self._found.mrn} · {self._period()}", _PLAIN), space(1.6 * MM),
            self._paragraph(self._sentence(), _SMALL), gap,
        )  # fmt: skip

    def _period(self) -> str:
        first, last = self._found.first, self._found.last
        if first is None and last is None:
            return "since the record began"
        begin = words.day(first) if first else "the beginning"
        return f"{begin} to {words.day(last) if last else 'today'}"

    def _sentence(self) -> str:
        count = len(self._found.lines)
        text = f"{count} {'entry' if count == 1 else 'entries'}, the newest first. {_KEPT}"
        return text if self._found.complete else f"{text} {_CUT}"

    def _rows(self) -> list[Block]:
        if not self._found.lines:
            return [self._paragraph("Nobody opened the record in this time.", _PLAIN)]
        return [self._row(line) for line in self._found.lines]

    def _row(self, line: AccessLine) -> Block:
        unusual = line.emergency or line.action == "refused"
        who = f"{line.person}\n{_ROLES.get(line.role, line.role)}"
        cells = (words.moment(line.at.astimezone(self._zone)), who, _what(line), _why(line))
        styles = (_PLAIN, _PLAIN, _ALERT if unusual else _PLAIN, _PLAIN)
        return stack(self._cells(cells, styles), space(1.2 * MM), self._rule(LINE), space(1.2 * MM))

    def _cells(self, texts: Sequence[str], styles: Sequence[Style]) -> Block:
        blocks, x = [], self._left
        for text, style, share in zip(texts, styles, _SHARES, strict=True):
            width = self._inner * share
            blocks.append(self._sheet.paragraph(x, text, style, width=width - 6))
            x += width
        return beside(*blocks)

    def _foot(self, number: int, pages: int) -> None:
        top = self._sheet.height - _EDGE - _SMALL.line
        made = words.moment(self._found.made.astimezone(self._zone))
        self._sheet.text(self._left, top, f"{self._found.mrn} · made {made}", style=_SMALL)
        self._sheet.text(self._right, top, f"Page {number} of {pages}", style=_SMALL, align="right")

    def _paragraph(self, text: str, style: Style) -> Block:
        return self._sheet.paragraph(self._left, text, style, width=self._inner)

    def _rule(self, colour: str) -> Block:
        return Block(0.8, lambda top: self._sheet.rule(self._left, self._right, top, colour=colour))


def _what(line: AccessLine) -> str:
    what = _ACTIONS.get(line.action, line.action)
    return f"{what} (emergency access)" if line.emergency and line.action != "glass" else what


def _why(line: AccessLine) -> str:
    if line.action == "dispense":
        return f"Prescription {line.purpose}"
    why = _REASONS.get(line.purpose, line.purpose)
    return why[:1].upper() + why[1:]
