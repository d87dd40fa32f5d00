"""Small papers of the front desk: the queue slip on an 80 mm roll, the label with a barcode."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from clinicdesk.domain.queue import QueueSlip
from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import INK, MM, MUTED, Block, Sheet, Style, stack, write

_SLIP = (80 * MM, 70 * MM)
_LABEL = (70 * MM, 37 * MM)
_EDGE = 4 * MM
_NUMBER = Style(64, fonts.BOLD)
_CLINIC = Style(11, fonts.SEMIBOLD)
_PLAIN = Style(9.5)
_SMALL = Style(7.6, colour=MUTED)
_NAME = Style(10.5, fonts.BOLD, leading=1.15)
_LINE = Style(7.6, leading=1.2)


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientLabel:
    """What sticks on a folder or a specimen."""

    clinic_name: str
    patient_name: str
    mrn: str
    date_of_birth: date | None
    estimated: bool
    gender: str
    phone: str = ""


def slip_pdf(slip: QueueSlip) -> bytes:
    """The number a patient waits with. Same input, same bytes."""

    def draw(sheet: Sheet) -> None:
        middle, width = sheet.width / 2, sheet.width - 2 * _EDGE

        def line(text: str, style: Style) -> Block:
            return sheet.paragraph(middle, text, style, width=width, align="center")

        top = _EDGE
        for block in (
            line(slip.clinic_name, _CLINIC),
            line(str(slip.number), _NUMBER),
            line(f"Dr {slip.doctor_name}" + (f" · {slip.room}" if slip.room else ""), _PLAIN),
            line(f"Appointment {slip.start:%H:%M} · here since {slip.arrived:%H:%M}", _PLAIN),
            line(_ahead(slip.ahead), _PLAIN),
            line(words.moment(slip.arrived), _SMALL),
        ):
            block.draw(top)
            top += block.height + 1.2 * MM

    return write(_SLIP, draw, title=f"Queue {slip.number}", author=slip.clinic_name, subject="Queue slip")


def _ahead(count: int) -> str:
    if count == 0:
        return "You are next."
    return f"{count} before you." if count > 1 else "One before you."


def patient_label_pdf(labels: Sequence[PatientLabel], *, copies: int = 1) -> bytes:
    """One label a page, each ``copies`` times. Raises ValueError without labels."""
    if not labels or copies < 1:
        raise ValueError("no labels")

    def draw(sheet: Sheet) -> None:
        for number, label in enumerate(one for one in labels for _ in range(copies)):
            if number:
                sheet.next_page()
            _draw_label(sheet, label)

    return write(_LABEL, draw, title="Patient labels", author=labels[0].clinic_name, subject="Labels")


def _draw_label(sheet: Sheet, label: PatientLabel) -> None:
    width = sheet.width - 2 * _EDGE
    born = words.day(label.date_of_birth) if label.date_of_birth else "unknown"
    about = f"Born {'about ' if label.estimated else ''}{born}" + (
        f" · {label.gender}" if label.gender else ""
    )
    name = sheet.lines(_EDGE, label.patient_name, _NAME, width=width)[:2]
    rows = [
        sheet.lines(_EDGE, text, _LINE, width=width)[:1] for text in (about, label.phone, label.clinic_name)
    ]
    block = stack(*name, *(row[0] for row in rows if row))
    block.draw(2.4 * MM)
    top = sheet.height - 12.5 * MM
    sheet.barcode(label.mrn, _EDGE, top, width=width, height=7 * MM)
    sheet.text(
        sheet.width / 2, top + 7.4 * MM, label.mrn, style=Style(8, fonts.SEMIBOLD, INK), align="center"
    )
