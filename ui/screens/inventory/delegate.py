"""The stock bar with its reorder mark, and tags, drawn in cells."""

from PySide6.QtCore import QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from clinicdesk.domain.stock import Product
from ui import theme
from ui.screens.inventory.model import Index, ProductModel, ProductRole, StatusRole, TagRole, status_tag
from ui.widgets.table import RowDelegate
from ui.widgets.tag import kind_look, paint_tag

_EDGE = 15
_NEAR = 8
_FIGURES = 52


class TagDelegate(RowDelegate):
    """Small rows of the detail panel: words close together, or a tag."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        tag = index.data(TagRole)
        box = option.rect.adjusted(_NEAR, 0, -_NEAR, 0)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, tokens.colour("accent_soft"))
        if tag is not None:
            word, kind, icon = tag
            paint_tag(painter, box, word, kind_look(kind, icon))
        else:
            font = theme.font(12, digits=True)
            painter.setFont(font)
            painter.setPen(QColor(tokens.text))
            measure, elide = QFontMetrics(font), Qt.TextElideMode.ElideRight
            lines = str(index.data()).split("\n")
            fitted = "\n".join(measure.elidedText(line, elide, box.width()) for line in lines)
            side = index.data(Qt.ItemDataRole.TextAlignmentRole) or Qt.AlignmentFlag.AlignLeft
            painter.drawText(box, side | Qt.AlignmentFlag.AlignVCenter, fitted)
        painter.setPen(QColor(tokens.grid))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        painter.restore()
        if option.state & QStyle.StateFlag.State_HasFocus:
            self.paint_focus(painter, option)


class StockDelegate(RowDelegate):
    """A row of the list of products; ``narrow``: code and place stand under the name."""

    narrow = False

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Index) -> None:
        tokens = theme.current()
        product = index.data(ProductRole)
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(option.rect, tokens.colour("accent_soft"))
        box = option.rect.adjusted(_EDGE, 0, -8, 0)
        if isinstance(product, Product) and index.column() == ProductModel.STOCK:
            self._bar(painter, box, product, str(index.data(StatusRole)))
        elif isinstance(product, Product) and index.column() == ProductModel.STATUS:
            word, kind, icon = status_tag(str(index.data(StatusRole)))
            paint_tag(painter, box, word, kind_look(kind, icon))
        elif isinstance(product, Product) and index.column() == ProductModel.NAME and self.narrow:
            self._text(painter, box.adjusted(0, 6, 0, -box.height() // 2 + 2), product.item_name, strong=True)
            where = " · ".join(part for part in (product.item_code, product.location) if part)
            self._text(painter, box.adjusted(0, box.height() // 2, 0, -4), where, strong=False)
        else:
            strong = index.column() == ProductModel.NAME
            self._text(painter, box, str(index.data() or ""), strong=strong)
        painter.setPen(QColor(tokens.grid))
        painter.drawLine(option.rect.bottomLeft(), option.rect.bottomRight())
        painter.restore()
        if option.state & QStyle.StateFlag.State_HasFocus:
            self.paint_focus(painter, option)

    def _text(self, painter: QPainter, box: QRect, text: str, *, strong: bool) -> None:
        tokens = theme.current()
        font = theme.font(13, QFont.Weight.Medium if strong else QFont.Weight.Normal, digits=True)
        painter.setFont(font)
        painter.setPen(QColor(tokens.text if strong else tokens.muted))
        fitted = QFontMetrics(font).elidedText(text, Qt.TextElideMode.ElideRight, box.width())
        painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, fitted)

    def _bar(self, painter: QPainter, box: QRect, product: Product, status: str) -> None:
        tokens = theme.current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(theme.font(13, digits=True))
        painter.setPen(QColor(tokens.text))
        figures = QRect(box.left(), box.top(), _FIGURES, box.height())
        painter.drawText(
            figures, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight, f"{product.stock:,}"
        )
        bar = QRectF(box.left() + _FIGURES + 10, box.center().y() - 3, box.width() - _FIGURES - 14, 7)
        if bar.width() < 12:
            return
        full = max(product.maximum_stock or 0, product.minimum_stock * 2, product.stock, 1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.surface2))
        painter.drawRoundedRect(bar, 3.5, 3.5)
        filled = QRectF(bar)
        filled.setWidth(bar.width() * product.stock / full)
        painter.setBrush(
            tokens.colour({"low": "warn", "out": "danger", "expired": "danger"}.get(status, "accent"))
        )
        painter.drawRoundedRect(filled, 3.5, 3.5)
        if product.minimum_stock:
            at = bar.left() + bar.width() * product.minimum_stock / full
            painter.setPen(QPen(QColor(tokens.text), 1.4))
            painter.drawLine(int(at), int(bar.top() - 3), int(at), int(bar.bottom() + 3))
