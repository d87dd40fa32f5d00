"""Files of a visit through keys and mouse, on the real stores (spec 3.10)."""

from pathlib import Path

import pytest
from PIL import Image
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtTest import QTest

from tests.chart_stores import raw
from tests.ui.accessibility import problems
from tests.ui.chart_seat import CTRL

SHIFT = Qt.KeyboardModifier.ShiftModifier
PDF = (
    b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Count 1/Kids[3 0 R]>>endobj "
)
PDF += b"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 200 200]>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    path = tmp_path / "Foot left & right.png"
    Image.new("RGB", (900, 400), "navy").save(path)
    return path


def writing(clinic, seats):
    seat = seats()
    visit = seat.charts.begin(clinic.small.patients[0])
    seat.open(clinic.small.patients[0])
    assert seat.view.form.isVisible()
    return seat, visit


def front(seat, window):
    """The window manager's part: the offscreen platform has none."""
    window.activateWindow()
    seat.qtbot.waitUntil(window.isActiveWindow)


def attach(seat, path):
    front(seat, seat.view)
    seat.key(Qt.Key.Key_A, CTRL | SHIFT)
    sheet = seat.view.files.sheet
    seat.qtbot.waitUntil(sheet.isVisible)
    sheet.path.setFocus()
    QTest.keyClicks(sheet.path, str(path))
    QTest.keyClick(sheet.path, Qt.Key.Key_Return)
    seat.settle()
    return sheet


def test_a_picture_is_attached_and_opened_by_keyboard(clinic, seats, picture):
    seat, visit = writing(clinic, seats)
    seat.type("plan", "Rest")  # typed and not saved yet: it is saved first
    sheet = attach(seat, picture)
    assert not sheet.isVisible()
    assert seat.view.notice.text() == f"Attached: {picture.name}"
    [stored] = seat.charts.open(visit.patient_id).visits
    assert stored.attachments == (picture.name,)
    assert stored.note.plan == "Rest"
    assert seat.view.form.note.fields["plan"].toPlainText() == "Rest"
    [made] = seat.view.form.files.buttons
    before = raw(clinic, "SELECT count(*) FROM access_log WHERE purpose = 'attachment'")
    made.setFocus()
    QTest.keyClick(made, Qt.Key.Key_Space)
    seat.settle()
    window = seat.view.files.window
    assert window.isVisible()
    assert window.pages.currentWidget() is window.picture
    assert window.windowTitle().startswith(f"{picture.name} · ")
    after = raw(clinic, "SELECT count(*) FROM access_log WHERE purpose = 'attachment'")
    assert after[0][0] == before[0][0] + 1  # logged, once, before it showed (spec 3.11)
    shown = window.picture._label.pixmap
    assert shown().width() > 800  # fits the window
    front(seat, window)
    QTest.keyClick(window, Qt.Key.Key_R)
    seat.qtbot.waitUntil(lambda: shown().width() < shown().height())
    small = shown().height()
    QTest.keyClick(window, Qt.Key.Key_Plus)
    seat.qtbot.waitUntil(lambda: shown().height() > small)
    assert problems(window) == []
    target = picture.parent / "saved.png"
    window.save_to(str(target))
    assert target.read_bytes() == picture.read_bytes()
    window.save_to(str(picture.parent / "nowhere" / "x.png"))
    assert "Not saved" in window.notice.text()


def test_the_window_is_emptied_with_its_patient(clinic, seats, picture):
    seat, _ = writing(clinic, seats)
    attach(seat, picture)
    QTest.mouseClick(seat.view.form.files.buttons[0], Qt.MouseButton.LeftButton)
    seat.settle()
    seat.open(clinic.small.patients[1])
    window = seat.view.files.window
    assert not window.isVisible()
    assert (window.windowTitle(), window._content) == ("", b"")


def test_what_is_refused_is_said_at_the_field_and_stays_typed_3_10(clinic, seats, tmp_path):
    seat, visit = writing(clinic, seats)
    disguised, program = tmp_path / "scan.png", tmp_path / "report.pdf"
    disguised.write_bytes(b"MZ\x90\x00 not a picture")
    program.write_bytes(PDF + b"/JavaScript")
    for path, words in (
        (tmp_path / "absent.png", "This file cannot be read."),
        (disguised, "What is in the file is no png."),
        (program, "The file holds a program and is not taken."),
        (tmp_path, "This file cannot be read."),
    ):
        sheet = attach(seat, path)
        assert sheet.isVisible()
        assert sheet.path_field.error() == words
        assert sheet.path.text() == str(path)
        assert sheet.keep.isEnabled()
        sheet.reject()
    huge = tmp_path / "huge.dcm"
    with huge.open("wb") as file:
        file.truncate(201 * 1024 * 1024)
    assert attach(seat, huge).path_field.error() == "The file is larger than 200 MB."
    seat.view.files.sheet.reject()
    assert attach(seat, "").path_field.error() == "Choose a file."
    [stored] = seat.charts.open(visit.patient_id).visits
    assert stored.attachments == ()
    seat.type("plan", "Still saved")
    seat.settle()
    assert seat.view.form.state.text().startswith("Saved")


def test_dropped_files_and_equal_names(clinic, seats, tmp_path):
    seat, visit = writing(clinic, seats)
    for number in range(6):
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / "scan.pdf").write_bytes(PDF + str(number).encode())
        drop(seat.view, folder / "scan.pdf")
        sheet = seat.view.files.sheet
        assert sheet.kind.currentData() == "report"  # guessed from the name
        QTest.keyClick(sheet, Qt.Key.Key_Return)
        seat.settle()
        assert not sheet.isVisible(), sheet.path_field.error()
    [stored] = seat.charts.open(visit.patient_id).visits
    assert stored.attachments == ("scan.pdf", *(f"scan ({number}).pdf" for number in range(2, 7)))
    row = seat.view.form.files
    assert [row.more.itemText(at) for at in range(row.more.count())] == [
        "2 more",
        "scan (5).pdf",
        "scan (6).pdf",
    ]
    row.more.activated.emit(2)
    seat.settle()
    window = seat.view.files.window
    assert window.pages.currentWidget() is window.pdf
    assert window.pdf.pdf.endswith(b"EOF5")
    drop(seat.view, tmp_path / "0" / "scan.pdf")
    QTest.keyClick(seat.view.files.sheet, Qt.Key.Key_Return)
    seat.settle()
    assert seat.view.files.sheet.path_field.error() == "This is there already."


def drop(view, path):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path))])
    left, none = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    enter = QDragEnterEvent(QPoint(9, 9), Qt.DropAction.CopyAction, data, left, none)
    view.dragEnterEvent(enter)
    assert enter.isAccepted()
    view.dropEvent(QDropEvent(QPointF(9, 9), Qt.DropAction.CopyAction, data, left, none))


def test_a_signed_visit_shows_its_files_and_takes_none(clinic, seats, picture):
    seat, _ = writing(clinic, seats)
    attach(seat, picture)
    front(seat, seat.view)
    seat.type("assessment", "Sprain")
    seat.key(Qt.Key.Key_Return, CTRL)
    seat.settle()
    assert seat.view.page.isVisible()
    assert [one.toolTip() for one in seat.view.page.files.buttons] == [picture.name]
    assert seat.view.page.files.attach.isHidden()
    front(seat, seat.view)
    seat.key(Qt.Key.Key_A, CTRL | SHIFT)
    assert not seat.view.files.sheet.isVisible()
    QTest.mouseClick(seat.view.page.files.buttons[0], Qt.MouseButton.LeftButton)
    seat.settle()
    assert seat.view.files.window.isVisible()
