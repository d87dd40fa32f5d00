"""The preview shows the bytes it was given."""

import io

import pytest
from PySide6.QtCore import Qt
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtTest import QTest
from reportlab.pdfgen.canvas import Canvas

from ui.widgets.pdf_view import PdfView


def document(pages):
    data = io.BytesIO()
    canvas = Canvas(data, pagesize=(420, 595), invariant=1)
    for number in range(1, pages + 1):
        canvas.drawString(40, 500, f"This is sheet {number}")
        canvas.showPage()
    canvas.save()
    return data.getvalue()


@pytest.fixture
def view(qtbot):
    made = PdfView()
    made.resize(500, 600)
    qtbot.addWidget(made)
    made.show()
    qtbot.waitExposed(made)
    return made


def control(view, name):
    return next(w for w in view.findChildren(object) if getattr(w, "accessibleName", str)() == name)


def test_shows_a_document_and_counts_its_pages(view):
    assert view.show_pdf(document(3))
    assert view.page_count() == 3
    assert "This is sheet 2" in view.page_text(1)
    inner = view.findChild(QPdfView)
    assert inner.accessibleName()
    assert "1" in inner.accessibleDescription()
    assert "3" in inner.accessibleDescription()


def test_another_document_replaces_the_first(view):
    first, second = document(3), document(1)
    view.show_pdf(first)
    view.show_pdf(second)
    assert view.page_count() == 1
    assert view.pdf == second


def test_what_is_no_pdf_shows_nothing_and_cannot_be_saved(view):
    view.show_pdf(document(1))
    assert not view.show_pdf(b"not a document")
    assert view.pdf == b""
    assert view.page_count() == 0
    assert not control(view, "Save as…").isEnabled()
    assert view.show_pdf(document(2))


def test_save_hands_over_the_very_bytes(view, qtbot):
    pdf = document(1)
    view.show_pdf(pdf)
    with qtbot.waitSignal(view.save_wanted) as told:
        QTest.mouseClick(control(view, "Save as…"), Qt.MouseButton.LeftButton)
    assert told.args == [pdf]


def test_zoom_by_buttons_and_keys(view, qtbot):
    view.show_pdf(document(2))
    fitted = view.zoom
    QTest.mouseClick(control(view, "Zoom in"), Qt.MouseButton.LeftButton)
    assert view.zoom > fitted
    view.findChild(QPdfView).setFocus()
    before = view.zoom
    QTest.keyClick(view.findChild(QPdfView), Qt.Key.Key_Minus, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom < before
    for _ in range(12):
        view.zoom_out()
    assert view.zoom == 0.5
    for _ in range(12):
        view.zoom_in()
    assert view.zoom == 4.0
    QTest.keyClick(view.findChild(QPdfView), Qt.Key.Key_0, Qt.KeyboardModifier.ControlModifier)
    assert view.zoom == pytest.approx(fitted)


def test_the_scroll_bars_never_come_and_go(view, qtbot):
    inner = view.findChild(QPdfView)
    view.show_pdf(document(2))
    for act in (view.fit_width, view.zoom_in, view.zoom_out, view.fit_width):
        act()
        policies = {inner.verticalScrollBarPolicy(), inner.horizontalScrollBarPolicy()}
        assert Qt.ScrollBarPolicy.ScrollBarAsNeeded not in policies
    for width in range(300, 700, 40):  # would never return with bars shown as needed
        view.resize(width, 600)
        qtbot.wait(5)


def test_every_control_has_a_name_and_takes_the_focus(view):
    view.show_pdf(document(1))
    for name in ("Zoom in", "Zoom out", "Fit width", "Save as…"):
        assert control(view, name).focusPolicy() & Qt.FocusPolicy.TabFocus
