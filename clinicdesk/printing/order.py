"""A purchase order on A4."""

from datetime import date
from decimal import Decimal

from clinicdesk.domain.people import Clinic
from clinicdesk.domain.purchasing import Order
from clinicdesk.printing import fonts, words
from clinicdesk.printing.paper import (
    ACCENT,
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
    write,
)

_SIZE = (210 * MM, 297 * MM)
_EDGE = 18 * MM
_CLINIC, _TITLE = Style(14, fonts.BOLD), Style(12, fonts.SEMIBOLD, ACCENT)
_SMALL, _PLAIN, _STRONG = Style(8, colour=MUTED), Style(9.4), Style(9.4, fonts.SEMIBOLD)
_COLUMNS = (0.0, 32 * MM, 112 * MM, 142 * MM)  # code, item, quantity, cost: from the left edge


def order_pdf(order: Order, clinic: Clinic, *, on: date) -> bytes:
    """Same input, same bytes."""

    def draw(sheet: Sheet) -> None:
        room = sheet.height - 2 * _EDGE - _SMALL.line
        pages = paginate(_blocks(sheet, order, clinic, on), first=room, other=room, tail=0)
        for number, blocks in enumerate(pages, 1):
            if number > 1:
                sheet.next_page()
            top = _EDGE
            for block in blocks:
                block.draw(top)
                top += block.height
            mark = f"{order.number} · page {number} of {len(pages)}"
            sheet.text(sheet.width - _EDGE, sheet.height - _EDGE, mark, style=_SMALL, align="right")

    return write(_SIZE, draw, title=f"Order {order.number}", author=clinic.name, subject="Purchase order")


def _blocks(sheet: Sheet, order: Order, clinic: Clinic, on: date) -> list[Block]:
    left, right = _EDGE, sheet.width - _EDGE
    width = right - left

    def text(line: str, style: Style) -> Block:
        return sheet.paragraph(left, line, style, width=width)

    def row(cells: tuple[str, str, str, str], style: Style) -> Block:
        code = sheet.paragraph(left, cells[0], style, width=_COLUMNS[1] - 4)
        item = sheet.paragraph(left + _COLUMNS[1], cells[1], style, width=_COLUMNS[2] - _COLUMNS[1] - 8)
        count = sheet.paragraph(left + _COLUMNS[3] - 8, cells[2], style, width=80, align="right")
        cost = sheet.paragraph(right, cells[3], style, width=100, align="right")
        return beside(code, item, count, cost)

    rule = Block(6, lambda top: sheet.rule(left, right, top + 3, colour=LINE))
    known = [line for line in order.lines if line.unit_cost is not None]
    total = sum((line.quantity * (line.unit_cost or Decimal(0)) for line in known), Decimal(0))
    lines: list[Block] = []
    for line in order.lines:
        cost = words.money(line.unit_cost, clinic.currency) if line.unit_cost is not None else "–"
        lines += [row((line.item_code, line.item_name, f"{line.quantity:,}", cost), _PLAIN), rule]
    ink = Block(6, lambda top: sheet.rule(left, right, top + 3, colour=INK))
    return [
        text(clinic.name, _CLINIC),
        text(" · ".join(part for part in (clinic.address, clinic.phone) if part), _SMALL),
        space(8 * MM),
        text(f"Purchase order {order.number}", _TITLE),
        text(words.day(on), _SMALL),
        space(4 * MM),
        text(f"To: {order.supplier_name}", _STRONG),
        text(order.supplier_contact, _PLAIN),
        space(6 * MM),
        row(("Code", "Item", "Quantity", "Cost of one"), _STRONG),
        ink,
        *lines,
        space(2 * MM),
        row(("", "Total of known costs", "", words.money(total, clinic.currency)), _STRONG),
        space(8 * MM),
        text(f"Ordered by {order.created_by}", _SMALL),
    ]
