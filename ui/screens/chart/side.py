"""The left side: the visits, newest first, and the lists."""

from uuid import UUID
from zoneinfo import ZoneInfo

from PySide6.QtCore import QSignalBlocker, QSize, Qt, Signal, Slot
from PySide6.QtWidgets import QFrame, QListWidget, QListWidgetItem, QScrollArea, QWidget

from clinicdesk.domain.visits import Visit
from ui import icons
from ui.screens.chart.lists import (
    AllergyForm,
    ListCard,
    PlainCard,
    ProblemForm,
    allergy_empty,
    allergy_rows,
    problem_rows,
)
from ui.screens.chart.model import Opened, local_day, status_look, translate, type_words
from ui.widgets.buttons import button
from ui.widgets.card import Card
from ui.widgets.layouts import hbox, vbox
from ui.widgets.patient_banner import day_words
from ui.widgets.text import label, plain_tip

ICON_ROLES = {"ok": "ok", "warn": "warn", "danger": "danger", "info": "info", "plain": "muted"}


class SideColumn(QWidget):
    """``visit_chosen(UUID)`` by click, arrow keys and Enter."""

    visit_chosen = Signal(object)
    start_asked = Signal()

    def __init__(self, zone: ZoneInfo, *, writable: bool) -> None:
        super().__init__()
        self._zone = zone
        self.setFixedWidth(246)
        self.start = button(translate("chart", "Start visit"), "stethoscope", primary=True)
        self.start.clicked.connect(self.start_asked)
        self.visits = QListWidget()
        self.visits.setAccessibleName(translate("chart", "Visits"))
        self.visits.setUniformItemSizes(True)
        self.visits.setSpacing(1)
        self.visits.setMinimumHeight(96)
        self.visits.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.visits.currentItemChanged.connect(self._chosen)
        scroll = self._make_cards(writable=writable)
        head = hbox(label(translate("chart", "Visits"), "h2"), None)
        self.visits.setIconSize(QSize(18, 18))
        listed = Card(vbox(self.visits, margins=(4, 4, 4, 4)))
        column = vbox(self.start, head, listed, scroll, spacing=6)
        column.setStretch(2, 2)
        column.setStretch(3, 3)
        self.setLayout(column)

    def _make_cards(self, *, writable: bool) -> QScrollArea:
        self.allergy_form, self.problem_form = AllergyForm(), ProblemForm()
        self.allergies = ListCard(
            translate("chart", "Allergies"),
            translate("chart", "Add allergy"),
            self.allergy_form,
            writable=writable,
        )
        self.problems = ListCard(
            translate("chart", "Problems"),
            translate("chart", "Add problem"),
            self.problem_form,
            writable=writable,
        )
        self.medicines = PlainCard(translate("chart", "Current medicines"), "pill")
        self.following = PlainCard(translate("chart", "Next appointment"), "calendar-days")
        cards = QWidget()
        cards.setLayout(
            vbox(
                self.allergies,
                self.problems,
                self.medicines,
                self.following,
                None,
                margins=(0, 0, 4, 0),
                spacing=8,
            )
        )
        scroll = QScrollArea()
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroll.setWidget(cards)
        return scroll

    def show_opened(self, found: Opened, *, start: str) -> None:
        """``start``: the words of the button, '' for none."""
        self.start.setText(f"  {start}")
        self.start.setAccessibleName(start or translate("chart", "Start visit"))
        self.start.setVisible(bool(start))
        self._show_visits(found)
        self.allergies.show_rows(allergy_rows(found.patient), allergy_empty(found.patient))
        self.allergy_form.none.setVisible(not found.patient.allergies)
        self.problems.show_rows(problem_rows(found.patient), translate("chart", "None recorded"))
        self.medicines.show_text("\n".join(found.chart.medicines) or translate("chart", "None"))
        following = found.chart.next_appointment
        self.following.show_text(day_words(following) if following else translate("chart", "None booked"))

    def forget(self) -> None:
        """What was begun in the small forms belongs to the patient that is left."""
        for card, form in ((self.allergies, self.allergy_form), (self.problems, self.problem_form)):
            form.clear()
            form.hide()
            card.show_error("")

    def choose(self, visit_id: UUID) -> None:
        """Mark a visit without telling."""
        with QSignalBlocker(self.visits):
            for row in range(self.visits.count()):
                if self.visits.item(row).data(Qt.ItemDataRole.UserRole) == str(visit_id):
                    self.visits.setCurrentRow(row)
                    return
            self.visits.setCurrentRow(-1)

    def _show_visits(self, found: Opened) -> None:
        chosen = self.visits.currentItem()
        kept = chosen.data(Qt.ItemDataRole.UserRole) if chosen else None
        with QSignalBlocker(self.visits):
            self.visits.clear()
            for visit in found.chart.visits:
                item = self._item(visit, found.old_number(visit))
                self.visits.addItem(item)
                if str(visit.id) == kept:
                    self.visits.setCurrentItem(item)

    def _item(self, visit: Visit, number: str = "") -> QListWidgetItem:
        word, kind, icon = status_look(visit.status)
        first = f"{local_day(visit.visit_date, self._zone)} · {type_words()[visit.visit_type]}"
        last = " · ".join(part for part in (word, number, visit.doctor_name) if part)
        item = QListWidgetItem(icons.icon(icon, ICON_ROLES[kind]), f"{first}\n{last}")
        item.setData(Qt.ItemDataRole.UserRole, str(visit.id))
        item.setToolTip(plain_tip(item.text()))
        return item

    @Slot(QListWidgetItem)
    def _chosen(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.visit_chosen.emit(UUID(item.data(Qt.ItemDataRole.UserRole)))
