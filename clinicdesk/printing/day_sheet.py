"""The day sheet: a doctor's appointments on A4, one doctor after the other, each on a page of their own."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from clinicdesk.domain.appointments import Appointment, Status
from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import ACCENT, LINE, MM, MUTED, Block, Sheet, Style, paginate, stack, write

_A4 = (210 * MM, 297 * MM)
_EDGE = 15 * MM
_TITLE = Style(15, fonts.BOLD)
_SUB = Style(9.5, colour=MUTED)
_HEAD = Style(8, fonts.SEMIBOLD, ACCENT)
_PLAIN = Style(9.2)
_STRONG = Style(9.2, fonts.SEMIBOLD)
_SMALL = Style(7.6, colour=MUTED)
# left edge in mm from the margin, and width
_COLUMNS = ((0, 20), (22, 58), (82, 26), (110, 34), (146, 34))
_HEADS = ("Time", "Patient", "MRN", "Type", "Notes")
_GONE = frozenset({Status.CANCELLED, Status.RESCHEDULED, Status.NO_SHOW})


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorDay:
    """One doctor's appointments of the day, by time."""

    doctor_name: str
    appointments: tuple[Appointment, ...]


def doctor_days(appointments: Sequence[Appointment]) -> list[DoctorDay]:
    """Who has something that day, by name; what was cancelled or moved is left out."""
    kept = [one for one in appointments if one.status not in _GONE]
    doctors = sorted({(one.doctor_name, str(one.doctor_id)) for one in kept})
    return [
        DoctorDay(
            doctor_name=name,
            appointments=tuple(
                sorted((a for a in kept if str(a.doctor_id) == key), key=lambda a: (a.start, str(a.id)))
            ),
        )
        for name, key in doctors
    ]


def day_sheet_pdf(clinic_name: str, day: date, sheets: Sequence[DoctorDay], *, printed: datetime) -> bytes:
    """Same input, same bytes. Raises ValueError without sheets."""
    if not sheets:
        raise ValueError("no sheets")

    def draw(sheet: Sheet) -> None:
        for number, one in enumerate(sheets):
            if number:
                sheet.next_page()
            _draw(sheet, clinic_name, day, one, printed)

    return write(_A4, draw, title=f"Day sheet {day:%d.%m.%Y}", author=clinic_name, subject="Day sheet")


def _draw(sheet: Sheet, clinic_name: str, day: date, one: DoctorDay, printed: datetime) -> None:
    head = stack(
        sheet.paragraph(_EDGE, f"Dr {one.doctor_name}", _TITLE, width=sheet.width - 2 * _EDGE),
        sheet.paragraph(
            _EDGE,
            f"{day:%A}, {words.day(day)} · {clinic_name} · {len(one.appointments)} appointments",
            _SUB,
            width=sheet.width - 2 * _EDGE,
        ),
        Block(3 * MM, lambda _top: None),
        _row(sheet, _HEADS, _HEAD),
    )
    rows = [_appointment(sheet, appointment) for appointment in one.appointments]
    room = sheet.height - 2 * _EDGE - head.height - 6 * MM
    pages = paginate(rows, first=room, other=room, tail=0)
    for number, page in enumerate(pages, 1):
        if number > 1:
            sheet.next_page()
        head.draw(_EDGE)
        stack(*page).draw(_EDGE + head.height)
        foot = f"Printed {words.moment(printed)} · page {number} of {len(pages)}"
        sheet.text(sheet.width - _EDGE, sheet.height - _EDGE, foot, style=_SMALL, align="right")


def _appointment(sheet: Sheet, one: Appointment) -> Block:
    notes = ", ".join(
        part for part in ("overbooked" if one.overbooked else "", _status(one), one.chief_complaint) if part
    )
    cells = (f"{one.start:%H:%M}–{one.end:%H:%M}", one.patient_name, one.mrn, one.type_name, notes)
    return _row(sheet, cells, _PLAIN)


def _status(one: Appointment) -> str:
    words_of = {Status.PENDING: "not confirmed", Status.COMPLETED: "done", Status.IN_PROGRESS: "in progress"}
    return "arrived" if one.phase == "arrived" else words_of.get(one.status, "")


def _row(sheet: Sheet, cells: Sequence[str], style: Style) -> Block:
    blocks = [
        sheet.paragraph(
            _EDGE + left * MM, text, _STRONG if style is _PLAIN and at == 1 else style, width=width * MM
        )
        for at, ((left, width), text) in enumerate(zip(_COLUMNS, cells, strict=True))
    ]
    height = max(block.height for block in blocks) + 3 * MM

    def draw(top: float) -> None:
        for block in blocks:
            block.draw(top + 1.4 * MM)
        sheet.rule(_EDGE, sheet.width - _EDGE, top + height, colour=LINE)

    return Block(height, draw)
