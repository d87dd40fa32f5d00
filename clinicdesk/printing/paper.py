"""A sheet of paper to draw on: points from the top left, text that wraps, blocks that flow."""

import io
import re
import threading
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from clinicdesk.printing import fonts

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

MM = 72 / 25.4

INK, MUTED, LINE, ACCENT, DANGER, PALE = "#17202e", "#4f5a6b", "#c9d1db", "#0b7a75", "#b42318", "#eef1f4"

_NUMBER = re.compile(r"\(?\d[\d.,]*")

# reportlab keeps fonts and the document being written in module-level tables
_ONE_AT_A_TIME = threading.Lock()


@dataclass(frozen=True, slots=True)
class Style:
    """How text looks: ``size`` in points, ``leading`` times the size is the line height."""

    size: float
    font: str = fonts.REGULAR
    colour: str = INK
    leading: float = 1.32

    @property
    def line(self) -> float:
        """Height of a line in points."""
        return self.size * self.leading

    def scaled(self, factor: float) -> "Style":
        """The same at another size."""
        return replace(self, size=self.size * factor)


@dataclass(frozen=True, slots=True)
class Block:
    """Something of a known height in points that ``draw`` puts at a distance from the top."""

    height: float
    draw: Callable[[float], None]


class Sheet:
    """The pages of one document. All coordinates are points from the top left corner."""

    def __init__(self, canvas: "Canvas", width: float, height: float) -> None:
        self._canvas = canvas
        self.width = width
        self.height = height

    def text(self, x: float, top: float, text: str, *, style: Style, align: str = "left") -> None:
        """One line; ``x`` is its left or right end or its middle."""
        if not text:
            return
        from reportlab.pdfbase.ttfonts import shapeStr

        # Shaped here: drawString(shaping=True) does nothing unless a bidirectional text library is installed.
        shaped = shapeStr(_composed(text), style.font, style.size)
        if align != "left":
            glyphs = getattr(shaped, "__shapeData__", None)  # absent when shaping changed nothing
            width = (
                sum(g.x_advance for g in glyphs) * style.size / 1000
                if glyphs
                else self.text_width(text, style)
            )
            x -= width if align == "right" else width / 2
        self._canvas.setFont(style.font, style.size)
        self._canvas.setFillColor(style.colour)
        baseline = self.height - top - style.line / 2 - style.size * fonts.CAP_HEIGHT / 2
        self._canvas.drawString(x, baseline, shaped)

    def text_width(self, text: str, style: Style) -> float:
        """Points a line takes."""
        from reportlab.pdfbase.pdfmetrics import stringWidth

        return float(stringWidth(_composed(text), style.font, style.size))

    def wrap(self, text: str, style: Style, *, width: float) -> list[str]:
        """Lines that fit; a word longer than the line is cut, a number never parts from its unit."""
        lines: list[str] = []
        for paragraph in _composed(text).splitlines():
            line = ""
            for word in _unbroken(paragraph):
                longer = f"{line} {word}" if line else word
                if self.text_width(longer, style) <= width:
                    line = longer
                    continue
                if line:
                    lines.append(line)
                *whole, line = self._cut(word, style, width=width)
                lines += whole
            if line:
                lines.append(line)
        return lines

    def _cut(self, word: str, style: Style, *, width: float) -> list[str]:
        pieces = [""]
        for character in word:
            if pieces[-1] and self.text_width(pieces[-1] + character, style) > width:
                pieces.append("")
            pieces[-1] += character
        return pieces

    def lines(self, x: float, text: str, style: Style, *, width: float, align: str = "left") -> list[Block]:
        """Wrapped text, each line a block of its own. ``x`` is the anchor of every line."""

        def block(line: str) -> Block:
            return Block(style.line, lambda top: self.text(x, top, line, style=style, align=align))

        return [block(line) for line in self.wrap(text, style, width=width)]

    def paragraph(self, x: float, text: str, style: Style, *, width: float, align: str = "left") -> Block:
        """Wrapped text as one block; nothing for an empty text."""
        return stack(*self.lines(x, text, style, width=width, align=align))

    def rule(self, x1: float, x2: float, top: float, *, colour: str = LINE, width: float = 0.6) -> None:
        """A horizontal line."""
        self._canvas.setStrokeColor(colour)
        self._canvas.setLineWidth(width)
        self._canvas.line(x1, self.height - top, x2, self.height - top)

    def band(self, x: float, top: float, width: float, height: float, *, colour: str) -> None:
        """A filled rectangle."""
        self._canvas.setFillColor(colour)
        self._canvas.rect(x, self.height - top - height, width, height, stroke=0, fill=1)

    def frame(self, x: float, top: float, width: float, height: float, *, colour: str) -> None:
        """An outlined rectangle with round corners."""
        self._canvas.setStrokeColor(colour)
        self._canvas.setLineWidth(0.9)
        self._canvas.roundRect(x, self.height - top - height, width, height, 2.4, stroke=1, fill=0)

    def watermark(self, text: str) -> None:
        """Pale text across the page; draw it first."""
        canvas = self._canvas
        canvas.saveState()
        canvas.translate(self.width / 2, self.height / 2)
        canvas.rotate(52)
        style = Style(60, fonts.BOLD)
        fitted = min(72.0, 60 * self.height * 0.72 / max(1.0, self.text_width(text, style)))
        canvas.setFont(fonts.BOLD, fitted)
        canvas.setFillColor(PALE)
        canvas.drawCentredString(0, -fitted * 0.36, _composed(text))
        canvas.restoreState()

    def picture(self, png: bytes, x: float, top: float, *, width: float, height: float) -> None:
        """A PNG inside a box, centred, standing on the lower edge. Raises OSError when it is no picture."""
        from reportlab.lib.utils import ImageReader

        image = ImageReader(io.BytesIO(png))
        across, down = image.getSize()
        factor = min(width / across, height / down)
        left = x + (width - across * factor) / 2
        bottom = self.height - top - height
        self._canvas.drawImage(image, left, bottom, across * factor, down * factor, mask="auto")

    def qr(self, payload: str, x: float, top: float, *, side: float) -> None:
        """A QR code as vectors, without its quiet zone: leave four modules free around it."""
        import segno

        rows = [bytes(row) for row in segno.make(payload, error="m", micro=False).matrix]
        module = side / len(rows)
        path = self._canvas.beginPath()
        for number, row in enumerate(rows):
            y = self.height - top - (number + 1) * module
            for start, length in _dark_runs(row):
                path.rect(x + start * module, y, length * module, module)
        self._canvas.setFillColor("#000000")
        self._canvas.drawPath(path, stroke=0, fill=1)

    def barcode(self, text: str, x: float, top: float, *, width: float, height: float) -> None:
        """Code 128 as vectors, as wide as ``width`` with its quiet zone: what hand scanners read."""
        from reportlab.graphics.barcode.code128 import Code128

        plain = Code128(text, barWidth=1, barHeight=height, quiet=True, humanReadable=False)
        made = Code128(text, barWidth=width / plain.width, barHeight=height, quiet=True, humanReadable=False)
        made.drawOn(self._canvas, x, self.height - top - height)

    def next_page(self) -> None:
        """Finish this page."""
        self._canvas.showPage()


def write(
    size: tuple[float, float],
    draw: Callable[[Sheet], None],
    *,
    title: str,
    author: str,
    subject: str,
    keywords: str = "",
) -> bytes:
    """A finished PDF: the same input gives the same bytes. ``draw`` must not finish the last page itself."""
    from reportlab.pdfgen.canvas import Canvas

    with _ONE_AT_A_TIME:
        fonts.register()
        data = io.BytesIO()
        canvas = Canvas(
            data, pagesize=size, invariant=1, pageCompression=1, lang="en", initialFontName=fonts.REGULAR
        )
        canvas.setTitle(title)
        canvas.setAuthor(author)
        canvas.setSubject(subject)
        canvas.setKeywords(keywords)
        canvas.setCreator("ClinicDesk")
        canvas.setProducer("ClinicDesk")
        draw(Sheet(canvas, *size))
        canvas.showPage()
        canvas.save()
        return data.getvalue()


def stack(*blocks: Block, gap: float = 0.0) -> Block:
    """Blocks below each other as one; empty ones take no gap."""
    kept = [block for block in blocks if block.height]

    def draw(top: float) -> None:
        for block in kept:
            block.draw(top)
            top += block.height + gap

    return Block(sum(block.height for block in kept) + gap * max(0, len(kept) - 1), draw)


def beside(*blocks: Block) -> Block:
    """Blocks at the same height as one, as high as the highest."""

    def draw(top: float) -> None:
        for block in blocks:
            block.draw(top)

    return Block(max(block.height for block in blocks), draw)


def space(height: float) -> Block:
    """Empty room."""
    return Block(height, lambda _top: None)


def paginate(blocks: Sequence[Block], *, first: float, other: float, tail: float) -> list[list[Block]]:
    """Share blocks out to pages with so much room; the last page keeps ``tail`` free at its end.

    A block is never split; one higher than a page stands alone.
    """
    pages: list[list[Block]] = [[]]
    room = first
    for block in blocks:
        if block.height > room and pages[-1]:
            pages.append([])
            room = other
        pages[-1].append(block)
        room -= block.height
    if tail > room and len(pages[-1]) > 1:  # what is signed never stands on a page without any of it
        pages.append([pages[-1].pop()])
    elif tail > room:
        pages.append([])
    return pages


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _unbroken(paragraph: str) -> list[str]:
    """Words; '5 mL' and '7 days' count as one."""
    found: list[str] = []
    for word in paragraph.split():
        if found and _NUMBER.fullmatch(found[-1]) and word[0].isalpha():
            found[-1] += f" {word}"
        else:
            found.append(word)
    return found


def _dark_runs(row: bytes) -> list[tuple[int, int]]:
    runs: list[tuple[int, int]] = []
    start = None
    for place, dark in enumerate([*row, 0]):
        if dark and start is None:
            start = place
        elif not dark and start is not None:
            runs.append((start, place - start))
            start = None
    return runs
