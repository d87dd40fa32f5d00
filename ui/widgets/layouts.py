"""Rows and columns of widgets in one line; None is a stretch."""

from collections.abc import Iterable

from PySide6.QtWidgets import QBoxLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

Margins = tuple[int, int, int, int]
Part = QWidget | QLayout | None
NONE: Margins = (0, 0, 0, 0)


def hbox(*parts: Part, margins: Margins = NONE, spacing: int = 8) -> QHBoxLayout:
    """A row."""
    layout = QHBoxLayout()
    _fill(layout, parts, margins, spacing)
    return layout


def vbox(*parts: Part, margins: Margins = NONE, spacing: int = 6) -> QVBoxLayout:
    """A column."""
    layout = QVBoxLayout()
    _fill(layout, parts, margins, spacing)
    return layout


def _fill(layout: QBoxLayout, parts: Iterable[Part], margins: Margins, spacing: int) -> None:
    layout.setContentsMargins(*margins)
    layout.setSpacing(spacing)
    for part in parts:
        if part is None:
            layout.addStretch(1)
        elif isinstance(part, QWidget):
            layout.addWidget(part)
        else:
            layout.addLayout(part)


def hide_unless(part: QWidget, shown: bool) -> None:
    """Hide a part of a page being built. Showing one that has no parent yet would flash it as a window."""
    if not shown:
        part.hide()
