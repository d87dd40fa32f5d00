"""Reads PDFs back."""

import re
import unicodedata

import pytest
from PySide6.QtCore import QBuffer, QByteArray, QIODevice
from PySide6.QtPdf import QPdfDocument


def nfc(text):
    """Composed, and without the space a reader sees after a raised accent."""
    return re.sub("([\u0300-\u036f]) ", r"\1", unicodedata.normalize("NFC", text))


@pytest.fixture
def read(qapp):
    """Page texts on one line each, spaces and composition made equal."""

    def reader(pdf):
        data, document = QBuffer(), QPdfDocument()
        data.setData(QByteArray(pdf))
        data.open(QIODevice.OpenModeFlag.ReadOnly)
        document.load(data)
        assert document.status() is QPdfDocument.Status.Ready
        pages = [document.getAllText(page).text() for page in range(document.pageCount())]
        document.close()
        return [nfc(" ".join(page.split())) for page in pages]

    return reader


@pytest.fixture
def sizes(qapp):
    """Width and height of the first page in millimetres."""

    def measure(pdf):
        data, document = QBuffer(), QPdfDocument()
        data.setData(QByteArray(pdf))
        data.open(QIODevice.OpenModeFlag.ReadOnly)
        document.load(data)
        size = document.pagePointSize(0)
        document.close()
        return round(size.width() / 72 * 25.4), round(size.height() / 72 * 25.4)

    return measure
