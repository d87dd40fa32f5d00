"""Medicine labels for printers that speak ZPL II, at 203 dots an inch (8 dots a mm)."""

import textwrap
from collections.abc import Iterator, Sequence

from clinicdesk.printing import words
from clinicdesk.printing.label import LABEL_SIZES, MedicineLabel

DOTS = 8
_EDGE, _LETTER, _STRONG = 16, 24, 30  # 24 dots high: capitals of 2 mm and more (spec 5.10)
_LINE = 4


def label_zpl(labels: Sequence[MedicineLabel], *, size: str = "70x37") -> bytes:
    """One label after the other; what does not fit goes on to a second one. Raises ValueError, KeyError."""
    if not labels:
        raise ValueError("no labels")
    width, height = (int(side * DOTS) for side in LABEL_SIZES[size])
    return "".join(page for label in labels for page in _pages(label, width, height)).encode("utf-8")


def _pages(label: MedicineLabel, width: int, height: int) -> Iterator[str]:
    lines = list(_lines(label, width))
    page, top = "", _EDGE
    for text, letter in lines:
        if top + letter > height - _EDGE:
            yield _page(page, width, height)
            page, top = "", _EDGE
        page += f"^FO{_EDGE},{top}^A0N,{letter},{letter}^FH^FD{plain(text)}^FS\n"
        top += letter + _LINE
    yield _page(page, width, height)


def _lines(label: MedicineLabel, width: int) -> Iterator[tuple[str, int]]:
    def wrapped(text: str, letter: int) -> Iterator[tuple[str, int]]:
        # the built-in font is about half as wide as it is high
        for line in textwrap.wrap(text, max(8, int((width - 2 * _EDGE) / (letter * 0.52)))):
            yield line, letter

    batch = f"Batch {label.batch_number}" if label.batch_number else ""
    expiry = f"exp {words.day(label.expiry_date)}" if label.expiry_date else ""
    owing = f"Still owed to you: {words.quantity(label.owing, label.form)}" if label.owing else ""
    parts = (
        (f"{label.patient_name}  {words.day(label.dispensed_on)}", _STRONG),
        (f"{label.medicine}: {words.quantity(label.quantity, label.form)}", _STRONG),
        (label.directions, _STRONG),
        (label.dose_words.upper(), _STRONG),
        *((warning, _LETTER) for warning in label.warnings),
        (owing, _LETTER),
        ("Keep out of the reach of children", _LETTER),
        (" ".join(part for part in (batch, expiry) if part), _LETTER),
        (f"{label.prescription_number} {label.prescriber} / {label.dispenser}", _LETTER),
        (" ".join(part for part in (label.clinic_name, label.clinic_phone) if part), _LETTER),
    )
    for text, letter in parts:
        yield from wrapped(text, letter)


def _page(fields: str, width: int, height: int) -> str:
    return f"^XA^CI28^PW{width}^LL{height}\n{fields}^XZ\n"


def plain(text: str) -> str:
    """Nothing in a name may be a command of the printer."""
    return "".join(f"_{ord(one):02X}" if one in "^~_\\" else one for one in text if one.isprintable())
