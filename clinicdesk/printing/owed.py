"""The slip for a medicine that could not be supplied in full (spec 4.10): A6."""

from dataclasses import dataclass
from datetime import date

from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import (
    ACCENT,
    INK,
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

_SIZE = (105 * MM, 148 * MM)
_EDGE = 8 * MM
_CLINIC, _SMALL = Style(12, fonts.BOLD), Style(7.6, colour=MUTED)
_TITLE, _NAME = Style(11, fonts.SEMIBOLD, ACCENT), Style(10, fonts.SEMIBOLD)
_LINE, _OWED = Style(9.4), Style(10.4, fonts.BOLD)


@dataclass(frozen=True, slots=True, kw_only=True)
class OwedSlip:
    """``lines``: medicine, form, base units still owed. ``until``: what is owed lapses after this day."""

    clinic_name: str
    clinic_phone: str
    patient_name: str
    mrn: str
    prescription_number: str
    lines: tuple[tuple[str, str, int], ...]
    written_on: date
    until: date | None
    dispenser: str


def owed_pdf(slip: OwedSlip) -> bytes:
    """Same input, same bytes."""

    def draw(sheet: Sheet) -> None:
        room = sheet.height - 2 * _EDGE
        for number, blocks in enumerate(paginate(_blocks(sheet, slip), first=room, other=room, tail=0)):
            if number:
                sheet.next_page()
            stack(*blocks).draw(_EDGE)

    title = f"Still owed {slip.prescription_number}"
    return write(_SIZE, draw, title=title, author=slip.clinic_name, subject="Owed medicines")


def _blocks(sheet: Sheet, slip: OwedSlip) -> list[Block]:
    left, right = _EDGE, sheet.width - _EDGE
    width = right - left

    def text(words_: str, style: Style) -> Block:
        return sheet.paragraph(left, words_, style, width=width)

    def pair(name: str, value: str) -> Block:
        taken = sheet.text_width(value, _OWED) + 8
        first = sheet.paragraph(left, name, _LINE, width=width - taken)
        return stack(
            beside(first, sheet.paragraph(right, value, _OWED, width=taken, align="right")), space(1.4 * MM)
        )

    rule = Block(0.8, lambda top: sheet.rule(left, right, top, colour=INK, width=0.5))
    until = f"Please collect it by {words.day(slip.until)}." if slip.until else "Please collect it soon."
    return [
        text(slip.clinic_name, _CLINIC),
        text(f"Tel {slip.clinic_phone}" if slip.clinic_phone else "", _SMALL),
        space(3 * MM),
        text("Medicine still owed to you", _TITLE),
        space(1 * MM),
        text(slip.patient_name, _NAME),
        text(f"MRN {slip.mrn} · {slip.prescription_number} · {words.day(slip.written_on)}", _SMALL),
        space(2 * MM),
        rule,
        space(2 * MM),
        *(pair(name, words.quantity(count, form)) for name, form, count in slip.lines),
        rule,
        space(2 * MM),
        text(f"{until} Bring this slip. The prescription stays with us.", _LINE),
        space(2 * MM),
        text(f"Dispensed by {slip.dispenser}", _SMALL),
    ]
