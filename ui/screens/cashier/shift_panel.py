"""The shift: opened with its float, counted by notes and by method, explained, handed over."""

from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QIntValidator
from PySide6.QtWidgets import QComboBox, QFrame, QGridLayout, QHBoxLayout, QLineEdit, QScrollArea, QWidget

from clinicdesk.domain.ledger import METHODS, ZERO, Shift, amount_of, variance
from clinicdesk.printing.words import money
from clinicdesk.services.till import DENOMINATIONS
from ui.widgets.banner import Banner
from ui.widgets.buttons import button
from ui.widgets.choose import fill
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.payment_words import payment_methods
from ui.widgets.text import label

LARGEST_COUNT = 99_999
NOTE_WIDTH, ENTRY_WIDTH = 34, 60


class ShiftPanel(QFrame):
    """Counted against the ledger while typing; a difference asks for its reason."""

    open_asked = Signal(str)
    close_asked = Signal(object, object, str, object, object)
    """Shift, counted by method, reason, left in the drawer, who takes over or None."""
    accept_asked = Signal(object)

    def __init__(self, currency: str, zone: ZoneInfo) -> None:
        super().__init__()
        self.setObjectName("Card")
        self._currency, self._zone = currency, zone
        self.shift: Shift | None = None
        self._offered: Shift | None = None
        self.title = label(self.tr("Your shift"), "title")
        self.state = label("", "muted", wrap=True)
        self.handed = Banner("info", "", action=self.tr("Take over"))
        self.handed.hide()
        self.handed.acted.connect(self._accept)
        self._make_opening()
        self._make_counting()
        page = vbox(
            self.title, self.state, self.handed, self.opening, self._scroll, self.difference,
            margins=(16, 14, 10, 14), spacing=8,
        )  # fmt: skip
        page.addLayout(hbox(None, self.close_button, margins=(0, 0, 6, 0)))
        page.setStretch(4, 1)
        self.setLayout(page)

    def _make_opening(self) -> None:
        self.opening_float = QLineEdit()
        self.opening_float.returnPressed.connect(self._open)
        self.float_field = Field(self.tr("Money in the drawer at the start"), self.opening_float)
        self.open_button = button(self.tr("Open shift"), "lock-open", primary=True)
        self.open_button.setAutoDefault(True)
        self.open_button.clicked.connect(self._open)
        self.opening = QWidget()
        self.opening.setLayout(vbox(self.float_field, hbox(None, self.open_button), None, spacing=10))

    def _make_counting(self) -> None:
        self.notes: dict[int, QLineEdit] = {}
        grid = QGridLayout()
        grid.setHorizontalSpacing(8)
        grid.setVerticalSpacing(4)
        for at, value in enumerate(DENOMINATIONS):
            made = QLineEdit()
            made.setValidator(QIntValidator(0, LARGEST_COUNT, made))
            made.setAccessibleName(self.tr("How many of {0}").format(value))
            made.setMinimumWidth(NOTE_WIDTH)
            made.textChanged.connect(self._notes_changed)
            self.notes[value] = made
            grid.addWidget(label(f"{value} ×", "small"), at // 4, at % 4 * 2)
            grid.addWidget(made, at // 4, at % 4 * 2 + 1)
        words = dict(payment_methods())
        self.counts: dict[str, QLineEdit] = {}
        self.fields: dict[str, Field] = {}
        for method in METHODS:
            made = QLineEdit()
            made.setMinimumWidth(ENTRY_WIDTH)
            made.textChanged.connect(self._compare)
            self.counts[method] = made
            self.fields[method] = Field(words[method], made)
        self.reason, self.left, self.to = QLineEdit(), QLineEdit(), QComboBox()
        self.to.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.to.setMinimumContentsLength(8)
        for editor in (self.reason, self.left):
            editor.setMinimumWidth(ENTRY_WIDTH)
        self.fields["reason"] = Field(self.tr("Reason of the difference"), self.reason)
        self.fields["left"] = Field(self.tr("Left in the drawer"), self.left)
        self.fields["to"] = Field(self.tr("Handed over to"), self.to)
        self.difference = Banner("ok", "")
        self.close_button = button(self.tr("Close shift"), "lock", primary=True)
        self.close_button.setAutoDefault(True)
        self.close_button.clicked.connect(self.submit)
        for editor in (*self.counts.values(), self.reason, self.left):
            editor.returnPressed.connect(self.submit)
        f = self.fields
        inside = QWidget()
        inside.setLayout(
            vbox(
                label(self.tr("Notes and coins"), "h2"), grid, f["cash"],
                _pair(f["card"], f["pos"]), _pair(f["transfer"], f["insurance"]),
                f["reason"], _pair(f["left"], f["to"]), None, margins=(0, 0, 8, 0), spacing=8,
            )
        )  # fmt: skip
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setWidget(inside)

    def show_shifts(
        self, mine: Shift | None, offered: Shift | None, cashiers: Sequence[tuple[UUID, str]]
    ) -> None:
        """The own one; what was typed for it stays."""
        fresh = (mine.id if mine else None) != (self.shift.id if self.shift else None)
        self.shift, self._offered = mine, offered
        self.opening.setVisible(mine is None)
        for part in (self._scroll, self.difference, self.close_button):
            part.setVisible(mine is not None)
        self.handed.setVisible(offered is not None)
        if offered is not None:
            text = money(offered.left_in_drawer, self._currency)
            self.handed.show_text(self.tr("{0} hands over the till").format(offered.cashier), text)
        fill(self.to, [(self.tr("Nobody"), None), *((name, user) for user, name in cashiers)])
        if mine is None:
            self.state.setText(self.tr("Not open. The first payment opens it with nothing in the drawer."))
            return
        expected = money(sum(mine.expected.values(), ZERO), self._currency)
        self.state.setText(
            self.tr("Open since {0}, {1} at the start; {2} by the ledger now.").format(
                f"{mine.opened_at.astimezone(self._zone):%H:%M}",
                money(mine.opening_float, self._currency),
                expected,
            )
        )
        if fresh:
            for editor in (*self.notes.values(), *self.counts.values(), self.reason, self.left):
                editor.clear()
        self._compare()

    def focus_first(self) -> None:
        """Where counting begins."""
        (self.opening_float if self.shift is None else self.notes[DENOMINATIONS[0]]).setFocus()

    def show_wrong(self, field: str, text: str) -> bool:
        """A refusal at its field; False when it is not one of these."""
        found = self.float_field if field == "float" else self.fields.get(field)
        if found is None:
            return False
        found.show_error(text)
        found.editor.setFocus()
        self._scroll.ensureWidgetVisible(found)
        return True

    def counted(self) -> dict[str, Decimal]:
        """By method, as typed. Raises InvalidOperation."""
        return {method: amount_of(editor.text()) for method, editor in self.counts.items()}

    @Slot()
    def _notes_changed(self) -> None:
        pieces = [(value, int(editor.text() or 0)) for value, editor in self.notes.items()]
        self.counts["cash"].setText(str(sum(value * count for value, count in pieces)))

    @Slot()
    def _compare(self) -> None:
        if self.shift is None:
            return
        try:
            off = {m: x for m, x in variance(self.counted(), self.shift.expected).items() if x}
        except InvalidOperation:
            self.difference.show_text(self.tr("Enter numbers."), kind="warn")
            return
        words = dict(payment_methods())
        if not off:
            self.difference.show_text(self.tr("Counted and ledger agree."), kind="ok")
        else:
            parts = [
                (self.tr("{0}: {1} missing") if x < 0 else self.tr("{0}: {1} too much")).format(
                    words[m], money(abs(x), self._currency)
                )
                for m, x in off.items()
            ]
            self.difference.show_text(self.tr("Difference"), ", ".join(parts), kind="warn")

    @Slot()
    def submit(self) -> None:
        """Ask to close with what was counted."""
        if self.shift is None:
            return
        try:
            counted, left = self.counted(), amount_of(self.left.text())
        except InvalidOperation:
            self._compare()
            return
        self.close_asked.emit(self.shift, counted, self.reason.text(), left, self.to.currentData())

    @Slot()
    def _open(self) -> None:
        self.open_asked.emit(self.opening_float.text())

    @Slot()
    def _accept(self) -> None:
        if self._offered is not None:
            self.accept_asked.emit(self._offered)


def _pair(one: QWidget, other: QWidget) -> QHBoxLayout:
    made = hbox(one, other)
    made.setStretch(0, 1)
    made.setStretch(1, 1)
    return made
