"""Fields of directions that one choice cannot say: days of the week, and steps of a taper."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QSpinBox, QVBoxLayout, QWidget

from clinicdesk.domain.errors import InvalidField
from clinicdesk.domain.prescriptions import TaperStep
from clinicdesk.domain.sig_taper import MAX_STEPS
from clinicdesk.domain.sig_words import DAY_NAMES
from ui.screens.prescription.model import read_dose
from ui.widgets.buttons import button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label

_LONGEST = 365


class WeekdayChoice(QWidget):
    """Seven boxes; space ticks, Tab goes on."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Days of the week"))
        self.boxes = [QCheckBox(name[:3]) for name in DAY_NAMES]
        for box, name in zip(self.boxes, DAY_NAMES, strict=True):
            box.setAccessibleName(name)
            box.toggled.connect(self.changed)
        self.setLayout(hbox(*self.boxes, None, spacing=10))

    def days(self) -> tuple[int, ...]:
        """0 is Monday."""
        return tuple(day for day, box in enumerate(self.boxes) if box.isChecked())

    def fill(self, days: Sequence[int]) -> None:
        """Show a sig's days."""
        for day, box in enumerate(self.boxes):
            box.setChecked(day in days)


class _Step(QWidget):
    changed = Signal()

    def __init__(self, number: int) -> None:
        super().__init__()
        self.dose, self.times, self.days = QLineEdit(), QSpinBox(), QSpinBox()
        self.dose.setMaxLength(8)
        self.times.setRange(1, 24)
        self.times.setSuffix(self.tr(" × a day"))
        self.days.setRange(1, _LONGEST)
        self.days.setPrefix(self.tr("for "))
        self.days.setSuffix(self.tr(" days"))
        names = (self.tr("Dose of step {0}"), self.tr("Times a day in step {0}"), self.tr("Days of step {0}"))
        for editor, name in zip((self.dose, self.times, self.days), names, strict=True):
            editor.setAccessibleName(name.format(number))
        head = label(self.tr("{0}. dose").format(number), "muted")
        head.setFixedWidth(56)
        for spin in (self.times, self.days):
            spin.setMinimumWidth(130)
            spin.lineEdit().setTextMargins(8, 0, 0, 0)  # boxes made after the first show lack the padding
        self.setLayout(hbox(head, self.dose, self.times, self.days, None, spacing=10))
        self.dose.textChanged.connect(self.changed)
        self.times.valueChanged.connect(self.changed)
        self.days.valueChanged.connect(self.changed)

    def fill(self, step: TaperStep) -> None:
        self.dose.setText(f"{step.dose.normalize():f}")
        self.times.setValue(step.times_per_day)
        self.days.setValue(step.days)

    def step(self) -> TaperStep:
        low, high = read_dose(self.dose.text())
        if high is not None:
            raise InvalidField("dose", "number")
        return TaperStep(dose=low, times_per_day=self.times.value(), days=self.days.value())


class StepsEdit(QWidget):
    """Two to eight steps, one after the other."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setAccessibleName(self.tr("Steps"))
        self.rows: list[_Step] = []
        self._column = QVBoxLayout()
        self._column.setSpacing(4)
        self.more_button = button(self.tr("Another step"), "plus")
        self.fewer_button = button(self.tr("Remove the last step"), "minus")
        buttons = hbox(self.more_button, self.fewer_button, None, spacing=8)
        self.setLayout(vbox(self._column, buttons, spacing=6))
        self.more_button.clicked.connect(self._more)
        self.fewer_button.clicked.connect(self._fewer)

    def fill(self, steps: Sequence[TaperStep]) -> None:
        """Show these steps, at least two rows."""
        while self.rows:
            self._drop()
        for step in steps:
            self._add().fill(step)
        while len(self.rows) < 2:
            self._add()
        self._enable()

    def steps(self) -> tuple[TaperStep, ...]:
        """What the rows say. Raises InvalidField('dose')."""
        return tuple(row.step() for row in self.rows)

    def _add(self) -> _Step:
        row = _Step(len(self.rows) + 1)
        self.rows.append(row)
        self._column.addWidget(row)
        row.changed.connect(self.changed)
        return row

    def _drop(self) -> None:
        row = self.rows.pop()
        self._column.removeWidget(row)
        row.hide()
        row.deleteLater()

    def _enable(self) -> None:
        self.more_button.setEnabled(len(self.rows) < MAX_STEPS)
        self.fewer_button.setEnabled(len(self.rows) > 2)

    @Slot()
    def _more(self) -> None:
        self._add().dose.setFocus()
        self._enable()
        self.changed.emit()

    @Slot()
    def _fewer(self) -> None:
        self._drop()
        self._enable()
        self.rows[-1].dose.setFocus()
        self.changed.emit()
