"""The patients found, as a table."""

from datetime import date

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from clinicdesk.domain.patients import PatientHit
from ui.widgets.person import age_words, day_words, gender_word

Index = QModelIndex | QPersistentModelIndex
NONE = QModelIndex()


class HitTable(QAbstractTableModel):
    """Best first: the order is the answer's."""

    NAME, MRN, BORN, GENDER, PHONE = range(5)

    def __init__(self, today: date, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._today = today
        self._hits: list[PatientHit] = []

    def show_hits(self, hits: list[PatientHit]) -> None:
        """Replace the rows."""
        self.beginResetModel()
        self._hits = list(hits)
        self.endResetModel()

    def hit(self, row: int) -> PatientHit | None:
        """The patient of a row."""
        return self._hits[row] if 0 <= row < len(self._hits) else None

    def rowCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else len(self._hits)

    def columnCount(self, parent: Index = NONE) -> int:
        return 0 if parent.isValid() else 5

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = 0) -> object:
        if role != Qt.ItemDataRole.DisplayRole or orientation is Qt.Orientation.Vertical:
            return None
        titles = (self.tr("Name"), self.tr("MRN"), self.tr("Born"), self.tr("Sex"), self.tr("Phone"))
        return titles[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self.hit(index.row()) if index.isValid() else None
        if hit is None:
            return None
        if role in (Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._cell(hit, index.column())
        return None

    def _cell(self, hit: PatientHit, column: int) -> str:
        born = day_words(hit.date_of_birth)
        if hit.date_of_birth:
            born += f"  ({age_words(hit.date_of_birth, self._today)})"
        name = f"{hit.name}  🔒" if hit.restricted else hit.name
        return (name, hit.mrn, born, gender_word(hit.gender), hit.phone)[column]
