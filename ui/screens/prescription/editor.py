"""Structured directions of one medicine, read back in words before they are added (spec 4.2)."""

from dataclasses import replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QCheckBox, QComboBox, QGridLayout, QLineEdit, QSpinBox, QWidget

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import Medicine, Sig
from clinicdesk.services.prescribing import Candidate
from ui.screens.prescription.lookup import MedicineLookup
from ui.screens.prescription.model import (
    ROUTES,
    STEPS,
    UNITS,
    WEEKDAYS,
    SigForm,
    dose_text,
    frequency_of,
    frequency_words,
    problem_words,
    stock_tag,
)
from ui.screens.prescription.pattern import StepsEdit, WeekdayChoice
from ui.widgets.banner import announce
from ui.widgets.buttons import button
from ui.widgets.card import Card
from ui.widgets.field import Field
from ui.widgets.layouts import hbox, vbox
from ui.widgets.tag import Tag
from ui.widgets.text import label

_LONGEST, _MOST = 730, 1_000_000


class SigEditor(Card):
    """``added(line, number)``: the finished line, and which line it replaces (None: a new one)."""

    added = Signal(object, object)
    closed = Signal()

    def __init__(self, lookup: MedicineLookup) -> None:
        super().__init__()
        self._lookup = lookup
        self._candidate: Candidate | None = None
        self._sig: Sig | None = None
        self._number: int | None = None
        self._filling = False
        self._title = label("", "h2")
        self._stock = Tag("")
        self.words = label("", "h2", wrap=True)
        self.words.setAccessibleName(self.tr("Directions in words"))
        self.advice = label("", "small", wrap=True)
        self.advice.setAccessibleName(self.tr("Child dose by weight"))
        self._assumed = label("", "small", wrap=True)
        self.error_label = label("", "error", wrap=True)
        self._make_fields()
        self._lay_out()
        self._connect()
        self.advice.hide()
        lookup.advised.connect(self._advise)
        self.hide()

    def _make_fields(self) -> None:
        self.dose, self.timing, self.instructions = QLineEdit(), QLineEdit(), QLineEdit()
        self.dose.setMaxLength(12)
        self.timing.setMaxLength(60)
        self.instructions.setMaxLength(300)
        self.unit, self.route, self.frequency = QComboBox(), QComboBox(), QComboBox()
        self.unit.addItems(list(UNITS))
        self.route.addItem(self.tr("choose…"), "")
        for route in ROUTES:
            self.route.addItem(route, route)
        self.frequency.addItem(self.tr("choose…"), "")
        for key, text in frequency_words().items():
            self.frequency.addItem(text, key)
        self.days, self.quantity, self.limit = QSpinBox(), QSpinBox(), QSpinBox()
        self.days.setRange(0, _LONGEST)
        self.days.setSuffix(self.tr(" days"))
        self.days.setSpecialValueText(self.tr("no end"))
        self.quantity.setRange(1, _MOST)
        self.limit.setRange(1, 24)
        for box in (self.unit, self.route, self.frequency):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(6)
        for narrow in (self.dose, self.timing, self.instructions, self.days, self.quantity, self.limit):
            narrow.setMinimumWidth(60)
        self.prn = QCheckBox(self.tr("If needed"))
        self.prn.setAccessibleName(self.tr("When needed"))
        self.weekdays, self.steps = WeekdayChoice(), StepsEdit()
        self.add_button = button(self.tr("Add"), "plus")
        self.close_button = button(self.tr("Close"))

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(10)
        grid.setVerticalSpacing(6)
        rows: tuple[tuple[tuple[str, QWidget, int], ...], ...] = (
            (
                (self.tr("Dose"), self.dose, 1),
                (self.tr("Unit"), self.unit, 1),
                (self.tr("Route"), self.route, 1),
                (self.tr("How often"), self.frequency, 2),
                (self.tr("For"), self.days, 1),
            ),
            (
                (self.tr("Limit"), self.prn, 1),
                (self.tr("Doses in 24 h"), self.limit, 1),
                (self.tr("Timing"), self.timing, 1),
                (self.tr("Instructions"), self.instructions, 2),
                (self.tr("Quantity"), self.quantity, 1),
            ),
        )
        for y, row in enumerate(rows):
            x = 0
            for name, editor, span in row:
                grid.addWidget(Field(name, editor), y, x, 1, span)
                x += span
        for column, share in enumerate((4, 5, 5, 4, 4, 5)):
            grid.setColumnStretch(column, share)
        self.prn.setAccessibleName(self.tr("When needed"))
        buttons = hbox(self.add_button, self.close_button)
        read_back = hbox(vbox(self.words, self._assumed, self.error_label, spacing=2), buttons, spacing=12)
        read_back.setStretch(0, 1)
        head = hbox(self._title, None, self._stock)
        self.setLayout(
            vbox(
                head,
                self.advice,
                grid,
                self.weekdays,
                self.steps,
                read_back,
                margins=(14, 10, 14, 10),
                spacing=8,
            )
        )

    def _connect(self) -> None:
        for line in (self.dose, self.timing, self.instructions):
            line.textChanged.connect(self._changed)
        for box in (self.unit, self.route, self.frequency):
            box.currentIndexChanged.connect(self._changed)
        for spin in (self.days, self.limit):
            spin.valueChanged.connect(self._changed)
        self.weekdays.changed.connect(self._changed)
        self.steps.changed.connect(self._changed)
        self.prn.toggled.connect(self._changed)
        self.prn.toggled.connect(self.limit.setEnabled)
        self.quantity.valueChanged.connect(self._counted_by_hand)
        self.add_button.clicked.connect(self._add)
        self.close_button.clicked.connect(self.close_editor)

    # -- in and out

    def open_with(self, candidate: Candidate, number: int | None = None) -> None:
        """Fill the fields; the focus goes to Add when everything is known, else to what is missing."""
        self.advice.hide()
        self._candidate, self._number, self._sig = candidate, number, candidate.sig
        medicine = candidate.medicine
        self._title.setText(medicine.label)
        self.setAccessibleName(self.tr("Directions for {0}").format(medicine.label))
        self.add_button.setText("  " + (self.tr("Add") if number is None else self.tr("Change")))
        self._filling = True
        self._fill(candidate)
        self._filling = False
        self.show()
        if candidate.sig is None:
            self._changed()
        else:
            self._say(candidate)
            if candidate.quantity is not None:
                self._set_quantity(candidate.quantity)
        self._focus_first_gap()

    @Slot(object, str)
    def _advise(self, medicine: Medicine, text: str) -> None:
        if self._candidate is not None and self._candidate.medicine == medicine:
            self.advice.setText(text)
            self.advice.setVisible(bool(text))

    def _fill(self, candidate: Candidate) -> None:
        sig = candidate.sig
        unit = sig.unit if sig else self._lookup.dose_unit(candidate)
        self._choose(self.unit, unit)
        self._choose(self.route, sig.route if sig else candidate.entry.route, data=True)
        self._choose(self.frequency, frequency_of(sig) if sig else "", data=True)
        self.frequency.setItemText(0, self.tr("as typed") if sig else self.tr("choose…"))
        self.dose.setText(dose_text(sig) if sig else "1")
        self.days.setValue((sig.duration_days or 0) if sig else 0)
        self.prn.setChecked(bool(sig and sig.prn))
        self.limit.setEnabled(self.prn.isChecked())
        self.limit.setValue(sig.max_per_day if sig and sig.max_per_day else 4)
        self.weekdays.fill(sig.weekdays if sig else ())
        self.steps.fill(sig.steps if sig else ())
        self._show_pattern()
        self.timing.setText(sig.timing if sig else "")
        self.instructions.setText(sig.instructions if sig else "")

    @staticmethod
    def _choose(box: QComboBox, value: str, *, data: bool = False) -> None:
        at = box.findData(value) if data else box.findText(value)
        if at < 0 and value and value != "IV/IM":
            box.addItem(value, value)
            at = box.count() - 1
        box.setCurrentIndex(max(at, 0))

    def _focus_first_gap(self) -> None:
        if self._candidate is not None and self._candidate.line is not None:
            self.add_button.setFocus()
        elif not self.route.currentData():
            self.route.setFocus()
        elif not self.frequency.currentData():
            self.frequency.setFocus()
        else:
            self.dose.setFocus()
            self.dose.selectAll()

    def _form(self) -> SigForm:
        return SigForm(
            dose=self.dose.text(),
            unit=self.unit.currentText(),
            route=self.route.currentData() or "",
            frequency=self.frequency.currentData() or "",
            days=self.days.value(),
            prn=self.prn.isChecked(),
            max_per_day=self.limit.value(),
            timing=self.timing.text(),
            instructions=self.instructions.text(),
            weekdays=self.weekdays.days(),
            steps=self.steps.steps() if self.frequency.currentData() == STEPS else (),
        )

    def _show_pattern(self) -> None:
        """The row that belongs to the frequency; a taper's steps say dose and days themselves."""
        chosen = self.frequency.currentData()
        self.weekdays.setVisible(chosen == WEEKDAYS)
        self.steps.setVisible(chosen == STEPS)
        for editor in (self.dose, self.days, self.prn):
            editor.setEnabled(chosen != STEPS)

    @Slot()
    def _changed(self) -> None:
        if self._filling or self._candidate is None:
            return
        self._show_pattern()
        try:
            sig = self._form().sig(self._sig)
        except InvalidField as problem:
            self._candidate = replace(self._candidate, quantity=None, words="", problem=problem)
            self._say(self._candidate)
            return
        self._candidate = self._lookup.count(self._candidate, sig)
        self._say(self._candidate)
        if self._candidate.quantity is not None:
            self._set_quantity(self._candidate.quantity)

    def _set_quantity(self, number: int) -> None:
        self._filling = True
        self.quantity.setValue(number)
        self._filling = False

    @Slot()
    def _counted_by_hand(self) -> None:
        if not self._filling and self._candidate is not None and self._candidate.quantity is not None:
            self._candidate = replace(self._candidate, quantity=self.quantity.value())
            self._show_stock()

    def _say(self, candidate: Candidate) -> None:
        problem = "" if candidate.problem is None else problem_words(candidate.problem)
        self.words.setText("" if problem else candidate.words)
        self.words.setVisible(not problem)
        assumed = ", ".join(candidate.assumptions)
        self._assumed.setText(self.tr("Assumed: {0}").format(assumed) if assumed else "")
        self._assumed.setVisible(bool(assumed))
        self.error_label.setText(problem)
        self.error_label.setVisible(bool(problem))
        self.add_button.setEnabled(candidate.line is not None)
        self.quantity.setEnabled(candidate.quantity is not None)
        self._show_stock()
        announce(self, problem or candidate.words)

    def _show_stock(self) -> None:
        if self._candidate is not None:
            days = self.days.value() or 30
            needed = self._candidate.quantity or 1
            self._stock.show_tag(
                *stock_tag(self._candidate.medicine, needed=needed, ends=self._lookup.day_in(days))
            )

    @Slot()
    def _add(self) -> None:
        line = self._candidate.line if self._candidate else None
        if line is not None:
            number = self._number
            self.close_editor()
            self.added.emit(line, number)

    @Slot()
    def close_editor(self) -> None:
        """Leave without adding."""
        if not self.isHidden():
            self._candidate = None
            self.hide()
            self.closed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        plain = not event.modifiers() & Qt.KeyboardModifier.ControlModifier
        entered = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and plain
        if event.key() == Qt.Key.Key_Escape or (entered and self.close_button.hasFocus()):
            self.close_editor()
        elif entered:
            self._add()
        else:
            super().keyPressEvent(event)
