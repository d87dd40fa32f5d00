"""Tags at the shelf: name, place, price and a bar code of the product's own code; PDF and ZPL."""

from collections.abc import Sequence
from dataclasses import dataclass

from clinicdesk.printing import fonts
from clinicdesk.printing.label import LABEL_SIZES
from clinicdesk.printing.paper import INK, MM, MUTED, Sheet, Style, stack, write
from clinicdesk.printing.zpl import DOTS, plain

_EDGE = 3 * MM
_NAME = Style(9.5, fonts.BOLD, leading=1.15)
_PRICE = Style(12, fonts.BOLD)
_PLAIN = Style(8)
_CODE = Style(8, fonts.SEMIBOLD, INK)
_SMALL = Style(7.6, colour=MUTED)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShelfTag:
    """What one tag says; ``price`` in words with the currency, '' without one."""

    name: str
    code: str
    unit: str
    location: str
    minimum: int
    price: str = ""


def shelf_tag_pdf(tags: Sequence[ShelfTag], *, size: str = "70x37") -> bytes:
    """One tag to a page. Raises ValueError without tags, KeyError. Same input, same bytes."""
    if not tags:
        raise ValueError("no tags")

    def draw(sheet: Sheet) -> None:
        for number, tag in enumerate(tags):
            if number:
                sheet.next_page()
            _draw(sheet, tag)

    width, height = LABEL_SIZES[size]
    return write((width * MM, height * MM), draw, title="Shelf tags", author="", subject="Shelf tags")


def _about(tag: ShelfTag) -> str:
    least = f"order at {tag.minimum:,}" if tag.minimum else ""
    return " · ".join(part for part in (tag.location, tag.unit, least) if part)


def _draw(sheet: Sheet, tag: ShelfTag) -> None:
    width, right = sheet.width - 2 * _EDGE, sheet.width - _EDGE
    name = sheet.lines(_EDGE, tag.name, _NAME, width=width)[:3]
    about = sheet.lines(_EDGE, _about(tag), _SMALL, width=width)[:1]
    stack(*name, *about).draw(_EDGE)
    foot = sheet.height - 6.5 * MM
    bars = tag.code if _bars(tag.code) else ""
    if bars:
        sheet.barcode(bars, _EDGE, foot - 7.5 * MM, width=min(width, 40 * MM), height=7 * MM)
    sheet.text(_EDGE, foot, tag.code, style=_CODE)
    sheet.text(right, foot - 0.6 * MM, tag.price, style=_PRICE, align="right")


def _bars(code: str) -> bool:
    """Code 128 holds printable ASCII; longer than a tag is wide nobody scans it."""
    return bool(code) and len(code) <= 24 and code.isascii() and code.isprintable()


def shelf_tag_zpl(tags: Sequence[ShelfTag], *, size: str = "70x37") -> bytes:
    """The same for printers that speak ZPL II at 203 dots an inch. Raises ValueError, KeyError."""
    if not tags:
        raise ValueError("no tags")
    width, height = (int(side * DOTS) for side in LABEL_SIZES[size])
    return "".join(_page(tag, width, height) for tag in tags).encode("utf-8")


def _page(tag: ShelfTag, width: int, height: int) -> str:
    letters = int((width - 32) / (30 * 0.52))
    fields = [
        f"^FO16,16^A0N,30,30^FH^FD{plain(tag.name[:letters])}^FS",
        f"^FO16,54^A0N,24,24^FH^FD{plain(_about(tag))}^FS",
        f"^FO16,{height - 36}^A0N,24,24^FH^FD{plain(tag.code)}^FS",
        f"^FO{width // 2},{height - 44}^A0N,34,34^FH^FD{plain(tag.price)}^FS",
    ]
    if _bars(tag.code):
        fields.append(f"^FO16,{height - 110}^BY2^BCN,64,N,N,N^FH^FD{plain(tag.code)}^FS")
    return f"^XA^CI28^PW{width}^LL{height}\n" + "\n".join(fields) + "\n^XZ\n"
