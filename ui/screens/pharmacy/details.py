"""The chosen prescription: whom it is for, whether it is genuine, its items, and the supply."""

from collections.abc import Sequence
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING
from uuid import UUID

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QLineEdit, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from clinicdesk.domain.prescriptions import Prescription
from clinicdesk.domain.rx_queries import RxQuery
from clinicdesk.domain.safety import MIN_REASON_TEXT
from clinicdesk.domain.stock import Pick, SupplyLine
from clinicdesk.printing import words
from clinicdesk.services.pharmacy import PickList, Review
from ui.screens.pharmacy.asides import PayForm, TakeBackForm
from ui.screens.pharmacy.items import Flag, ItemCard, finding_flag
from ui.screens.pharmacy.model import clock
from ui.screens.pharmacy.question import QuestionFlag, QuestionForm
from ui.widgets.avatar import Avatar
from ui.widgets.banner import Banner, Notice
from ui.widgets.buttons import button
from ui.widgets.card import Card, EmptyState
from ui.widgets.entry_form import EntryForm
from ui.widgets.layouts import hbox, vbox
from ui.widgets.text import label
from ui.widgets.witness_form import WitnessForm

EMPTY, SHEET, LABELS, WITNESS, PAY, BACK, ASK = range(7)

if TYPE_CHECKING:
    from ui.widgets.pdf_view import PdfView


class DetailPane(Card):
    """Holds three pages: nothing chosen, the prescription, the preview of its labels."""

    quantities_changed = Signal(object)
    dispense_asked = Signal(object, str)
    labels_asked = Signal()
    check_asked = Signal()

    def __init__(self, zone: tzinfo, currency: str) -> None:
        super().__init__()
        self._zone = zone
        self._review, self._checked = Review(), False
        self._found: Prescription | None = None
        self._short = ""
        self._busy = self._doubtful = False
        self._labelled = False
        self.cards: list[ItemCard] = []
        self._name = label("", "title", wrap=True)
        self._who = label("", "muted", wrap=True)
        self._paper = label("", "small", wrap=True)
        self._avatar = Avatar("", 40)
        self.allergies = Flag()
        self.seal = Flag()
        self.notice = Notice()
        self.doubt = Banner(
            "warn",
            self.tr("The connection broke while dispensing"),
            self.tr("Whether it was recorded is not known yet. Hand out nothing until this says so."),
            action=self.tr("Check now"),
        )
        self.doubt.acted.connect(self.check_asked)
        self.doubt.hide()
        self.summary = label("", "muted", wrap=True)
        self.dispense_button = button(self.tr("Dispense"), "package-check", primary=True)
        self.dispense_button.setToolTip(self.tr("Dispense  (Ctrl+Enter)"))
        self.labels_button = button(self.tr("Print labels"), "printer")
        self.labels_button.setToolTip(self.tr("Print labels  (Ctrl+L)"))
        self.presence = Flag("warn", "user-check")
        self.presence.hide()
        self.accepted = QLineEdit()
        self.accepted.setAccessibleName(self.tr("Your reason to dispense in spite of the contraindication"))
        self.accepted.setPlaceholderText(
            self.tr("Contraindicated: your own reason, at least 15 characters, or ask the prescriber")
        )
        self.accepted.hide()
        self.accepted.textChanged.connect(self._refresh_bar)
        self.pay_form = PayForm(currency)
        self.witness_form = WitnessForm(
            self.tr("A controlled medicine: a second person with the duty 'witness' types their password."),
            self.tr("Witness and dispense"),
            extra=("collector", self.tr("Collected by, with proof of identity")),
        )
        self.back_form = TakeBackForm()
        self.ask_form, self.question = QuestionForm(), QuestionFlag(zone)
        self._asked: RxQuery | None = None
        self.preview = self._pdf_view()
        self.back_button = button(self.tr("Back to the prescription"), "arrow-left")
        self._stack = QStackedWidget()
        forms = (self.witness_form, self.pay_form, self.back_form, self.ask_form)
        for page in (self._empty_page(), self._sheet_page(), self._label_page()):
            self._stack.addWidget(page)
        for form in forms:
            form.setContentsMargins(18, 14, 18, 14)
            form.left.connect(self.show_sheet)
            self._stack.addWidget(form)
        self.setLayout(vbox(self._stack, margins=(1, 1, 1, 1)))
        self.dispense_button.clicked.connect(self.press_dispense)
        self.labels_button.clicked.connect(self.labels_asked)
        self.back_button.clicked.connect(self.show_sheet)

    def _pdf_view(self) -> "PdfView":
        from ui.widgets.pdf_view import PdfView  # Qt's parts for PDF: for pharmacists only

        return PdfView()

    # -- pages

    def _empty_page(self) -> QWidget:
        return EmptyState(
            "pill",
            self.tr("Choose a prescription"),
            self.tr("Up and Down move in the queue, Enter opens. Opening is noted in the access log."),
        )

    def _sheet_page(self) -> QWidget:
        person = hbox(self._avatar, vbox(self._name, self._who, spacing=0), spacing=12)
        person.setStretch(1, 1)
        flags = hbox(self.allergies, self.seal)
        flags.setStretch(0, 1)
        flags.setStretch(1, 1)
        inside = QWidget()
        self._items = QVBoxLayout(inside)
        self._items.setContentsMargins(0, 0, 8, 0)
        self._items.setSpacing(10)
        self._items.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setWidget(inside)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setAccessibleName(self.tr("Prescribed items"))
        self._whole = vbox(spacing=4)
        bar = hbox(self.summary, self.labels_button, self.dispense_button)
        bar.setStretch(0, 1)
        page = QWidget()
        column = vbox(
            person,
            flags,
            self._paper,
            self.presence,
            self.question,
            self._whole,
            self._scroll,
            self.doubt,
            self.notice,
            self.accepted,
            bar,
            margins=(18, 14, 18, 14),
            spacing=10,
        )
        column.setStretch(6, 1)
        page.setLayout(column)
        return page

    def _label_page(self) -> QWidget:
        page = QWidget()
        column = vbox(hbox(self.back_button, None), self.preview, margins=(18, 14, 18, 14), spacing=10)
        column.setStretch(1, 1)
        page.setLayout(column)
        return page

    # -- showing

    @property
    def shown_id(self) -> UUID | None:
        return self._found.id if self._found else None

    def show_prescription(self, found: Prescription) -> None:
        """Fill the sheet; quantities typed before a reload of the same prescription stay."""
        same = self.shown_id == found.id
        typed = {card.item.id: card for card in self.cards} if same else {}
        kept = {key: (card.box.value(), card.item.supplied) for key, card in typed.items()}
        if not same:
            self.notice.clear()
            self._labelled = False
            self.presence.hide()
            self.take_question(None)
            self.accepted.clear()
            self._review, self._checked = Review(), False
        self._found = found
        self._show_person(found)
        self._show_seal(found)
        may = bool(found.genuine) and found.status == "active"
        for card in self.cards:
            self._items.removeWidget(card)
            card.hide()
            card.deleteLater()
        self.cards = []
        for item in found.items:
            owing = max(0, item.quantity - item.supplied)
            value, supplied = kept.get(item.id, (owing, item.supplied))
            card = ItemCard(item, quantity=value if supplied == item.supplied else owing, may_supply=may)
            card.changed.connect(self._quantities_changed)
            card.reason.textChanged.connect(self._refresh_bar)
            self.cards.append(card)
            self._items.addWidget(card)
        self._short = ""
        self._stack.setCurrentIndex(SHEET)
        self.show_review(self._review)
        self._quantities_changed()

    @Slot(object)
    def take_review(self, review: Review) -> None:
        """The checks are done; before that nothing is handed out."""
        self._checked = True
        self.show_review(review)

    def show_review(self, review: Review) -> None:
        """The checks with today's data: each at its item, those of the whole over the items (spec 4.10)."""
        self._review = review
        while (old := self._whole.takeAt(0)) is not None:
            if (widget := old.widget()) is not None:
                widget.deleteLater()
        whole = review.of_line(0)
        for finding in whole:
            if finding.checked:
                self._whole.addWidget(finding_flag(finding))
        if unchecked := [one.title for one in whole if not one.checked]:
            self._whole.addWidget(label("; ".join(unchecked), "small", wrap=True))
        for card in self.cards:
            fills = [one for one in review.fills if one.prescription_item_id == card.item.id]
            card.show_checks(review.of_line(card.item.line), fills)
        open_ = self._found is not None and self._found.status == "active"
        self.accepted.setVisible(review.must_accept and open_)
        self._refresh_bar()

    @Slot(str)
    def show_presence(self, name: str) -> None:
        """Somebody else picks this one."""
        self.presence.setVisible(bool(name))
        if name:
            self.presence.show_flag(
                self.tr("{0} is picking this at another seat").format(name), "warn", "user-check"
            )

    @Slot(object)
    def take_question(self, asked: RxQuery | None) -> None:
        """While the prescriber has not answered, nothing is handed out."""
        self._asked = asked
        self.question.show_question(asked)
        self._refresh_bar()

    @Slot()
    def ask_prescriber(self) -> None:
        """Ask, or write down the answer; only of what can still be handed out."""
        if self._found is not None and self._found.status == "active":
            self.open_page(ASK)
            self.ask_form.begin(self._found, self._asked)

    def open_page(self, number: int) -> None:
        """WITNESS, PAY or BACK; their forms are filled by the view."""
        self._stack.setCurrentIndex(number)

    def _show_person(self, found: Prescription) -> None:
        today = datetime.now(self._zone).date()
        parts = [found.mrn]
        if found.patient_dob:
            parts.append(
                self.tr("born {0}, {1}").format(
                    words.day(found.patient_dob), words.age(found.patient_dob, today)
                )
            )
        if found.patient_weight_kg is not None:
            parts.append(self.tr("{0} kg").format(f"{found.patient_weight_kg:g}"))
        self._avatar.show_name(found.patient_name)
        self._name.setText(found.patient_name)
        self._who.setText(" · ".join(parts))
        self._paper.setText(self._paper_words(found, today))
        if found.patient_allergies:
            text = self.tr("Allergies: {0}").format(", ".join(found.patient_allergies))
            self.allergies.show_flag(text, "danger", "octagon-alert")
        else:
            self.allergies.show_flag(self.tr("No known allergies"), "ok", "circle-check")

    def _paper_words(self, found: Prescription, today: date) -> str:
        written = self.tr("{0} · {1} ({2}) · written {3}").format(
            found.number, found.doctor_name, found.doctor_license, clock(found.issued_at, self._zone)
        )
        if found.expiry_date:
            until = self.tr("valid until {0}").format(words.day(found.expiry_date))
            written += " · " + (self.tr("valid until tonight") if found.expiry_date == today else until)
        return f"{written}\n{found.diagnosis}" if found.diagnosis else written

    def _show_seal(self, found: Prescription) -> None:
        if not found.genuine:
            self.seal.show_flag(self.tr("NOT genuine: do not dispense"), "danger", "shield-alert")
        elif found.status != "active":
            state = {"completed": self.tr("fully supplied"), "cancelled": self.tr("cancelled")}
            words_ = self.tr("Signature genuine · {0}").format(state.get(found.status, self.tr("expired")))
            self.seal.show_flag(words_, "info", "badge-check")
        else:
            self.seal.show_flag(self.tr("Signature checked: genuine"), "ok", "badge-check")

    def show_plan(self, plan: PickList) -> None:
        """The batches under each item."""
        short = {one.prescription_item_id: one for one in plan.shortages}
        for card in self.cards:
            mine = [pick for pick in plan.picks if pick.prescription_item_id == card.item.id]
            card.show_plan(mine, short.get(card.item.id))
            card.show_lots([lot for lot in plan.lots if lot.prescription_item_id == card.item.id])
        self._short = next((card.name for card in self.cards if card.item.id in short), "")
        self._refresh_bar()

    def show_supply(self, picks: Sequence[Pick]) -> None:
        """What left which batch, and that labels can be printed."""
        if not picks or self._found is None:
            return
        forms = {item.id: item.form for item in self._found.items}
        lines = [
            self.tr("{0} {1} from batch {2}").format(
                words.quantity(pick.quantity, forms.get(pick.prescription_item_id, "")),
                pick.item_name,
                pick.batch_number or "–",
            )
            for pick in picks
        ]
        owed = sum(card.item.quantity - card.item.supplied for card in self.cards)
        tail = (
            self.tr(" Still owing: {0}.").format(f"{owed:,}")
            if owed and self._found.status == "active"
            else ""
        )
        self.notice.show_notice(self.tr("Handed out: {0}.").format("; ".join(lines)) + tail, "info")
        self._labelled = True
        self._refresh_bar()
        self.labels_button.setFocus(Qt.FocusReason.OtherFocusReason)

    def show_labels(self, pdf: bytes) -> None:
        self.preview.show_pdf(pdf)
        self._stack.setCurrentIndex(LABELS)
        self.back_button.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def show_sheet(self) -> None:
        if self._found is not None:
            self._stack.setCurrentIndex(SHEET)
            self.focus_quantity()

    def form(self) -> EntryForm | None:
        """The form for money, taking back or a question that is on show."""
        forms = {PAY: self.pay_form, BACK: self.back_form, ASK: self.ask_form}
        return forms.get(self._stack.currentIndex())

    def page(self) -> int:
        """EMPTY, SHEET or LABELS."""
        return self._stack.currentIndex()

    def focus_quantity(self) -> None:
        """The first quantity that can be changed, else what can be done."""
        box = next((card.box for card in self.cards if card.box.isEnabled()), None)
        if box is not None:
            box.setFocus(Qt.FocusReason.TabFocusReason)
            box.selectAll()
        else:
            self.labels_button.setFocus(Qt.FocusReason.OtherFocusReason)

    # -- the bar

    def lines(self) -> list[SupplyLine]:
        """The quantities on the screen."""
        return [card.line() for card in self.cards]

    @Slot()
    def _quantities_changed(self) -> None:
        self._refresh_bar()
        if any(card.box.isEnabled() for card in self.cards):
            self.quantities_changed.emit(self.lines())

    @Slot(bool)
    def show_busy(self, busy: bool) -> None:
        self._busy = busy
        self._refresh_bar()

    @Slot(bool)
    def show_doubt(self, doubtful: bool) -> None:
        self._doubtful = doubtful
        self.doubt.setVisible(doubtful)
        if doubtful:
            self.notice.clear()
            self.doubt.announce()
        self._refresh_bar()

    def can_dispense(self) -> bool:
        """Genuine, active, something to hand out, all of it there, and no press under way."""
        found = self._found
        ready = found is not None and bool(found.genuine) and found.status == "active"
        some = any(card.box.value() for card in self.cards)
        said = not self._review.must_accept or len(self.accepted.text().strip()) >= MIN_REASON_TEXT
        unsaid = any(card.reason_missing() for card in self.cards)
        asked = self._asked is not None and self._asked.is_open
        return (
            ready
            and not asked
            and some
            and said
            and self._checked
            and not (unsaid or self._short or self._busy or self._doubtful)
        )

    @Slot()
    def _refresh_bar(self) -> None:
        self.dispense_button.setEnabled(self.can_dispense())
        self.labels_button.setEnabled(self._labelled and not self._busy)
        self.summary.setText(self._summary_words())

    def _summary_words(self) -> str:
        found = self._found
        if found is None or found.status != "active":
            return ""
        if not found.genuine:
            return self.tr("Ask the prescriber for a new one.")
        if self._busy:
            return self.tr("Dispensing…")
        if self._short:
            return self.tr("{0}: lower the quantity to what is there.").format(self._short)
        if self._asked is not None and self._asked.is_open:
            return self.tr("Waiting for the prescriber's answer.")
        if not self._checked:
            return self.tr("Checking…")
        if any(card.reason_missing() for card in self.cards):
            return self.tr("Say why another batch is taken.")
        if self._review.must_accept and len(self.accepted.text().strip()) < MIN_REASON_TEXT:
            return self.tr("Contraindicated: it needs your own reason.")
        owed = sum(card.owed_after() for card in self.cards)
        if not any(card.box.value() for card in self.cards):
            return self.tr("Nothing to hand out.")
        return self.tr("Part fill: {0} will be owed.").format(f"{owed:,}") if owed else ""

    @Slot()
    def press_dispense(self) -> None:
        if self.can_dispense():
            self.dispense_asked.emit(self.lines(), self.accepted.text().strip())
