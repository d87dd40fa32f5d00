"""Shows the very PDF that is printed or saved."""

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtPdf import QPdfDocument
from PySide6.QtPdfWidgets import QPdfView
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from ui.widgets.buttons import button, icon_button
from ui.widgets.layouts import hbox

_STEPS = (0.5, 0.75, 1.0, 1.25, 1.5, 2.0, 3.0, 4.0)
_POINTS_PER_INCH = 72


class PdfView(QWidget):
    """A preview with zoom and page count; ``save_wanted`` carries the bytes when 'Save as…' is pressed."""

    save_wanted = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pdf = b""
        self._document = QPdfDocument(self)
        self._buffer = QBuffer(self)
        self._view = QPdfView(self)
        self._view.setPageMode(QPdfView.PageMode.MultiPage)
        self._view.setAccessibleName(self.tr("Document preview"))
        self._view.setDocument(self._document)
        self._count = QLabel(self)
        self._build()
        self._shortcuts()
        self._view.pageNavigator().currentPageChanged.connect(self._say_page)
        self.fit_width()
        self._refresh()

    def _build(self) -> None:
        self._out = icon_button("minus", self.tr("Zoom out"))
        self._in = icon_button("plus", self.tr("Zoom in"))
        self._fit = button(self.tr("Fit width"))
        self._save = button(self.tr("Save as…"), "save")
        self._out.clicked.connect(self.zoom_out)
        self._in.clicked.connect(self.zoom_in)
        self._fit.clicked.connect(self.fit_width)
        self._save.clicked.connect(self._ask_to_save)
        bar = hbox(self._count, None, self._out, self._in, self._fit, self._save, spacing=6)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(bar)
        layout.addWidget(self._view, 1)

    def _shortcuts(self) -> None:
        for keys, act in (
            (QKeySequence.StandardKey.ZoomIn, self.zoom_in),
            (QKeySequence.StandardKey.ZoomOut, self.zoom_out),
            ("Ctrl+0", self.fit_width),
        ):
            shortcut = QShortcut(QKeySequence(keys), self)
            shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
            shortcut.activated.connect(act)

    # -- the document

    @property
    def pdf(self) -> bytes:
        """The bytes on display, empty when there is nothing to show."""
        return self._pdf

    def page_count(self) -> int:
        """Pages of the document on display."""
        return max(0, self._document.pageCount())

    def page_text(self, page: int) -> str:
        """All text of a page, counted from 0."""
        return self._document.getAllText(page).text()

    def show_pdf(self, pdf: bytes) -> bool:
        """Display a document; False, and an empty preview, when the bytes are no PDF."""
        self.clear()
        self._buffer.setData(QByteArray(pdf))
        self._buffer.open(QIODevice.OpenModeFlag.ReadOnly)
        self._document.load(self._buffer)
        ready = self._document.status() is QPdfDocument.Status.Ready
        if ready:
            self._pdf = pdf
        else:
            self.clear()
        self._refresh()
        return ready

    @Slot()
    def clear(self) -> None:
        """Show nothing."""
        self._document.close()  # before its buffer, which it reads from
        self._buffer.close()
        self._pdf = b""
        self._refresh()

    # -- zoom

    @property
    def zoom(self) -> float:
        """Size on screen over size on paper."""
        if self._view.zoomMode() is QPdfView.ZoomMode.Custom:
            return self._view.zoomFactor()
        page = self._document.pagePointSize(0).width() if self._pdf else 0.0
        margins = self._view.documentMargins()
        room = self._view.viewport().width() - margins.left() - margins.right()
        return room / (page * self.logicalDpiX() / _POINTS_PER_INCH) if page > 0 and room > 0 else 1.0

    @Slot()
    def zoom_in(self) -> None:
        """The next larger step."""
        now = self.zoom
        self._scale(next((step for step in _STEPS if step > now * 1.02), _STEPS[-1]))

    @Slot()
    def zoom_out(self) -> None:
        """The next smaller step."""
        now = self.zoom
        self._scale(next((step for step in reversed(_STEPS) if step < now * 0.98), _STEPS[0]))

    @Slot()
    def fit_width(self) -> None:
        """As wide as the view."""
        # Bars that come and go make QPdfView lay itself out for ever, so both are fixed in every mode.
        self._view.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._view.setZoomMode(QPdfView.ZoomMode.FitToWidth)

    def _scale(self, factor: float) -> None:
        self._view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self._view.setZoomMode(QPdfView.ZoomMode.Custom)
        self._view.setZoomFactor(factor)

    # -- the bar

    def _refresh(self) -> None:
        shown = bool(self._pdf)
        for control in (self._out, self._in, self._fit, self._save):
            control.setEnabled(shown)
        self._say_page(self._view.pageNavigator().currentPage())

    @Slot(int)
    def _say_page(self, page: int) -> None:
        if self._pdf:
            text = self.tr("Page {0} of {1}").format(page + 1, self.page_count())
        else:
            text = self.tr("No document")
        self._count.setText(text)
        self._view.setAccessibleDescription(text)

    @Slot()
    def _ask_to_save(self) -> None:
        self.save_wanted.emit(self._pdf)
