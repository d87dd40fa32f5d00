"""The prescription on paper (spec 4.1, 4.9.4): A5, or A4 for clinics that print nothing else."""

from zoneinfo import ZoneInfo

from clinicdesk.domain.people import Clinic
from clinicdesk.domain.prescriptions import Prescription, PrescriptionItem
from clinicdesk.printing import fonts, words
from clinicdesk.printing.letterhead import Letterhead
from clinicdesk.printing.paper import (
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

# page size in points, scale of the type, margin
_PAPER = {"A5": ((148 * MM, 210 * MM), 1.0, 10 * MM), "A4": ((210 * MM, 297 * MM), 1.2, 18 * MM)}

_MEDICINE = Style(10.2, fonts.SEMIBOLD)
_NUMBER = Style(10.2, fonts.SEMIBOLD, MUTED)
_DIRECTIONS = Style(9.4)
_SUPPLY = Style(8.6, fonts.SEMIBOLD)
_DETAIL = Style(8, colour=MUTED)
_NOTE = Style(8.6)
_SMALL = Style(7, colour=MUTED)
_SMALL_INK = Style(7.4, fonts.SEMIBOLD)
_SEAL = Style(8.6, fonts.SEMIBOLD)
_UNCHECKED = Style(8, fonts.BOLD, DANGER)
_SYMBOL = Style(21, fonts.BOLD, "#0b7a75", 1.15)


def prescription_pdf(
    rx: Prescription,
    *,
    clinic: Clinic,
    signature_png: bytes | None,
    qr_payload: str,
    copy_mark: str = "",
    paper: str = "A5",
) -> bytes:
    """The PDF of a signed prescription; ``paper`` is A5 or A4. Same input, same bytes.

    ``copy_mark`` ('COPY 1') stands across the page; ``qr_payload`` is in the file's keywords, too.
    Raises OSError when the signature is no picture.
    """
    size, scale, margin = _PAPER[paper]

    def draw(sheet: Sheet) -> None:
        page = _Prescription(sheet, rx, clinic, scale=scale, margin=margin)
        page.signature_png, page.qr_payload, page.copy_mark = signature_png, qr_payload, copy_mark
        page.draw()

    title = f"Prescription {rx.number}".strip()
    return write(size, draw, title=title, author=clinic.name, subject="Prescription", keywords=qr_payload)


# lines of notes that stay with the last medicine, and of one medicine that stay together
_KEPT_TOGETHER, _UNBROKEN = 8, 14


class _Prescription:
    signature_png: bytes | None = None
    qr_payload: str = ""
    copy_mark: str = ""

    def __init__(
        self, sheet: Sheet, rx: Prescription, clinic: Clinic, *, scale: float, margin: float
    ) -> None:
        self._sheet, self._rx, self._scale, self._margin = sheet, rx, scale, margin
        self._left, self._right = margin, sheet.width - margin
        self._inner = self._right - self._left
        self._issued = rx.issued_at.astimezone(ZoneInfo(clinic.timezone))
        self._head = Letterhead(sheet, rx, clinic, scale=scale, margin=margin, issued=self._issued)

    def _style(self, style: Style) -> Style:
        return style.scaled(self._scale)

    def draw(self) -> None:
        """Lay the blocks out, then draw page by page, because every page says how many there are."""
        first, other = self._head.first(self.copy_mark), self._head.following(self.copy_mark)
        foot, closing = self._footer_height(), self._closing()
        room = self._sheet.height - foot
        pages = paginate(
            self._body(), first=room - first.height, other=room - other.height, tail=closing.height
        )
        for number, blocks in enumerate(pages, 1):
            if number > 1:
                self._sheet.next_page()
            self._watermark()
            top = self._lay([first if number == 1 else other, *blocks])
            if number == len(pages):
                closing.draw(max(top, room - closing.height))
            self._footer(number, len(pages))

    def _lay(self, blocks: list[Block]) -> float:
        top = 0.0
        for block in blocks:
            block.draw(top)
            top += block.height
        return top

    def _watermark(self) -> None:
        mark = "CANCELLED" if self._rx.status == "cancelled" else self.copy_mark
        if not self._rx.seal:
            mark = "NOT SIGNED"
        if mark:
            self._sheet.watermark(mark.upper())

    # -- what flows

    def _body(self) -> list[Block]:
        count = len(self._rx.items)
        end = f"End of prescription: {words.number_in_words(count)} medicine{'s' * (count != 1)}"
        blocks = [part for item in self._rx.items for part in self._item(item)]
        if blocks:  # neither the symbol nor the end line stands on a page without a medicine
            blocks[0] = stack(self._symbol(), blocks[0])
            blocks[-1] = stack(blocks[-1], self._end_line(end))
        notes = self._captioned("Notes", self._rx.notes)
        if blocks and len(notes) <= _KEPT_TOGETHER:
            blocks[-1] = stack(blocks[-1], *notes)
            notes = []
        return [*self._captioned("Diagnosis", self._rx.diagnosis), *blocks, *notes]

    def _captioned(self, caption: str, text: str) -> list[Block]:
        """Line by line, so that long text flows over pages."""
        if not text.strip():
            return []
        indent, small = 17 * MM * self._scale, self._style(_SMALL)
        style = self._style(_NOTE)
        first, *rest = self._sheet.lines(self._left + indent, text, style, width=self._inner - indent)
        nudge = (style.line - small.line) / 2
        head = Block(0, lambda top: self._sheet.text(self._left, top + nudge, caption, style=small))
        return [beside(head, first), *rest, space(2 * MM)]

    def _symbol(self) -> Block:
        style = self._style(_SYMBOL)
        return Block(style.line, lambda top: self._sheet.text(self._left, top, "℞", style=style))

    def _item(self, item: PrescriptionItem) -> list[Block]:
        """One block, or its lines when it is so long that it must be allowed to break."""
        indent = 6.5 * MM * self._scale
        x, width = self._left + indent, self._inner - indent
        name = " ".join(part for part in (item.medication_name, item.strength, item.form) if part)
        directions = item.directions or ", ".join(filter(None, (item.dosage, item.frequency, item.duration)))
        extra = "" if item.instructions.casefold() in directions.casefold() else item.instructions
        supply = f"Supply {words.quantity_in_words(item.quantity, item.form)}"
        texts = ((name, _MEDICINE), (directions, _DIRECTIONS), (extra, _DETAIL), (supply, _SUPPLY))
        lines = [
            block
            for text, style in texts
            for block in self._sheet.lines(x, text, self._style(style), width=width)
        ]
        number = Block(0, lambda top: self._sheet.text(self._left, top, f"{item.line}.", style=numbering))
        numbering, below = self._style(_NUMBER), 2.4 * MM * self._scale
        lines[0] = beside(number, lines[0])
        rule = Block(2 * below, lambda top: self._sheet.rule(x, self._right, top + below * 0.6))
        lines[-1] = stack(lines[-1], rule)
        return [stack(*lines)] if len(lines) <= _UNBROKEN else lines

    def _end_line(self, text: str) -> Block:
        """Nothing can be added below the last medicine unnoticed."""
        style = self._style(_SMALL)

        def draw(top: float) -> None:
            middle, half = (self._left + self._right) / 2, self._sheet.text_width(text, style) / 2 + 6
            self._sheet.text(middle, top, text, style=style, align="centre")
            self._sheet.rule(self._left, middle - half, top + style.line / 2)
            self._sheet.rule(middle + half, self._right, top + style.line / 2)

        return Block(style.line + 2.5 * MM, draw)

    # -- signature and seal, at the end of the last page

    def _closing(self) -> Block:
        height = 31 * MM * self._scale

        def draw(top: float) -> None:
            self._seal(top + 3 * MM * self._scale)
            self._signature(top, top + height - 9 * MM * self._scale)

        return stack(self._checked(), Block(height, draw))

    def _checked(self) -> Block:
        against = self._rx.checked_against
        text = (
            f"Safety checked against {against}"
            if against
            else ("NOT CHECKED: no allergy, interaction or dose check was made for this prescription")
        )
        style = self._style(_DETAIL if against else _UNCHECKED)
        line = self._sheet.paragraph(self._left, text, style, width=self._inner)
        return stack(space(2 * MM), line)

    def _seal(self, top: float) -> None:
        digest = self._rx.seal.split(".")[2][:12] if self._rx.seal.count(".") == 3 else ""
        x, side = self._left, 25 * MM * self._scale
        if self.qr_payload:
            self._sheet.qr(self.qr_payload, x + 0.5 * MM, top, side=side)
            x += side + 4 * MM
        if not digest:
            return
        grouped = " ".join(digest[start : start + 4] for start in (0, 4, 8)).upper()
        small, width = self._style(_SMALL), 38 * MM * self._scale
        stack(
            self._sheet.paragraph(x, "Seal", small, width=width),
            self._sheet.paragraph(x, grouped, self._style(_SEAL), width=width),
            space(1.5 * MM),
            self._sheet.paragraph(
                x, "Signed electronically. Scan to check that nothing was changed.", small, width=width
            ),
        ).draw(top)

    def _signature(self, top: float, line: float) -> None:
        width = 50 * MM * self._scale
        x = self._right - width
        if self.signature_png:
            self._sheet.picture(self.signature_png, x, top, width=width, height=line - top - 1)
        self._sheet.rule(x, self._right, line, colour=INK, width=0.9)
        name = f"{self._rx.doctor_name}, {words.day(self._issued.date())}"
        stack(
            self._sheet.paragraph(x, name, self._style(_SMALL_INK), width=width),
            self._sheet.paragraph(x, "Prescriber's signature", self._style(_SMALL), width=width),
        ).draw(line + 2)

    # -- every page

    def _footer_height(self) -> float:
        return self._margin * 0.7 + self._style(_SMALL).line + 2 * MM

    def _footer(self, number: int, count: int) -> None:
        style = self._style(_SMALL)
        top = self._sheet.height - self._margin * 0.7 - style.line
        self._sheet.rule(self._left, self._right, top - 1.2 * MM, colour=LINE)
        who = " · ".join(filter(None, (self._rx.number, self._rx.patient_name, self._rx.mrn)))
        pages = f"Page {number} of {count}"
        room = self._inner - self._sheet.text_width(pages, style) - 12
        self._sheet.text(self._left, top, (self._sheet.wrap(who, style, width=room) or [""])[0], style=style)
        self._sheet.text(self._right, top, pages, style=style, align="right")
