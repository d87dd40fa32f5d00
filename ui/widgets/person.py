"""How a patient is written: age, sex, date of birth, and the two-line item of a list."""

from datetime import date

from PySide6.QtCore import (
    QAbstractListModel,
    QCoreApplication,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFont, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from clinicdesk.domain.patients import PatientHit
from ui import theme
from ui.widgets.avatar import paint_avatar
from ui.widgets.text import plain_tip

translate = QCoreApplication.translate
Index = QModelIndex | QPersistentModelIndex
HitRole = Qt.ItemDataRole.UserRole + 1
LineRole = Qt.ItemDataRole.UserRole + 2
LINE_HEIGHT = 46


def age_words(born: date | None, today: date) -> str:
    """'42 y', months below two years, days below one month; '' when the date is not known."""
    if born is None or born > today:
        return ""
    months = (today.year - born.year) * 12 + today.month - born.month - (today.day < born.day)
    if months >= 24:
        return translate("person", "{0} y").format(months // 12)
    if months >= 1:
        return translate("person", "{0} mo").format(months)
    return translate("person", "{0} d").format((today - born).days)


def gender_word(gender: str) -> str:
    """The word for a gender of the seed."""
    words = {
        "female": translate("person", "Female"),
        "male": translate("person", "Male"),
        "other": translate("person", "Other"),
        "prefer_not_to_say": translate("person", "Not said"),
    }
    return words.get(gender, "")


def day_words(day: date | None) -> str:
    """'14.02.1984', or a dash."""
    return f"{day:%d.%m.%Y}" if day else "–"


def hit_words(hit: PatientHit, today: date) -> str:
    """The second line of a hit."""
    parts = [
        gender_word(hit.gender),
        f"{day_words(hit.date_of_birth)} ({age_words(hit.date_of_birth, today)})"
        if hit.date_of_birth
        else "",
        hit.mrn,
        hit.phone,
    ]
    return " · ".join(part for part in parts if part)


class HitModel(QAbstractListModel):
    """Patients found, best first."""

    def __init__(self, today: date) -> None:
        super().__init__()
        self.today = today
        self._hits: list[PatientHit] = []

    def show_hits(self, hits: list[PatientHit]) -> None:
        """Replace the list."""
        self.beginResetModel()
        self._hits = list(hits)
        self.endResetModel()

    def hit(self, index: Index) -> PatientHit | None:
        """The patient at an index."""
        return self._hits[index.row()] if index.isValid() else None

    def rowCount(self, parent: Index = QModelIndex()) -> int:
        return 0 if parent.isValid() else len(self._hits)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        hit = self.hit(index)
        if hit is None:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return hit.name
        if role == LineRole:
            return hit_words(hit, self.today)
        if role in (Qt.ItemDataRole.AccessibleTextRole, Qt.ItemDataRole.ToolTipRole):
            spoken = f"{hit.name}, {hit_words(hit, self.today)}"
            return plain_tip(spoken) if role == Qt.ItemDataRole.ToolTipRole else spoken
        return hit if role == HitRole else None


class TwoLines(QStyledItemDelegate):
    """Disc, name, and a quiet line under it (``LineRole``)."""

    def sizeHint(self, option: QStyleOptionViewItem, index: Index) -> QSize:
        return QSize(120, LINE_HEIGHT)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens, rect = theme.current(), option.rect
        name = str(index.data(Qt.ItemDataRole.DisplayRole))
        selected = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if selected:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent_soft))
            painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 7, 7)
            painter.fillRect(
                QRect(rect.left() + 1, rect.top() + 9, 3, rect.height() - 18), QColor(tokens.accent)
            )
        paint_avatar(painter, rect.left() + 10, rect.center().y() - 14, size=28, name=name)
        text = rect.adjusted(48, 5, -8, -5)
        upper, lower = QRect(text), QRect(text)
        upper.setHeight(text.height() // 2)
        lower.setTop(upper.bottom() + 1)
        self._line(painter, upper, name, font=theme.font(13, QFont.Weight.DemiBold), colour=tokens.text)
        below = str(index.data(LineRole) or "")
        self._line(painter, lower, below, font=theme.font(11), colour=tokens.muted)
        painter.restore()

    def _line(self, painter: QPainter, rect: QRect, text: str, *, font: QFont, colour: str) -> None:
        painter.setFont(font)
        painter.setPen(QColor(colour))
        cut = painter.fontMetrics().elidedText(text, Qt.TextElideMode.ElideRight, rect.width())
        painter.drawText(rect, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, cut)
