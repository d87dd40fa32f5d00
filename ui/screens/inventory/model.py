"""The list of products, read page by page, and the batches and ledger of one of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QCoreApplication,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from clinicdesk.domain.stock import Batch, Movement, Product
from clinicdesk.printing import words
from clinicdesk.services.inventory import EXPIRING_DAYS, ProductPage, StockCounts, status_of
from ui.widgets.text import plain_tip

translate = QCoreApplication.translate
Index = QModelIndex | QPersistentModelIndex
Role = Qt.ItemDataRole
ProductRole = Role.UserRole + 1
StatusRole = Role.UserRole + 2
TagRole = Role.UserRole + 3
PAGE = 200
ORDERS = ("name", "code", "location", "stock", "expiry", "status")
_NO_INDEX = QModelIndex()
_WORDS = (Role.DisplayRole, Role.AccessibleTextRole)


@dataclass(frozen=True, slots=True)
class Query:
    """Which products are listed, and in which order."""

    text: str = ""
    shown: str = "all"
    order: str = "name"
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Listed:
    """An answer: the pages that were asked for, the cards, and the query they belong to."""

    query: Query
    pages: tuple[ProductPage, ...]
    counts: StockCounts


@dataclass(frozen=True, slots=True)
class Opened:
    """One product with its batches and the newest lines of its ledger."""

    product: Product
    batches: tuple[Batch, ...]
    movements: tuple[Movement, ...]
    curve: tuple[tuple[date, int], ...] = ()


def status_tag(status: str) -> tuple[str, str, str]:
    """Word, kind and icon."""
    return {
        "out": (translate("stock", "Out of stock"), "danger", "circle-x"),
        "expired": (translate("stock", "Expired"), "danger", "ban"),
        "low": (translate("stock", "Reorder"), "warn", "triangle-alert"),
        "expiring": (translate("stock", "Expiring"), "info", "clock-alert"),
        "ok": (translate("stock", "OK"), "ok", "check"),
    }[status]


def expiry_words(expiry: date | None, today: date) -> tuple[str, str, str]:
    """How soon a batch ends: word, kind and icon (spec 5.7: 30, 60, 90 days)."""
    if expiry is None:
        return translate("stock", "No expiry date"), "plain", ""
    days = (expiry - today).days
    if days < 0:
        return translate("stock", "Expired"), "danger", "ban"
    if days <= 30:
        return translate("stock", "{n} days left").format(n=days), "danger", "clock-alert"
    if days <= EXPIRING_DAYS:
        return translate("stock", "{n} days left").format(n=days), "warn", "clock-alert"
    if days <= 90:
        return translate("stock", "{n} days left").format(n=days), "info", "clock"
    return translate("stock", "Good"), "ok", "check"


class ProductModel(QAbstractTableModel):
    """As long as the whole list; a page is asked for when one of its rows is drawn."""

    page_wanted = Signal(int)

    NAME, CODE, LOCATION, STOCK, EXPIRES, STATUS = range(6)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._heads = [
            translate("stock", "Item"),
            translate("stock", "Code"),
            translate("stock", "Place"),
            translate("stock", "Stock"),
            translate("stock", "Expires"),
            translate("stock", "Status"),
        ]
        self._total = 0
        self._pages: dict[int, tuple[Product, ...]] = {}
        self._asked: set[int] = set()
        self.today = date.min  # the first answer brings the clinic's date

    def begin(self, pages: Sequence[ProductPage], today: date) -> None:
        """A first answer or a reload: these pages are fresh, all others are asked again when drawn."""
        self.today = today
        total = pages[0].total if pages else 0
        fresh = {page.first // PAGE: page.rows for page in pages}
        self._resize(total)
        self._pages, self._asked = fresh, set()
        if total:
            self.dataChanged.emit(self.index(0, 0), self.index(total - 1, len(self._heads) - 1))

    def add(self, page: ProductPage) -> None:
        """One more page of the same list."""
        number = page.first // PAGE
        self._asked.discard(number)
        if page.total != self._total:
            self._resize(page.total)
        self._pages[number] = page.rows
        last = min(page.first + len(page.rows), self._total) - 1
        if last >= page.first:
            self.dataChanged.emit(self.index(page.first, 0), self.index(last, len(self._heads) - 1))

    def _resize(self, total: int) -> None:
        if total > self._total:
            self.beginInsertRows(_NO_INDEX, self._total, total - 1)
            self._total = total
            self.endInsertRows()
        elif total < self._total:
            self.beginRemoveRows(_NO_INDEX, total, self._total - 1)
            self._total = total
            self.endRemoveRows()

    def product(self, row: int) -> Product | None:
        """The product of a row, None while its page is on the way."""
        rows = self._pages.get(row // PAGE)
        within = row % PAGE
        if rows is None:
            self._ask(row // PAGE)
            return None
        return rows[within] if within < len(rows) else None

    def row_of(self, item_code: str) -> int:
        """Where a product stands among the pages read so far, else -1."""
        for number, rows in self._pages.items():
            for within, product in enumerate(rows):
                if product.item_code == item_code:
                    return number * PAGE + within
        return -1

    def _ask(self, number: int) -> None:
        if number not in self._asked:
            self._asked.add(number)
            self.page_wanted.emit(number)

    def waiting_pages(self) -> list[int]:
        """Pages that were drawn and not read yet."""
        return sorted(self._asked)

    def forget(self, number: int) -> None:
        """This page is not on its way; ask again when it is drawn."""
        self._asked.discard(number)

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else self._total

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is Qt.Orientation.Horizontal and role == Role.DisplayRole:
            return self._heads[section]
        return None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid() or role not in (*_WORDS, ProductRole, StatusRole):
            return None
        product = self.product(index.row())
        if product is None:
            return "…" if role in _WORDS else None
        if role == ProductRole:
            return product
        status = status_of(product, self.today)
        return status if role == StatusRole else self._words(product, index.column(), status)

    def _words(self, product: Product, column: int, status: str) -> str:
        match column:
            case self.NAME:
                return product.item_name
            case self.CODE:
                return product.item_code
            case self.LOCATION:
                return product.location or "–"
            case self.STOCK:
                return f"{product.stock:,}"
            case self.EXPIRES:
                return words.day(product.earliest_expiry) if product.earliest_expiry else "–"
        return status_tag(status)[0]


class LinesModel(QAbstractTableModel):
    """A short table of words; a column may carry tags."""

    def __init__(
        self, heads: Sequence[str], parent: QObject | None = None, *, numbers: Sequence[int] = ()
    ) -> None:
        super().__init__(parent)
        self._heads, self._numbers = list(heads), frozenset(numbers)
        self._lines: list[tuple[Any, ...]] = []

    def show_lines(self, lines: Sequence[tuple[Any, ...]]) -> None:
        """Each cell is a text or a tag (word, kind, icon)."""
        self.beginResetModel()
        self._lines = list(lines)
        self.endResetModel()

    def rowCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: Index = _NO_INDEX) -> int:
        return 0 if parent.isValid() else len(self._heads)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Role.DisplayRole) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Role.TextAlignmentRole and section in self._numbers:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        return self._heads[section] if role == Role.DisplayRole else None

    def data(self, index: Index, role: int = Role.DisplayRole) -> Any:
        if not index.isValid():
            return None
        cell = self._lines[index.row()][index.column()]
        if role == Role.TextAlignmentRole and index.column() in self._numbers:
            return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        if role == TagRole:
            return cell if isinstance(cell, tuple) else None
        if role in (*_WORDS, Role.ToolTipRole):
            text = cell[0] if isinstance(cell, tuple) else cell
            if role == Role.DisplayRole:
                return text
            spoken = text.replace("\n", ", ")
            return plain_tip(spoken) if role == Role.ToolTipRole else spoken
        return None


def batch_line(batch: Batch, today: date) -> tuple[Any, ...]:
    """Batch, stock, expiry, its state in words."""
    expiry = words.day(batch.expiry_date) if batch.expiry_date else "–"
    tag = expiry_words(batch.expiry_date, today)
    if batch.state != "saleable":
        tag = {
            "quarantine": (translate("stock", "Quarantine"), "warn", "ban"),
            "expired": (translate("stock", "Expired"), "danger", "ban"),
            "recalled": (translate("stock", "Recalled"), "danger", "octagon-alert"),
        }.get(batch.state, (batch.state, "warn", "ban"))
    elif batch.current_stock == 0:
        tag = (translate("stock", "Used up"), "plain", "")
    return batch.batch_number or "–", f"{batch.current_stock:,}", expiry, tag


def movement_line(movement: Movement, zone: tzinfo) -> tuple[Any, ...]:
    """When, what and by whom, batch, quantity with its sign, the batch's balance after it."""
    at = movement.created_at.astimezone(zone)
    sign = "+" if movement.quantity > 0 else "−"
    kinds = {
        "purchase": translate("stock", "Received"),
        "sale": translate("stock", "Dispensed"),
        "expired": translate("stock", "Expired, removed"),
        "adjustment": translate("stock", "Corrected"),
    }
    what = kinds.get(movement.reference_type, movement.movement_type)
    if movement.reference_type == "adjustment" and movement.notes:
        what += f": {movement.notes}"
    if movement.performed_by:
        what += f"\n{movement.performed_by}"
    return (
        f"{at:%d.%m.%y}\n{at:%H:%M}",
        what,
        movement.batch_number or "–",
        f"{sign}{abs(movement.quantity):,}",
        f"{movement.balance:,}",
    )
