"""The label on a dispensed medicine (spec 5.10): words not codes, letters of at least 2 mm."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import INK, MM, Block, Sheet, Style, beside, paginate, space, stack, write

LABEL_SIZES: dict[str, tuple[float, float]] = {  # mm
    "70x37": (70, 37),
    "100x50": (100, 50),
    "62x29": (62, 29),
    "88x38": (88, 38),
}
_EDGE = 2 * MM
_LETTER = 2 * MM / fonts.CAP_HEIGHT  # type size whose capitals are 2 mm high

_PLAIN = Style(_LETTER, leading=1.12)
_STRONG = Style(_LETTER, fonts.SEMIBOLD, leading=1.12)
_MEDICINE = Style(8.3, fonts.BOLD, leading=1.12)
_DIRECTIONS = Style(8.6, fonts.SEMIBOLD, leading=1.12)


@dataclass(frozen=True, slots=True, kw_only=True)
class MedicineLabel:
    """What one label says. ``directions`` in words; ``owing`` and ``quantity`` in base units.

    ``dose_words`` repeats the dose in capitals for controlled medicines and methotrexate.
    """

    clinic_name: str
    clinic_phone: str
    patient_name: str
    medicine: str
    form: str
    quantity: int
    directions: str
    dispensed_on: date
    prescription_number: str
    prescriber: str
    dispenser: str
    batch_number: str = ""
    expiry_date: date | None = None
    discard_after: date | None = None
    owing: int = 0
    dose_words: str = ""
    warnings: tuple[str, ...] = ()


def label_pdf(labels: Sequence[MedicineLabel], *, size: str = "70x37") -> bytes:
    """One label to a page; text that does not fit goes on to a second label of the same medicine.

    ``size`` is a key of LABEL_SIZES. Raises ValueError without labels. Same input, same bytes.
    """
    if not labels:
        raise ValueError("no labels")

    def draw(sheet: Sheet) -> None:
        for number, label in enumerate(labels):
            if number:
                sheet.next_page()
            _draw(sheet, label)

    width, height = LABEL_SIZES[size]
    return write(
        (width * MM, height * MM),
        draw,
        title="Medicine labels",
        author=labels[0].clinic_name,
        subject="Labels",
    )


def _draw(sheet: Sheet, label: MedicineLabel) -> None:
    head, foot = _head(sheet, label), _foot(sheet, label)
    room = sheet.height - 2 * _EDGE - head.height - foot.height
    pages = paginate(_body(sheet, label), first=room, other=room, tail=0)
    for number, blocks in enumerate(pages, 1):
        if number > 1:
            sheet.next_page()
        head.draw(_EDGE)
        stack(*blocks).draw(_EDGE + head.height)
        foot.draw(sheet.height - _EDGE - foot.height)
        if len(pages) > 1:
            mark = f"{number}/{len(pages)}"
            top = sheet.height - _EDGE - _STRONG.line
            sheet.text(sheet.width - _EDGE, top, mark, style=_STRONG, align="right")


def _head(sheet: Sheet, label: MedicineLabel) -> Block:
    right = sheet.width - _EDGE
    dated = words.day(label.dispensed_on)
    room = sheet.width - 2 * _EDGE - sheet.text_width(dated, _PLAIN) - 6
    name = sheet.paragraph(_EDGE, label.patient_name, _MEDICINE, width=room)
    when = sheet.paragraph(right, dated, _PLAIN, width=room, align="right")
    line = Block(1.2 * MM, lambda top: sheet.rule(_EDGE, right, top + 0.5 * MM, colour=INK, width=0.5))
    supplied = f"{label.medicine}: {words.quantity(label.quantity, label.form)}"
    medicine = sheet.paragraph(_EDGE, supplied, _MEDICINE, width=sheet.width - 2 * _EDGE)
    return stack(beside(name, when), line, medicine)


def _body(sheet: Sheet, label: MedicineLabel) -> list[Block]:
    texts = [(label.directions, _DIRECTIONS), (label.dose_words.upper(), _DIRECTIONS)]
    texts += [(warning, _STRONG) for warning in label.warnings]
    if label.discard_after:
        texts.append((f"Throw away after {words.day(label.discard_after)}", _STRONG))
    if label.owing:
        texts.append((f"Still owed to you: {words.quantity(label.owing, label.form)}", _STRONG))
    texts.append(("Keep out of the reach of children", _PLAIN))
    width = sheet.width - 2 * _EDGE
    blocks = [sheet.paragraph(_EDGE, text, style, width=width) for text, style in texts]
    return [block for block in blocks if block.height]


def _foot(sheet: Sheet, label: MedicineLabel) -> Block:
    batch = f"Batch {label.batch_number}" if label.batch_number else ""
    expiry = f"exp {words.day(label.expiry_date)}" if label.expiry_date else ""
    origin = " ".join(part for part in (batch, expiry) if part)
    who = f"{label.prescription_number} · {label.prescriber} / {label.dispenser}"
    clinic = " · ".join(part for part in (label.clinic_name, label.clinic_phone) if part)
    width = sheet.width - 2 * _EDGE - 14
    lines = [sheet.lines(_EDGE, text, _PLAIN, width=width)[:1] for text in (origin, who, clinic)]
    return stack(space(0.4 * MM), *(line for found in lines for line in found))
