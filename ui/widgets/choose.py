"""Choosing an entry of a combo box by what it stands for."""

from collections.abc import Sequence

from PySide6.QtWidgets import QComboBox


def choose(box: QComboBox, key: object) -> bool:
    """Make the entry with this data current; False, and nothing is changed, when there is none.

    Not ``findData``: Qt compares Python objects by identity, and two equal ids are two objects.
    """
    for number in range(box.count()):
        if box.itemData(number) == key:
            box.setCurrentIndex(number)
            return True
    return False


def fill(box: QComboBox, rows: Sequence[tuple[str, object]]) -> None:
    """Replace the entries (words, data); what was chosen stays, else the first one is."""
    chosen = box.currentData()
    box.clear()
    for words, key in rows:
        box.addItem(words, key)
    if not choose(box, chosen) and rows:
        box.setCurrentIndex(0)
