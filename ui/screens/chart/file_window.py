"""One attached file in a window of its own: pictures, PDF and text are shown, every kind can be saved."""

from pathlib import Path

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, Signal, Slot
from PySide6.QtGui import QImage, QImageReader, QKeySequence, QPixmap, QResizeEvent, QShortcut, QTransform
from PySide6.QtWidgets import (
    QDialog,
    QFileDialog,
    QLabel,
    QPlainTextEdit,
    QScrollArea,
    QStackedWidget,
    QWidget,
)

from ui.screens.chart.files import PICTURES, extension
from ui.screens.chart.model import translate
from ui.widgets.banner import Notice
from ui.widgets.buttons import button, icon_button
from ui.widgets.card import EmptyState
from ui.widgets.layouts import hbox, vbox
from ui.widgets.pdf_view import PdfView

_STEP, _LARGEST = 1.25, 8.0
_TEXTS = ("txt", "csv")
_MEGABYTES = 512  # a picture of 100 megapixels; Qt refuses larger ones instead of taking the memory


class _Area(QScrollArea):
    """Tells when its room changed."""

    resized = Signal()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.resized.emit()


class PictureView(QWidget):
    """Fits the window until it is zoomed; turns by quarters."""

    def __init__(self) -> None:
        super().__init__()
        self._image = QImage()
        self.factor = 0.0  # 0 fits
        self.turns = 0
        self._label = QLabel()
        self._label.setAccessibleName(translate("files", "Picture"))
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._area = _Area()
        self._area.resized.connect(self._fit_again)
        self._area.setWidget(self._label)
        self._area.setWidgetResizable(True)
        self._area.setAccessibleName(translate("files", "Picture"))
        self._bar = [
            icon_button("minus", translate("files", "Smaller"), keys="-"),
            icon_button("plus", translate("files", "Larger"), keys="+"),
            icon_button("redo-2", translate("files", "Turn"), keys="R"),
        ]
        fit = button(translate("files", "&Fit"))
        for made, act in zip(self._bar, (self.smaller, self.larger, self.turn), strict=True):
            made.clicked.connect(act)
        fit.clicked.connect(self.fit)
        layout = vbox(hbox(None, *self._bar, fit, spacing=6), self._area, spacing=6)
        layout.setStretch(1, 1)
        self.setLayout(layout)
        QShortcut(QKeySequence("="), self).activated.connect(self.larger)  # '+' without Shift

    def show_picture(self, content: bytes) -> bool:
        """False when the bytes are no picture this system reads."""
        data = QBuffer()
        data.setData(QByteArray(content))
        data.open(QIODevice.OpenModeFlag.ReadOnly)
        QImageReader.setAllocationLimit(_MEGABYTES)
        reader = QImageReader(data)
        reader.setAutoTransform(True)
        self._image = reader.read()
        self.factor, self.turns = 0.0, 0
        self._draw()
        return not self._image.isNull()

    @Slot()
    def _fit_again(self) -> None:
        if not self.factor:
            self._draw()

    @Slot()
    def larger(self) -> None:
        self._scale(_STEP)

    @Slot()
    def smaller(self) -> None:
        self._scale(1 / _STEP)

    @Slot()
    def fit(self) -> None:
        self.factor = 0.0
        self._draw()

    @Slot()
    def turn(self) -> None:
        self.turns = (self.turns + 1) % 4
        self._draw()

    def _scale(self, by: float) -> None:
        self.factor = min(max((self.factor or self._fitting()) * by, 0.02), _LARGEST)
        self._draw()

    def _fitting(self) -> float:
        room, size = self._area.viewport().size(), self._turned_size()
        if size[0] <= 0:
            return 1.0
        return min(room.width() / size[0], room.height() / size[1], 1.0)

    def _turned_size(self) -> tuple[int, int]:
        width, height = self._image.width(), self._image.height()
        return (height, width) if self.turns % 2 else (width, height)

    def _draw(self) -> None:
        if self._image.isNull():
            self._label.clear()
            return
        factor = self.factor or self._fitting()
        change = QTransform().rotate(90 * self.turns).scale(factor, factor)
        smooth = Qt.TransformationMode.SmoothTransformation
        self._label.setPixmap(QPixmap.fromImage(self._image.transformed(change, smooth)))


class FileWindow(QDialog):
    """Nothing is written to the disk before the person saves it somewhere; nothing is executed."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowFlag(Qt.WindowType.Window)
        self.resize(860, 620)
        self._name, self._content = "", b""
        self.notice = Notice()
        self.picture, self.pdf, self.text = PictureView(), PdfView(), QPlainTextEdit()
        self.text.setReadOnly(True)
        self.text.setAccessibleName(translate("files", "Text"))
        self.none = EmptyState(
            "file-text",
            translate("files", "This kind of file is not shown here"),
            translate("files", "Save it and open it with its own program."),
        )
        self.none.button.hide()
        self.pages = QStackedWidget()
        for page in (self.picture, self.pdf, self.text, self.none):
            self.pages.addWidget(page)
        self.save = button(translate("files", "&Save as…"), "save")
        self.save.clicked.connect(self._ask_where)
        self.pdf.save_wanted.connect(self._ask_where)
        shut = button(translate("files", "&Close"))
        shut.clicked.connect(self.close)
        layout = vbox(
            self.notice, self.pages, hbox(self.save, None, shut), margins=(14, 12, 14, 12), spacing=8
        )
        layout.setStretch(1, 1)
        self.setLayout(layout)

    def show_file(self, name: str, content: bytes, *, whose: str) -> None:
        """Show the bytes; the title says whose they are."""
        self._name, self._content = name, content
        self.setWindowTitle(f"{name} · {whose}")
        self.notice.clear()
        self.pages.setCurrentWidget(self._page_for(name, content))
        self.show()
        self.raise_()
        self.activateWindow()

    def forget(self) -> None:
        """The patient is not on show any more."""
        self._name, self._content = "", b""
        self.picture.show_picture(b"")
        self.pdf.clear()
        self.text.clear()
        self.setWindowTitle("")
        self.hide()

    def _page_for(self, name: str, content: bytes) -> QWidget:
        kind = extension(name)
        if kind in PICTURES and self.picture.show_picture(content):
            return self.picture
        if kind == "pdf" and self.pdf.show_pdf(content):
            return self.pdf
        if kind in _TEXTS:
            self.text.setPlainText(content.decode("utf-8-sig", "replace"))
            return self.text
        return self.none

    @Slot()
    def _ask_where(self) -> None:
        dialog = QFileDialog(self, translate("files", "Save file"), self._name)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.fileSelected.connect(self.save_to)
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    @Slot(str)
    def save_to(self, path: str) -> None:
        """Write the file; says why when that is not possible."""
        try:
            Path(path).write_bytes(self._content)
        except OSError as problem:
            sentence = translate("files", "Not saved: {why}. Choose another folder.")
            self.notice.show_notice(sentence.format(why=problem.strerror or ""), "error")
        else:
            self.notice.show_notice(translate("files", "Saved as {0}.").format(Path(path).name), "ok")
