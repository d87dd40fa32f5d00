"""Command palette (Ctrl+K): every QAction of the window and the patients that fit."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import (
    QAbstractListModel,
    QEvent,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPoint,
    QRect,
    QRectF,
    QSize,
    Qt,
    QTimer,
    Signal,
    Slot,
)
from PySide6.QtGui import QAction, QColor, QFont, QIcon, QKeyEvent, QKeySequence, QPainter, QPen
from PySide6.QtWidgets import (
    QFrame,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ui import icons, theme
from ui.widgets.layouts import vbox

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
DEBOUNCE_MS = 120
SHOWN = 50


@dataclass(frozen=True, slots=True)
class Hit:
    """A patient (or any record) to jump to; ``token`` comes back in ``chosen``.

    ``stays``: the palette stays open, because another line answers.
    """

    title: str
    subtitle: str
    token: object
    icon: str = "user-round"
    stays: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the palette: an action, or a hit."""

    title: str
    subtitle: str
    icon: QIcon
    keys: str = ""
    action: QAction | None = None
    hit: Hit | None = None


Show = Callable[[str, Sequence[Hit]], None]
Ask = Callable[[str, Show], None]


def score(query: str, text: str) -> int:
    """Subsequence match: word starts and runs score high; 0 is no match."""
    wanted, offered = query.casefold(), text.casefold()
    position, total, run = -1, 1, 0
    for letter in wanted:
        found = offered.find(letter, position + 1)
        if found < 0:
            return 0
        run = run + 1 if found == position + 1 else 0
        at_word = found == 0 or not offered[found - 1].isalnum()
        total += 10 * at_word + 4 * run + 1
        position = found
    return total * 100 // (10 + len(offered))


def begins_word(query: str, text: str) -> bool:
    """Whether a word of the text begins with the query; such commands stand above patients."""
    return f" {text}".casefold().find(f" {query.casefold()}") >= 0


class EntryModel(QAbstractListModel):
    """Commands that match, best first, then the hits in the order they came."""

    def __init__(self) -> None:
        super().__init__()
        self._commands: list[Entry] = []
        self._hits: list[Entry] = []
        self._rows: list[Entry] = []
        self._query = ""

    def show_commands(self, commands: list[Entry]) -> None:
        self._commands, self._hits = commands, []
        self.filter("")

    def show_hits(self, hits: Sequence[Hit]) -> None:
        self._hits = [Entry(hit.title, hit.subtitle, _icon(hit.icon), hit=hit) for hit in hits]
        self.filter(self._query)

    def filter(self, query: str) -> None:
        self.beginResetModel()
        if not query:
            self._hits = []
        self._query = query
        scored = [(score(query, f"{entry.title} {entry.subtitle}"), entry) for entry in self._commands]
        best = sorted((pair for pair in scored if pair[0]), key=lambda pair: -pair[0]) if query else scored
        strong = [entry for _, entry in best if begins_word(query, entry.title)]
        weak = [entry for _, entry in best if not begins_word(query, entry.title)]
        if " " in query and any(letter.isdigit() for letter in query):
            weak = []  # a line with a time in it names no command
        self._rows = (strong + self._hits + weak)[:SHOWN]
        self.endResetModel()

    def entry(self, row: int) -> Entry | None:
        return self._rows[row] if 0 <= row < len(self._rows) else None

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        entry = self.entry(index.row()) if index.isValid() else None
        if entry is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return entry.title
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return " ".join(part for part in (entry.title, entry.subtitle, entry.keys) if part)
        return None


class EntryDelegate(QStyledItemDelegate):
    """Icon, two lines, and the keys at the right."""

    def __init__(self, model: EntryModel, parent: QObject) -> None:
        super().__init__(parent)
        self._model = model

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(100, 46)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        entry = self._model.entry(index.row())
        if entry is None:
            return
        tokens = theme.current()
        box = option.rect.adjusted(6, 2, -6, -2)
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_soft))
            painter.drawRoundedRect(box, 8, 8)
        place = QRect(box.x() + 12, box.y() + 12, 18, 18)
        state = QIcon.State.On if selected else QIcon.State.Off
        entry.icon.paint(painter, place, mode=QIcon.Mode.Normal, state=state)
        right = self._paint_keys(painter, box, entry.keys)
        self._paint_line(painter, QRect(box.x() + 44, box.y() + 4, right - box.x() - 48, 18), entry.title)
        below = QRect(box.x() + 44, box.y() + 21, right - box.x() - 48, 16)
        self._paint_line(painter, below, entry.subtitle, small=True)
        painter.restore()

    def _paint_line(self, painter: QPainter, place: QRect, text: str, *, small: bool = False) -> None:
        tokens = theme.current()
        painter.setPen(QColor(tokens.muted if small else tokens.text))
        painter.setFont(theme.font(11) if small else theme.font(13, QFont.Weight.DemiBold))
        shown = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, place.width())
        painter.drawText(place, Qt.AlignmentFlag.AlignVCenter, shown)

    def _paint_keys(self, painter: QPainter, box: QRect, keys: str) -> int:
        tokens, right = theme.current(), box.right() - 10
        painter.setFont(theme.font(10, QFont.Weight.DemiBold))
        for key in reversed([part for part in keys.split("+") if part]):
            width = painter.fontMetrics().horizontalAdvance(key) + 12
            right -= width
            painter.setPen(QPen(QColor(tokens.border_strong), 1))
            painter.setBrush(QColor(tokens.surface))
            painter.drawRoundedRect(QRectF(right + 0.5, box.y() + 11.5, width, 19), 4, 4)
            painter.setPen(QColor(tokens.muted))
            painter.drawText(QRect(right, box.y() + 12, width, 19), Qt.AlignmentFlag.AlignCenter, key)
            right -= 4
        return right


class Overlay(QFrame):
    """A sheet over a dimmed window; Esc or a click beside it closes it and gives the focus back."""

    def __init__(self, window: QWidget, name: str) -> None:
        super().__init__(window)
        self.setObjectName("Overlay")
        self.setAccessibleName(name)
        self._scrim = QFrame(window)
        self._scrim.setObjectName("Scrim")
        self._scrim.hide()
        self._window = window
        self._focus_before: QWidget | None = None
        self.hide()

    def wanted(self, room: QRect) -> QRect:
        """Where the sheet goes inside the window."""
        size = self.sizeHint()
        left = (room.width() - size.width()) // 2
        return QRect(QPoint(left, max(20, (room.height() - size.height()) // 3)), size)

    def room(self) -> QRect:
        """The window it lies over."""
        return self._window.rect()

    def popup(self) -> None:
        if self.isHidden():
            self._focus_before = self._window.focusWidget()
            self._window.installEventFilter(self)
            self._scrim.installEventFilter(self)
        self._place()
        self._scrim.show()
        self._scrim.raise_()
        self.show()
        self.raise_()

    @Slot()
    def dismiss(self) -> None:
        if self.isHidden():
            return
        self.hide()
        self._scrim.hide()
        self._window.removeEventFilter(self)
        if self._focus_before is not None:
            self._focus_before.setFocus()
            self._focus_before = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.dismiss()
            return
        super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._scrim and event.type() is QEvent.Type.MouseButtonPress:
            self.dismiss()
        if watched is self._window and event.type() is QEvent.Type.Resize and not self.isHidden():
            self._place()
        return False

    def _place(self) -> None:
        self._scrim.setGeometry(self.room())
        self.setGeometry(self.wanted(self.room()))


class CommandPalette(Overlay):
    """Commands at once, patients when they arrive. ``ask(text, show)`` starts the search."""

    chosen = Signal(object)

    def __init__(self, window: QWidget, ask: Ask | None = None) -> None:
        super().__init__(window, "")
        self.setAccessibleName(self.tr("Command palette"))
        self._ask = ask
        self.edit = QLineEdit()
        self.edit.setPlaceholderText(self.tr("Search a patient by name, MRN or phone, or type a command…"))
        self.edit.setAccessibleName(self.tr("Search patients and commands"))
        self.edit.setStyleSheet(
            "border:0; border-radius:12px; background:transparent; font-size:15px; padding:14px 18px;"
        )
        self.model = EntryModel()
        self.view = QListView()
        self.view.setAccessibleName(self.tr("Results"))
        self.view.setModel(self.model)
        self.view.setItemDelegate(EntryDelegate(self.model, self.view))
        self.view.setFrameShape(QFrame.Shape.NoFrame)
        self.view.setStyleSheet("background:transparent;")
        self.view.clicked.connect(self._run)
        self.view.setFocusPolicy(Qt.FocusPolicy.ClickFocus)
        self.setLayout(vbox(self.edit, self.view, margins=(1, 1, 1, 8), spacing=2))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(DEBOUNCE_MS)
        self._timer.timeout.connect(self._search)
        self.edit.textChanged.connect(self._changed)
        self.edit.installEventFilter(self)
        self.setFocusProxy(self.edit)

    def wanted(self, room: QRect) -> QRect:
        width = min(620, room.width() - 40)
        return QRect((room.width() - width) // 2, 84, width, min(430, room.height() - 120))

    def popup_with(self, actions: Sequence[tuple[str, QAction]]) -> None:
        """Open with these commands, each with the place it belongs to."""
        self.model.show_commands([entry_of(place, action) for place, action in actions if action.isEnabled()])
        self.edit.clear()
        self.popup()
        self.view.setCurrentIndex(self.model.index(0, 0))
        self.edit.setFocus()

    @Slot(str)
    def _changed(self, text: str) -> None:
        self.model.filter(text.strip())
        self.view.setCurrentIndex(self.model.index(0, 0))
        if self._ask is not None and len(text.strip()) >= 2:
            self._timer.start()

    @Slot()
    def _search(self) -> None:
        if self._ask is not None:
            self._ask(self.edit.text().strip(), self.show_hits)

    def show_hits(self, text: str, hits: Sequence[Hit]) -> None:
        """Hits for a text; those for an older text are dropped."""
        if self.isHidden() or text != self.edit.text().strip():
            return
        self.model.show_hits(hits)
        self.view.setCurrentIndex(self.model.index(0, 0))

    @Slot(QModelIndex)
    def _run(self, index: Index) -> None:
        entry = self.model.entry(index.row())
        if entry is None:
            return
        if entry.hit is None or not entry.hit.stays:
            self.dismiss()
        if entry.hit is not None and entry.hit.token is not None:
            self.chosen.emit(entry.hit.token)
        if entry.action is not None:
            entry.action.trigger()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.edit and isinstance(event, QKeyEvent) and event.type() is QEvent.Type.KeyPress:
            row = self.view.currentIndex().row()
            steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: 8, Qt.Key.Key_PageUp: -8}
            if step := steps.get(Qt.Key(event.key())):
                row = min(max(row + step, 0), self.model.rowCount() - 1)
                self.view.setCurrentIndex(self.model.index(row, 0))
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._run(self.view.currentIndex())
                return True
        return super().eventFilter(watched, event)


def _icon(name: str) -> QIcon:
    return icons.icon(name, "muted", on="accent")


def entry_of(place: str, action: QAction) -> Entry:
    """How an action reads in the palette."""
    keys = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
    picture = _icon("command") if action.icon().isNull() else action.icon()
    return Entry(action.text().replace("&", ""), place, picture, keys, action)
