"""The payment receipt (spec 5.8): A6, A5, or a roll of 80 mm as long as needed."""

from decimal import Decimal

from clinicdesk.domain.appointments import Receipt
from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import (
    ACCENT,
    DANGER,
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

_CLINIC = Style(12, fonts.BOLD)
_SMALL = Style(7.4, colour=MUTED)
_TITLE = Style(10, fonts.SEMIBOLD, ACCENT)
_PLAIN = Style(8.8)
_STRONG = Style(8.8, fonts.SEMIBOLD)
_TOTAL = Style(11, fonts.BOLD)
_OWED = Style(9.6, fonts.BOLD, DANGER)

_MARK = Style(11, fonts.BOLD, DANGER)

_A6 = (105 * MM, 148 * MM)
_A5 = (148 * MM, 210 * MM)
_ROLL = 80 * MM
_TITLES = {"payment": "Receipt", "refund": "Refund", "void": "Void"}
_GOODS = "Goods sold are not returnable."


def receipt_pdf(receipt: Receipt, *, roll: bool = False, goods: bool = False, a5: bool = False) -> bytes:
    """The receipt; times are printed on the clock ``received_at`` carries. Same input, same bytes.

    ``roll`` makes one long page for an 80 mm printer, ``a5`` a sheet of that size instead of A6, ``goods``
    adds the sentence on returns. A reprint carries the word 'copy' and its number.
    """
    if not roll:
        size, margin = (_A5, 14 * MM) if a5 else (_A6, 8 * MM)
        return _write(size, receipt, goods=goods, margin=margin, endless=False)
    heights: list[float] = []

    def measure(sheet: Sheet) -> None:
        drawing = _Receipt(sheet, receipt, margin=4 * MM, goods=goods)
        heights.append(sum(block.height for block in drawing.blocks()) + 2 * drawing.edge)

    write((_ROLL, _A6[1]), measure, title="", author="", subject="")
    return _write((_ROLL, max(heights[0], 60 * MM)), receipt, goods=goods, margin=4 * MM, endless=True)


def _write(
    size: tuple[float, float], receipt: Receipt, *, goods: bool, margin: float, endless: bool
) -> bytes:
    def draw(sheet: Sheet) -> None:
        _Receipt(sheet, receipt, margin=margin, goods=goods).draw(endless=endless)

    title = f"Receipt {receipt.number}"
    return write(size, draw, title=title, author=receipt.clinic_name, subject="Receipt")


class _Receipt:
    def __init__(self, sheet: Sheet, receipt: Receipt, *, margin: float, goods: bool) -> None:
        self._sheet, self._receipt, self._goods = sheet, receipt, goods
        self.edge = margin
        self._left, self._right = margin, sheet.width - margin
        self._inner = self._right - self._left

    def draw(self, *, endless: bool) -> None:
        """All blocks, on as many pages as needed unless the paper is endless."""
        blocks = self.blocks()
        room = self._sheet.height - 2 * self.edge - _SMALL.line
        pages = [blocks] if endless else paginate(blocks, first=room, other=room, tail=0)
        for number, page in enumerate(pages, 1):
            if number > 1:
                self._sheet.next_page()
            stack(*page).draw(self.edge)
            if len(pages) > 1:
                text = f"{self._receipt.number} · page {number} of {len(pages)}"
                top = self._sheet.height - self.edge - _SMALL.line + 2 * MM
                self._sheet.text(self._right, top, text, style=_SMALL, align="right")

    def blocks(self) -> list[Block]:
        """What stands on the receipt, from the top."""
        gap = space(1.6 * MM)
        return [*self._head(), gap, self._rule(), gap, *self._lines(), self._rule(), gap, *self._sums(), gap,
            *self._foot()]  # fmt: skip

    def _head(self) -> list[Block]:
        r = self._receipt
        phone = f"Tel {r.clinic_phone}" if r.clinic_phone else ""
        return [
            self._paragraph(r.clinic_name, _CLINIC),
            self._paragraph(r.clinic_address, _SMALL),
            self._paragraph(phone, _SMALL),
            space(2 * MM),
            self._paragraph(f"COPY {r.copy}" if r.copy else "", _MARK),
            self._pair(f"{_TITLES[r.kind]} {r.number}", words.moment(r.received_at), _TITLE, _SMALL),
            space(1 * MM),
            self._paragraph(r.patient_name, _STRONG),
            self._paragraph(f"MRN {r.mrn}" if r.mrn else "", _SMALL),
        ]

    def _lines(self) -> list[Block]:
        return [
            stack(self._pair(text, self._money(amount), _PLAIN, _PLAIN), space(1 * MM))
            for text, amount in self._receipt.lines
        ]

    def _sums(self) -> list[Block]:
        r = self._receipt
        if r.kind != "payment":
            how = f"Given back ({r.method})" if r.kind == "refund" else f"Taken back ({r.method})"
            rows = [self._pair(how, self._money(-r.paid), _TOTAL, _TOTAL)]
            return [*rows, self._paragraph(f"Reason: {r.reason}" if r.reason else "", _SMALL)]
        owed = r.total - r.paid
        how = f"Paid ({r.method.replace('_', ' ')})" if r.method else "Paid"
        rows = [
            self._pair("Total", self._money(r.total), _TOTAL, _TOTAL),
            self._pair(how, self._money(r.paid), _STRONG, _STRONG),
        ]
        rows[1:] = [
            self._pair(f"Paid ({method})", self._money(amount), _STRONG, _STRONG)
            for method, amount in r.parts
        ] or rows[1:]
        if owed > 0:
            rows.append(self._pair("Balance due", self._money(owed), _OWED, _OWED))
        elif owed < 0:
            rows.append(self._pair("Change", self._money(-owed), _STRONG, _STRONG))
        return rows

    def _foot(self) -> list[Block]:
        r = self._receipt
        received = f"Received by {r.received_by}" if r.received_by else ""
        return [
            self._paragraph(words.money_in_words(abs(min(r.paid, r.total)), r.currency), _PLAIN),
            space(2.4 * MM),
            self._paragraph(received, _SMALL),
            self._paragraph(_GOODS if self._goods else "", _SMALL),
            self._paragraph("Thank you. Please keep this receipt.", _SMALL),
        ]

    def _money(self, amount: Decimal) -> str:
        return words.money(amount, self._receipt.currency)

    def _paragraph(self, text: str, style: Style) -> Block:
        return self._sheet.paragraph(self._left, text, style, width=self._inner)

    def _pair(self, label: str, value: str, label_style: Style, value_style: Style) -> Block:
        """A label, wrapped, and a value at the right edge."""
        taken = self._sheet.text_width(value, value_style) + 8
        left = self._sheet.paragraph(self._left, label, label_style, width=max(40.0, self._inner - taken))
        right = self._sheet.paragraph(self._right, value, value_style, width=self._inner, align="right")
        return beside(left, right)

    def _rule(self) -> Block:
        return Block(0.8, lambda top: self._sheet.rule(self._left, self._right, top, colour=INK, width=0.5))
