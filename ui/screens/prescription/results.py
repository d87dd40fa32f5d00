"""The line a medicine is typed into, and the list of what it may mean."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHeaderView, QTableView, QWidget

from clinicdesk.domain.quantity import SUPPLY_DAYS
from clinicdesk.printing.words import day, money
from clinicdesk.services.prescribing import Candidate
from ui.icons import icon
from ui.screens.prescription.model import problem_words
from ui.widgets.field import SearchBox
from ui.widgets.layouts import vbox
from ui.widgets.table import style_table
from ui.widgets.text import label

Index = QModelIndex | QPersistentModelIndex
_ROW_HEIGHT, _ROWS_SHOWN = 34, 6
_EXPIRES = 4
_STRETCHED, _WIDTHS = 0, {1: 104, 2: 116, 3: 64, 4: 144, 5: 92}


class ResultsModel(QAbstractTableModel):
    """Medicine, strength, form, stock, expiry, price."""

    def __init__(self, currency: str, day_in: Callable[[int], date], parent: QWidget) -> None:
        super().__init__(parent)
        self._currency, self._day_in = currency, day_in
        self._rows: tuple[Candidate, ...] = ()

    def show_rows(self, rows: Sequence[Candidate]) -> None:
        self.beginResetModel()
        self._rows = tuple(rows)
        self.endResetModel()

    def row(self, number: int) -> Candidate | None:
        return self._rows[number] if 0 <= number < len(self._rows) else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else 6

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            names = (self.tr("Medicine"), self.tr("Strength"), self.tr("Form"), self.tr("Stock"))
            return (*names, self.tr("Expires"), self.tr("Price"))[section]
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        candidate = self.row(index.row())
        if candidate is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._texts(candidate)[index.column()]
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return ", ".join(text for text in (*self._texts(candidate), self._too_soon(candidate)) if text)
        if role == Qt.ItemDataRole.ToolTipRole and index.column() == _EXPIRES:
            return self._too_soon(candidate) or None
        if role == Qt.ItemDataRole.DecorationRole and index.column() == _EXPIRES:
            return icon("clock-alert", "warn") if self._too_soon(candidate) else None
        if role == Qt.ItemDataRole.TextAlignmentRole and index.column() in (3, 5):
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return None

    def _too_soon(self, candidate: Candidate) -> str:
        """The batch that leaves first against the typed course; without a duration a supply of 30 days."""
        days = candidate.sig.duration_days if candidate.sig else 0
        ends, expiry = self._day_in(SUPPLY_DAYS if days is None else days), candidate.medicine.earliest_expiry
        early = expiry is not None and candidate.medicine.stock > 0 and expiry <= ends
        return self.tr("expires before the course ends") if early else ""

    def _texts(self, candidate: Candidate) -> tuple[str, ...]:
        medicine = candidate.medicine
        brands = f"  ({', '.join(medicine.brand_names[:2])})" if medicine.brand_names else ""
        return (
            medicine.name + brands,
            medicine.strength,
            medicine.form,
            f"{medicine.stock:,}" if medicine.stock else self.tr("none"),
            day(medicine.earliest_expiry) if medicine.earliest_expiry else "",
            money(medicine.price, self._currency) if medicine.price is not None else "",
        )


class MedicineLine(QWidget):
    """Typing asks; Up and Down choose; Enter picks. Nothing is chosen between several unseen ones."""

    asked = Signal(str)
    picked = Signal(object)

    def __init__(self, currency: str, day_in: Callable[[int], date]) -> None:
        super().__init__()
        self.edit = _LineEdit(
            self.tr("Add a medicine"), self.tr("Add a medicine: amox 500 tds 7d     ( / or Ctrl+M )")
        )
        self.error_label = label("", "error", wrap=True)
        self.error_label.setAccessibleName(self.tr("Typed line"))
        self.words = label("", "small", wrap=True)
        self.table = QTableView()
        style_table(self.table, self.tr("Medicines found"), row_height=_ROW_HEIGHT)
        self._model = ResultsModel(currency, day_in, self.table)
        self.table.setModel(self._model)
        head = self.table.horizontalHeader()
        head.setStretchLastSection(False)
        head.setSectionResizeMode(_STRETCHED, QHeaderView.ResizeMode.Stretch)
        for column, width in _WIDTHS.items():
            self.table.setColumnWidth(column, width)
        self.setLayout(vbox(self.edit, self.error_label, self.words, self.table, spacing=4))
        self._shown_for = ""
        self._enter_waits = False
        self.edit.asked.connect(self.asked)
        self.edit.textChanged.connect(self._typed)
        self.edit.entered.connect(self._pick)
        self.edit.moved.connect(self._move)
        self.table.activated.connect(self._activated)
        self.table.clicked.connect(self._activated)
        self.clear()

    def clear(self) -> None:
        self.edit.clear()
        self._shown_for, self._enter_waits = "", False
        self._show((), "")

    def show_error(self, text: str) -> None:
        self.error_label.setText(text)
        self.error_label.setVisible(bool(text))
        self.edit.setProperty("wrong", bool(text))
        self.edit.setAccessibleDescription(text)
        self.edit.style().unpolish(self.edit)
        self.edit.style().polish(self.edit)

    @Slot(str, object)
    def show_found(self, text: str, candidates: Sequence[Candidate]) -> None:
        """Answers to another text than the one in the line are left out."""
        if text != self.edit.text().strip():
            return
        self._shown_for = text
        self._show(candidates, text)
        if self._enter_waits:
            self._enter_waits = False
            if len(candidates) == 1:
                self._pick()

    def _show(self, candidates: Sequence[Candidate], text: str) -> None:
        self._model.show_rows(candidates)
        self.table.setVisible(bool(candidates))
        rows = min(len(candidates), _ROWS_SHOWN)
        self.table.setFixedHeight(rows * _ROW_HEIGHT + self.table.horizontalHeader().sizeHint().height() + 2)
        if candidates:
            self.table.selectRow(0)
        else:
            self.show_error(self.tr("No medicine like this.") if text else "")
        self._say_words()

    def _say_words(self) -> None:
        candidate = self._chosen()
        text = candidate.words if candidate is not None and candidate.words else ""
        self.words.setText(text)
        self.words.setVisible(bool(text))

    def _chosen(self) -> Candidate | None:
        return self._model.row(self.table.currentIndex().row())

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.show_error("")
        self._enter_waits = False
        if not text.strip():
            self._shown_for = ""
            self._show((), "")

    @Slot(int)
    def _move(self, step: int) -> None:
        rows = self._model.rowCount()
        if rows:
            self.table.selectRow(max(0, min(rows - 1, self.table.currentIndex().row() + step)))
            self._say_words()

    @Slot(QModelIndex)
    def _activated(self, _: QModelIndex) -> None:
        self._pick()

    @Slot()
    def _pick(self) -> None:
        text = self.edit.text().strip()
        if not text:
            return
        if text != self._shown_for:
            self._enter_waits = True  # the answer is on its way
            self.edit.ask_now()
            return
        candidate = self._chosen()
        if candidate is None:
            return
        if candidate.problem is not None and candidate.sig is None:
            self._refuse(candidate)
            return
        self.picked.emit(candidate)

    def _refuse(self, candidate: Candidate) -> None:
        """Say what is wrong and mark the word in the line."""
        problem = candidate.problem
        if problem is None:
            return
        self.show_error(problem_words(problem))
        token = problem.detail.get("token", "")
        # the service saw the line without its outer spaces
        start = len(self.edit.text()) - len(self.edit.text().lstrip())
        position = start + int(problem.detail.get("position", "0"))
        if token and self.edit.text()[position : position + len(token)].casefold() == token.casefold():
            self.edit.setSelection(position, len(token))


class _LineEdit(SearchBox):
    """Keeps Up, Down and Enter for the list."""

    entered = Signal()
    moved = Signal(int)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Up:
                self.moved.emit(-1)
            case Qt.Key.Key_Down:
                self.moved.emit(1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if not event.modifiers() & (
                Qt.KeyboardModifier.ControlModifier
            ):
                self.entered.emit()
            case Qt.Key.Key_Escape if self.text():
                self.clear()
            case _:
                super().keyPressEvent(event)
