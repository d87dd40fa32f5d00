"""One kind of record: the list and, beside it, the form; or the form alone where there is one record."""

from uuid import UUID

from PySide6.QtCore import QModelIndex, QTimer, Signal, Slot
from PySide6.QtWidgets import QFrame, QWidget

from clinicdesk.domain.administration import Collision, Record
from clinicdesk.services.administration import REMOVABLE
from ui.screens.clinic.field_words import zone_warning
from ui.screens.clinic.form import RecordForm
from ui.screens.clinic.model import WIDTHS, cells, collision_words, heads, list_words, new_words
from ui.screens.clinic.presenter import ClinicPresenter
from ui.screens.clinic.week_picture import WeekPicture
from ui.widgets.buttons import button
from ui.widgets.card import Card, EmptyState
from ui.widgets.layouts import hbox, hide_unless, vbox
from ui.widgets.lines import LinesTable, lines_view

SIDE_WIDTH = 360
SINGLE = ("clinic", "doctor")


class RecordPage(QWidget):
    """Reads when it is shown; an edited form is never overwritten by news."""

    rows_read = Signal(object)

    def __init__(self, presenter: ClinicPresenter, record: str) -> None:
        super().__init__()
        self._presenter, self.record = presenter, record
        self.doctor_id: UUID | None = None
        self.user_id: UUID | None = None
        self.single = record in SINGLE
        self._rows: list[Record] = []
        self._filling = False
        self._waiting_for: dict[str, object] | None = None
        self._accepted: dict[str, object] | None = None
        service = presenter.service
        self.form = RecordForm(
            service.rules(record), service.may_change, columns=2 + (record == "clinic") if self.single else 1
        )
        self._lay_out()
        self.form.submitted.connect(self.save)
        self.form.put_back.connect(self.put_back)
        self.form.remove_asked.connect(self.remove)
        presenter.listed.connect(self._listed)
        presenter.saved.connect(self._saved)
        presenter.changed_elsewhere.connect(self._saved)
        presenter.field_wrong.connect(self._wrong)
        if record == "leave":
            presenter.collided.connect(self._collided)

    def _lay_out(self) -> None:
        frame = QFrame()
        frame.setObjectName("Card")
        frame.setLayout(vbox(self.form, margins=(1, 1, 1, 1)))
        if self.single:
            self.setLayout(vbox(frame))
            return
        frame.setFixedWidth(SIDE_WIDTH)
        self.model = LinesTable(heads(self.record), self)
        self.table = lines_view(self.model, list_words()[self.record], WIDTHS[self.record])
        self.table.selectionModel().currentRowChanged.connect(self._row_changed)
        self.new = button(self.tr("New"), "plus")
        self.new.clicked.connect(self.start_new)
        self.empty = EmptyState(
            "list", self.tr("Nothing here yet"), self.tr("Fill in the form and save it with Enter.")
        )
        self.week = WeekPicture()
        hide_unless(self.week, self.record == "hours")
        column = vbox(
            hbox(None, self.new, margins=(10, 8, 10, 4)),
            self.table,
            self.empty,
            self.week,
            margins=(1, 4, 1, 4),
            spacing=0,
        )
        lists = Card(column)
        column.setStretch(1, 1)
        column.setStretch(2, 1)
        row = hbox(lists, frame, spacing=14)
        row.setStretch(0, 1)
        self.setLayout(row)

    # -- reading

    @Slot()
    def reload(self) -> None:
        """A doctor's rows wait until a doctor is chosen."""
        if self.record in ("hours", "session", "leave") and self.doctor_id is None:
            self._listed(self.record, [])
            return
        self._presenter.read(self.record, self.doctor_id)

    def show_doctor(self, doctor: Record) -> None:
        """Whose rows are shown."""
        if doctor.user_id != self.user_id:
            self.doctor_id, self.user_id = doctor.id, doctor.user_id
            self._waiting_for = self._accepted = None
            self.form.show_record(None, new_words().get(self.record, ""))
        self.doctor_id = doctor.id
        self.setEnabled(doctor.id is not None or self.record == "doctor")
        self.reload()

    @Slot(str, object)
    def _listed(self, record: str, rows: list[Record]) -> None:
        if record != self.record:
            return
        self._rows = rows
        self.rows_read.emit(rows)
        if self.single:
            self._show_single()
            return
        chosen = self.form.record.id if self.form.record is not None else None
        dirty = self.form.dirty()
        self._filling = True
        self.model.show_lines([(row.id, cells(record, row)) for row in rows])
        at = self.model.row_of(chosen) if chosen is not None else -1
        if at >= 0:
            self.table.setCurrentIndex(self.model.index(at, 0))
        self._filling = False
        self.table.setVisible(bool(rows))
        self.empty.setVisible(not rows)
        if record == "hours":
            self.week.show_rows(rows, self._presenter.service.today())
        if not dirty:
            row = next((one for one in rows if one.id == chosen), None)
            self._show(row)

    def _show_single(self) -> None:
        if self.form.dirty():
            return
        wanted = self.user_id
        row = next((one for one in self._rows if wanted is None or one.user_id == wanted), None)
        if row is not None:
            self._show(row)

    def _show(self, row: Record | None) -> None:
        title = new_words().get(self.record, "") if row is None else self._title(row)
        self.form.show_record(row, title, removable=self.record in REMOVABLE)

    def _title(self, row: Record) -> str:
        if row.name:
            return row.name
        first = cells(self.record, row)[0]
        return (first[0] if isinstance(first, tuple) else first).replace("\n", ", ")

    @Slot(QModelIndex, QModelIndex)
    def _row_changed(self, now: QModelIndex, _before: QModelIndex) -> None:
        if not now.isValid() or self._filling:
            return
        wanted = self.model.thing(now.row())
        if not self.form.dirty():
            self._show(next((one for one in self._rows if one.id == wanted), None))

        elif self.form.record is None or self.form.record.id != wanted:
            QTimer.singleShot(0, self._go_back)  # the view still moves its selection

    @Slot()
    def _go_back(self) -> None:
        """Typed text stays in front of its own line."""
        self._filling = True
        record = self.form.record
        at = self.model.row_of(record.id) if record is not None else -1
        if at >= 0:
            self.table.setCurrentIndex(self.model.index(at, 0))
        else:
            self.table.setCurrentIndex(QModelIndex())
        self._filling = False
        self._presenter.say_unsaved()

    # -- writing

    @Slot()
    def start_new(self) -> None:
        """The empty form."""
        if not self.single:
            if self.form.dirty():
                self._presenter.say_unsaved()
                return
            self.table.setCurrentIndex(QModelIndex())
            self.form.show_record(None, new_words()[self.record])
        self.form.start()

    @Slot()
    def put_back(self) -> None:
        """What is stored again."""
        self._accepted = None
        current = self.form.record
        row = next((one for one in self._rows if current is not None and one.id == current.id), current)
        self._show(row)

    @Slot()
    def save(self) -> None:
        """Leave with visits in it and another time zone are asked twice: the warning says why."""
        form, typed = self.form, self.form.typed()
        form.clear_wrong()
        if self.record == "leave" and self.doctor_id is not None and typed != self._accepted:
            self._waiting_for = typed
            self._presenter.find_collisions(self.doctor_id, typed)
            return
        if self._moves_clock(typed) and typed != self._accepted:
            if not self._presenter.wrong(self.record, typed):
                self._accepted = typed
                form.warn(zone_warning(), self.tr("Change the time zone"))
            return
        self._store(typed)

    def _moves_clock(self, typed: dict[str, object]) -> bool:
        record = self.form.record
        return (
            self.record == "clinic" and record is not None and typed["timezone"] != record.values["timezone"]
        )

    def _store(self, typed: dict[str, object]) -> None:
        if self._presenter.saving:
            return
        self._presenter.save(self.record, self.form.record, typed, doctor_id=self.doctor_id)

    @Slot(object)
    def _collided(self, found: list[Collision]) -> None:
        typed, self._waiting_for = self._waiting_for, None
        if typed is None or typed != self.form.typed():
            return
        if not found:
            self._store(typed)
            return
        self._accepted = typed
        self.form.warn(collision_words(found), self.tr("Save all the same"))

    @Slot()
    def remove(self) -> None:
        """The chosen row."""
        row = self.form.record
        if row is not None and self.record in REMOVABLE:
            self._presenter.remove(self.record, row)

    @Slot(str)
    def _saved(self, record: str) -> None:
        if record != self.record:
            return
        self._accepted = None
        self.form.mark_clean()
        self.reload()

    @Slot(str, str, str)
    def _wrong(self, record: str, field: str, text: str) -> None:
        if record == self.record:
            self.form.show_wrong(field, text)
