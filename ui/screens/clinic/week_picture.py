"""A doctor's week as bars: when they work, with the break cut out. The list beside it says the same."""

from collections.abc import Sequence
from datetime import date, time

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from clinicdesk.domain.administration import Record
from clinicdesk.domain.slots import Span, cut, merge
from clinicdesk.domain.wall_clock import DAY, minutes
from ui import theme
from ui.screens.clinic.model import WEEK, weekday_word

HEIGHT, HEAD, LEFT = 190, 22, 40
EARLY, LATE = 6 * 60, 20 * 60


def worked(rows: Sequence[Record], weekday: int, *, on: date) -> list[Span]:
    """Minutes of a day of the week that are worked, breaks left out, by the rows that hold ``on`` a day."""
    spans: list[Span] = []
    for row in rows:
        if row.values["day_of_week"] == weekday and _holds(row, on):
            spans += cut(
                [_span(row, "start_time", "end_time")], [_span(row, "break_start_time", "break_end_time")]
            )
    return merge(spans)


def _holds(row: Record, day: date) -> bool:
    first, last = row.values["valid_from"], row.values["valid_to"]
    return not (isinstance(first, date) and day < first) and not (isinstance(last, date) and last < day)


def _span(row: Record, start: str, end: str) -> Span:
    first, last = row.values[start], row.values[end]
    return (minutes(first), minutes(last)) if isinstance(first, time) and isinstance(last, time) else (0, 0)


class WeekPicture(QWidget):
    """Seven columns from the earliest to the latest minute that is worked."""

    def __init__(self) -> None:
        super().__init__()
        self._days: list[list[Span]] = [[] for _ in WEEK]
        self.setFixedHeight(HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(self.tr("The week as a picture"))
        theme.notices.theme_changed.connect(self.update)

    def show_rows(self, rows: Sequence[Record], today: date) -> None:
        """The rows of one doctor."""
        self._days = [worked(rows, weekday, on=today) for weekday in WEEK]
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(480, HEIGHT)

    def _bounds(self) -> Span:
        ends = [minute for day in self._days for span in day for minute in span]
        first, last = min([EARLY, *ends]), max([LATE, *ends])
        return first // 60 * 60, min(-(-last // 60) * 60, DAY)

    def paintEvent(self, event: QPaintEvent) -> None:
        tokens = theme.current()
        first, last = self._bounds()
        scale = (HEIGHT - HEAD - 8) / (last - first)
        width = (self.width() - LEFT - 8) / len(WEEK)
        with QPainter(self) as painter:
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setFont(theme.font(11, digits=True))
            for hour in range(first // 60, last // 60 + 1, 2):
                y = HEAD + (hour * 60 - first) * scale
                painter.setPen(QColor(tokens.grid))
                painter.drawLine(LEFT, round(y), self.width() - 8, round(y))
                painter.setPen(QColor(tokens.muted))
                box = QRectF(0, y - 8, LEFT - 8, 16)
                painter.drawText(
                    box, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, f"{hour:02d}"
                )
            for number, weekday in enumerate(WEEK):
                left = LEFT + number * width
                painter.setPen(QColor(tokens.muted))
                head = QRectF(left, 0, width, HEAD - 4)
                painter.drawText(head, Qt.AlignmentFlag.AlignCenter, weekday_word(weekday)[:3])
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(tokens.accent))
                for start, end in self._days[number]:
                    bar = QRectF(left + 6, HEAD + (start - first) * scale, width - 12, (end - start) * scale)
                    painter.drawRoundedRect(bar, 4, 4)
