"""One prescribed medicine: what was ordered, how much to hand out now, from which batches."""

from collections.abc import Sequence

from PySide6.QtCore import QCoreApplication, QSignalBlocker, Qt, Signal, Slot
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QComboBox, QFrame, QLabel, QLineEdit, QSpinBox

from clinicdesk.domain.prescriptions import Finding, PrescriptionItem
from clinicdesk.domain.stock import EarlierFill, Lot, Pick, SupplyLine
from clinicdesk.printing import words
from clinicdesk.services.pharmacy import Shortage
from ui.widgets.buttons import link_button
from ui.widgets.layouts import hbox, vbox
from ui.widgets.tag import Tag
from ui.widgets.text import IconLabel, label

translate = QCoreApplication.translate


class Flag(QFrame):
    """Icon and words on a soft ground; kinds danger, warn, info, ok."""

    def __init__(self, kind: str = "info", icon: str = "info", text: str = "") -> None:
        super().__init__()
        self._icon = IconLabel(icon, name=kind, role=f"on_{kind}_soft")
        self._text = label(text, wrap=True)
        row = hbox(self._icon, self._text, margins=(10, 5, 10, 5))
        row.setStretch(1, 1)
        self.setLayout(row)
        self.show_flag(text, kind, icon)

    def show_flag(self, text: str, kind: str, icon: str) -> None:
        self.kind = kind
        self._text.setText(text)
        self._icon.show_icon(icon, f"on_{kind}_soft")
        self._icon.setAccessibleName(text)
        self.setAccessibleName(text)
        self.setProperty("kind", kind)
        for widget in (self, self._text):
            widget.style().unpolish(widget)
            widget.style().polish(widget)

    def text(self) -> str:
        return self._text.text()


class QuantityBox(QSpinBox):
    """Turning the wheel scrolls the page and never changes a quantity."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class ItemCard(QFrame):
    """``changed`` fires when the quantity to supply is another."""

    changed = Signal()

    def __init__(self, item: PrescriptionItem, *, quantity: int, may_supply: bool) -> None:
        super().__init__()
        self.setObjectName("Card")
        self.item = item
        self._may_supply = may_supply
        self._owing = max(0, item.quantity - item.supplied)
        self._available = 0
        self.name = " ".join(part for part in (item.medication_name, item.strength, item.form) if part)
        self.box = QuantityBox()
        self.box.setAccessibleName(self.tr("Quantity of {0} to supply").format(self.name))
        self.box.setRange(0, self._owing)
        self.box.setValue(min(quantity, self._owing))
        self.box.setFixedWidth(96)
        self.box.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.box.setEnabled(may_supply and self._owing > 0)
        self._picks = vbox(spacing=2)
        self._checks = vbox(spacing=4)
        self.batch = QComboBox()
        self.batch.setAccessibleName(self.tr("Batch of {0}").format(self.name))
        self.batch.addItem(self.tr("First to expire"), None)
        self.reason = QLineEdit()
        self.reason.setAccessibleName(self.tr("Reason for this batch of {0}").format(self.name))
        self.reason.setPlaceholderText(self.tr("Reason for this batch"))
        self.reason.hide()
        self.batch.currentIndexChanged.connect(self._batch_changed)
        self._skipped = label("", "small", wrap=True)
        self._skipped.hide()
        self._short = label("", "error", wrap=True)
        self._short.hide()
        self._part = link_button("", "package")
        self._part.hide()
        self._part.clicked.connect(self._take_available)
        self.box.valueChanged.connect(self._quantity_changed)
        self._lay_out()

    def _lay_out(self) -> None:
        item = self.item
        head = hbox(label(self.name, "h2", wrap=True), self._state_tag())
        head.setStretch(0, 1)
        column = vbox(
            head, label(item.directions or item.dosage, wrap=True), margins=(14, 10, 14, 10), spacing=5
        )
        if item.instructions:
            column.addWidget(label(item.instructions, "muted", wrap=True))
        if item.override_reason:
            text = self.tr("Prescriber's reason for a warning: {0}").format(
                reason_words(item.override_reason)
            )
            column.addWidget(Flag("warn", "triangle-alert", text))
        ordered = self.tr("Prescribed {0} · supplied {1}").format(
            words.quantity(item.quantity, item.form), f"{item.supplied:,}"
        )
        supply = label(self.tr("To supply"), "muted")
        supply.setBuddy(self.box)
        column.addLayout(hbox(label(ordered, "muted"), None, supply, self.box))
        if self._owing == 0:
            supply.hide()
            self.box.hide()
        self._batch_word = label(self.tr("Batch"), "muted")
        self._batch_word.setBuddy(self.batch)
        chosen = hbox(self._batch_word, self.batch, self.reason)
        chosen.setStretch(2, 1)
        chosen.addStretch(1)
        column.addLayout(chosen)
        for part in (self._batch_word, self.batch):
            part.hide()
        column.addLayout(self._picks)
        column.addWidget(self._skipped)
        column.addLayout(hbox(self._short, self._part))
        column.insertLayout(2, self._checks)
        self.setLayout(column)

    def show_checks(self, findings: Sequence[Finding], fills: Sequence[EarlierFill]) -> None:
        """Findings of today and earlier fills, worst first; what was not checked in one line."""
        while (old := self._checks.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.deleteLater()
        for finding in findings:
            if finding.checked:
                self._checks.addWidget(finding_flag(finding))
        for fill in fills:
            text = self.tr("Filled before: {0} on {1} ({2}); it should last until {3}.").format(
                words.quantity(fill.quantity, self.item.form),
                words.day(fill.on),
                fill.number,
                words.day(fill.lasts_until),
            )
            self._checks.addWidget(Flag("warn", "history", text))
        unchecked = [one.title.removeprefix("Not checked: ") for one in findings if not one.checked]
        if unchecked:
            line = label(self.tr("Not checked: {0}").format("; ".join(unchecked)), "small", wrap=True)
            self._checks.addWidget(line)

    def checks_text(self) -> str:
        """The checks in words, for tests and screen readers."""
        found = (self._checks.itemAt(number) for number in range(self._checks.count()))
        widgets = [item.widget() for item in found if item is not None]
        return "\n".join(one.text() for one in widgets if isinstance(one, Flag | QLabel))

    def show_lots(self, lots: Sequence[Lot]) -> None:
        """What can be chosen instead, and what is passed over and why (spec 5.3)."""
        chosen = self.batch.currentData()
        usable = [lot for lot in lots if not lot.why]
        quiet = QSignalBlocker(self.batch)
        while self.batch.count() > 1:
            self.batch.removeItem(1)
        for lot in usable:
            ends = words.day(lot.expiry_date) if lot.expiry_date else "–"
            words_ = self.tr("{0}, exp {1}, {2} there").format(
                lot.batch_number or "–", ends, f"{lot.stock:,}"
            )
            self.batch.addItem(words_, lot.inventory_item_id)
        kept = next((n for n, lot in enumerate(usable, 1) if lot.inventory_item_id == chosen), 0)
        self.batch.setCurrentIndex(kept)
        quiet.unblock()
        may = self.box.isEnabled() and len(usable) > 1
        for part in (self._batch_word, self.batch):
            part.setVisible(may)
        self.reason.setVisible(may and kept > 0)
        passed = "; ".join(
            f"{lot.batch_number or '–'} ({lot.stock:,}) {why_words(lot)}" for lot in lots if lot.why
        )
        self._skipped.setText(self.tr("Left on the shelf: {0}").format(passed) if passed else "")
        self._skipped.setVisible(bool(passed))

    def skipped_text(self) -> str:
        return self._skipped.text()

    @Slot(int)
    def _batch_changed(self, number: int) -> None:
        self.reason.setVisible(number > 0)
        if number > 0:
            self.reason.setFocus(Qt.FocusReason.OtherFocusReason)
        self.changed.emit()

    def _state_tag(self) -> Tag:
        if self._owing == 0:
            return Tag(self.tr("Supplied"), "ok", "circle-check")
        if not self._may_supply:
            return Tag(self.tr("Do not supply"), "danger", "ban")
        if self.item.supplied:
            return Tag(self.tr("Owing {0}").format(f"{self._owing:,}"), "warn", "hourglass")
        return Tag(self.tr("To supply"), "info", "pill")

    def line(self) -> SupplyLine:
        """What to hand out of this item now; may be zero."""
        return SupplyLine(
            prescription_item_id=self.item.id,
            quantity=self.box.value(),
            batch_id=self.batch.currentData(),
            reason=self.reason.text().strip()[:40],
        )

    def reason_missing(self) -> bool:
        """A batch was chosen by hand and nothing says why."""
        return bool(self.batch.currentData()) and not self.reason.text().strip() and self.box.value() > 0

    def owed_after(self) -> int:
        """Base units still owed when this quantity is handed out."""
        return self._owing - self.box.value()

    def show_plan(self, picks: Sequence[Pick], shortage: Shortage | None) -> None:
        """The batches under the quantity, or what is missing."""
        while (old := self._picks.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.deleteLater()
        for pick in picks:
            self._picks.addWidget(_pick_line(pick, self.item.form))
        self._short.setVisible(shortage is not None)
        self._part.setVisible(shortage is not None and shortage.available > 0)
        self._short.setText(self._shortage_words(shortage) if shortage else "")
        if shortage:
            self._available = shortage.available
            text = self.tr("Supply {0}").format(f"{shortage.available:,}")
            self._part.setText(f"  {text}")
            self._part.setAccessibleName(self.tr("{0} of {1}").format(text, self.name))

    def _shortage_words(self, shortage: Shortage) -> str:
        if shortage.available:
            text = self.tr("Not enough on the shelf: {0} of {1} are there.").format(
                f"{shortage.available:,}", f"{shortage.asked:,}"
            )
        else:
            text = self.tr("None on the shelf.")
        if shortage.too_soon:
            text += " " + self.tr("{0} more expire before the course ends and stay there.").format(
                f"{shortage.too_soon:,}"
            )
        return text

    def plan_text(self) -> str:
        """The batches in words, for tests and screen readers."""
        found = (self._picks.itemAt(number) for number in range(self._picks.count()))
        lines = [item.widget() for item in found if item is not None]
        return "\n".join(line.text() for line in lines if isinstance(line, QLabel))

    def shortage_text(self) -> str:
        return self._short.text()

    @Slot()
    def _take_available(self) -> None:
        self.box.setValue(self._available)
        self.box.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot(int)
    def _quantity_changed(self, _quantity: int) -> None:
        self.changed.emit()


def _pick_line(pick: Pick, form: str) -> QLabel:
    parts = [f"{words.quantity(pick.quantity, form)}  ←  {pick.batch_number or '–'}"]
    if pick.expiry_date:
        parts.append(f"exp {words.day(pick.expiry_date)}")
    if pick.location:
        parts.append(pick.location)
    return label("  ·  ".join(parts), "small")


def reason_words(reason: str) -> str:
    """'benefit_outweighs: seen by ENT' -> 'Benefit outweighs: seen by ENT'."""
    code, colon, text = reason.partition(": ")
    plain = code.replace("_", " ").strip()
    return f"{plain[:1].upper()}{plain[1:]}{colon}{text}"


def why_words(lot: Lot) -> str:
    """Why a lot is passed over (spec 5.3)."""
    ends = words.day(lot.expiry_date) if lot.expiry_date else ""
    return {
        "ends_too_soon": translate("pharmacy", "ends on {0}, before the last dose").format(ends),
        "expired": translate("pharmacy", "expired on {0}").format(ends),
        "quarantine": translate("pharmacy", "in quarantine"),
        "recalled": translate("pharmacy", "recalled"),
        "inactive": translate("pharmacy", "taken out of use"),
    }.get(lot.why, lot.why)


def finding_flag(finding: Finding) -> Flag:
    """A finding with its tier in words, never by colour alone."""
    kind, icon, word = {
        "contraindicated": ("danger", "octagon-alert", translate("pharmacy", "Contraindicated")),
        "major": ("danger", "triangle-alert", translate("pharmacy", "Major")),
        "moderate": ("warn", "triangle-alert", translate("pharmacy", "Moderate")),
    }.get(finding.tier, ("info", "info", translate("pharmacy", "Note")))
    detail = " ".join(part for part in (finding.effect, finding.action) if part)
    return Flag(kind, icon, f"{word}: {finding.title}" + (f". {detail}" if detail else ""))
