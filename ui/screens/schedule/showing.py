"""Ties the header, the filters, the date picker and the views to what the presenter reads."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from uuid import UUID

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from clinicdesk.domain.appointments import Appointment
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import minutes
from ui.screens.schedule.board import Board
from ui.screens.schedule.filter_sheet import FilterSheet
from ui.screens.schedule.filters import PHASES, Filters
from ui.screens.schedule.header import DayHeader
from ui.screens.schedule.presenter import SchedulePresenter
from ui.screens.schedule.reading import AGENDA, DAY, MONTH, OWN, WEEK, Day, Selection, Wish
from ui.screens.schedule.remembered import Choice, Remembered, known
from ui.screens.schedule.words import day_title, hidden_words, month_title, range_title, short_day
from ui.widgets.date_picker import DatePicker


class Showing(QObject):
    """``remembered`` None: another window, whose choices end with it."""

    def __init__(
        self,
        view: QWidget,
        presenter: SchedulePresenter,
        header: DayHeader,
        board: Board,
        *,
        remembered: Remembered | None,
        choice: Choice | None = None,
    ) -> None:
        super().__init__(view)
        self._presenter, self._remembered = presenter, remembered
        self._view, self.header, self.board, self.model = view, header, board, board.model
        self._sheet: FilterSheet | None = None
        self._picker: DatePicker | None = None
        self._day: Day | None = None
        default = _first_choice(presenter.actor)
        self.choice = choice or (remembered.read(default) if remembered else default)
        presenter.wish = replace(
            presenter.wish, view=self.choice.view, span=self.choice.span, filters=self.choice.filters
        )
        board.calendar.set_zoom(self.choice.zoom)
        board.calendar.set_lines(self.choice.lines)
        board.show_view(self.choice.view)
        self._connect()

    def _connect(self) -> None:
        header, board, presenter = self.header, self.board, self._presenter
        header.stepped.connect(presenter.step)
        header.today_asked.connect(self.go_today)
        header.date_asked.connect(self.pick_date)
        header.view_chosen.connect(self.show_view)
        header.doctor_chosen.connect(self._choose_doctor)
        header.filter_asked.connect(self.open_filters)
        header.phases_chosen.connect(self._choose_phases)
        header.everything_asked.connect(self.show_everything)
        presenter.wished.connect(self._show_header)
        board.calendar.zoomed.connect(self._zoomed)
        board.month.day_chosen.connect(presenter.open_day)
        board.month.day_moved.connect(self._month_moved)
        board.month.month_turned.connect(presenter.go)
        board.agenda.span_chosen.connect(self._choose_span)
        board.agenda.range_chosen.connect(self._choose_range)
        board.selection_changed.connect(self._selection_changed)
        board.room_requested.connect(self._change_room)

    # what was read

    def show_day(self, day: Day) -> None:
        """An answer that is still wanted."""
        self._day = day
        filters = known(self.choice.filters, day.frame)
        if filters != self.choice.filters:
            self._keep(replace(self.choice, filters=filters))
        self.board.show_view(day.wish.view)
        self._show_columns()
        today = self._presenter.clock()[0]
        if day.wish.view == MONTH:
            self.board.month.model_.show_loads({load.day: load for load in day.loads})
            self.board.month.show_day(self._presenter.day, today)  # the cursor may have gone on meanwhile
        elif day.wish.view == AGENDA:
            self.board.agenda.show_days(*day.wish.days, span=day.wish.span, today=today)

    def _show_columns(self) -> None:
        if self._day is None:
            return
        day, choice = self._day, self.choice
        staff = choice.filters.staff(day.doctors)
        whole = choice.filters.doctors is None and choice.filters.specialties is None
        shown = replace(choice.filters, doctors=None if whole else frozenset(d.id for d in staff))
        self.model.set_filters(shown)
        self.model.set_sheet(
            day.found.sheets, staff, rooms=day.rooms if choice.by_room else None, shades=day.found.shades
        )
        words, hidden = hidden_words(choice.filters, day.frame), self.model.hidden_count()
        counts: Mapping[str, int] = self.model.phase_counts()
        if day.wish.view == MONTH:
            loads = [load for load in day.loads if same_month(load.day, day.wish.day)]
            sums = [sum(load.phases[n] for load in loads) for n in range(len(PHASES))]
            counts = dict(zip(PHASES, sums, strict=True))
            hidden = sum(sums) - sum(load.number for load in loads)
        self.header.show_counts(counts, hidden=hidden)
        self.header.show_filters(day.doctors, choice.filters, hidden=hidden, words=words)

    @Slot(object)
    def _show_header(self, wish: Wish) -> None:
        """At once: what is read follows."""
        first, last = wish.days
        unit = wish.span if wish.view == AGENDA else wish.view
        titles = {DAY: day_title(wish.day), MONTH: month_title(wish.day)}
        today = self._presenter.clock()[0]
        inside = same_month(wish.day, today) if unit == MONTH else first <= today <= last
        title = titles.get(unit) or range_title(first, last)
        short = short_day(wish.day) if unit == DAY else title
        self.header.show_time(title, wish.view, short=short, holds_today=inside, unit=unit)

    # what is asked for

    @Slot(str)
    def show_view(self, view: str) -> None:
        """Day, week, month or agenda around the same day."""
        self._keep(replace(self.choice, view=view))
        self.board.month.show_day(self._presenter.day, self._presenter.clock()[0])
        self.board.show_view(view)
        self._presenter.want(replace(self._presenter.wish, view=view))

    @Slot()
    def show_day_view(self) -> None:
        """The time grid of one day."""
        self.show_view(DAY)

    @Slot()
    def show_week(self) -> None:
        """The time grid from Monday to Sunday."""
        self.show_view(WEEK)

    @Slot()
    def show_month(self) -> None:
        """The load of each day."""
        self.show_view(MONTH)

    @Slot()
    def show_agenda(self) -> None:
        """The table."""
        self.show_view(AGENDA)

    @Slot()
    def go_today(self) -> None:
        """Today, in the present view."""
        self._presenter.go(self._presenter.clock()[0])

    @Slot()
    def pick_date(self) -> None:
        """The date picker under the title."""
        if self._picker is None:
            self._picker = DatePicker(self._view, self._presenter.clock()[0])
            self._picker.chosen.connect(self._presenter.go)
        self._picker.popup_at(self.header.title, self._presenter.day, self._presenter.clock()[0])

    @Slot()
    def open_filters(self) -> None:
        """The sheet under its button."""
        if self._day is None:
            return
        if self._sheet is None:
            self._sheet = FilterSheet(self._view)
            self._sheet.filters_changed.connect(self._filters_changed)
            self._sheet.columns_chosen.connect(self._choose_columns)
            self._sheet.lines_chosen.connect(self._choose_lines)
        choice = self.choice
        self._sheet.show_choices(self._day.frame, choice.filters, by_room=choice.by_room, lines=choice.lines)
        self._sheet.popup_at(self.header.filter)

    @Slot()
    def show_everything(self) -> None:
        """Nothing is hidden any more."""
        self._filter(Filters())

    @Slot()
    def toggle_doctors(self) -> None:
        """All doctors, or the own (else the first) one."""
        doctors = self._day.doctors if self._day else ()
        own = self._presenter.actor.doctor_id
        if self.choice.filters.doctors is not None or not doctors:
            self._choose_doctor(None)
        else:
            self._choose_doctor(own if any(d.id == own for d in doctors) else doctors[0].id)

    @Slot()
    def toggle_columns(self) -> None:
        """By doctor or by room."""
        self._choose_columns(not self.choice.by_room)

    @Slot(bool)
    def _choose_columns(self, by_room: bool) -> None:
        self._keep(replace(self.choice, by_room=by_room))
        self._show_columns()

    @Slot(int)
    def _choose_lines(self, minutes: int) -> None:
        self._keep(replace(self.choice, lines=minutes))
        self.board.calendar.set_lines(minutes)

    @Slot(float)
    def _zoomed(self, scale: float) -> None:
        self._keep(replace(self.choice, zoom=scale))

    @Slot(object)
    def _choose_doctor(self, doctor: UUID | None) -> None:
        chosen = None if doctor is None else frozenset({doctor})
        self._filter(replace(self.choice.filters, doctors=chosen, specialties=None))

    @Slot()
    def _choose_phases(self) -> None:
        self._filter(replace(self.choice.filters, hidden_phases=self.header.hidden_phases()))

    @Slot(object)
    def _filters_changed(self, filters: Filters) -> None:
        self._filter(replace(filters, hidden_phases=self.choice.filters.hidden_phases))

    def _filter(self, filters: Filters) -> None:
        self._keep(replace(self.choice, filters=filters))
        self._show_columns()
        self._presenter.filter(filters)

    @Slot(str)
    def _choose_span(self, span: str) -> None:
        self._keep(replace(self.choice, span=span))
        self._presenter.want(replace(self._presenter.wish, span=span, first=None, last=None))

    @Slot(object, object)
    def _choose_range(self, first: date, last: date) -> None:
        day = min(max(self._presenter.day, first), last)
        self._presenter.want(replace(self._presenter.wish, span=OWN, first=first, last=last, day=day))

    @Slot(object)
    def _month_moved(self, day: date) -> None:
        """The cursor inside a page asks for nothing: the sums are there."""
        wish = self._presenter.wish
        if wish.days == replace(wish, day=day).days:
            self._presenter.day = day

    @Slot(object)
    def _selection_changed(self, selection: Selection) -> None:
        self._presenter.selected = selection

    def give_room(self, appointment: Appointment) -> None:
        """What was booked at the slot cursor in a room's column gets that room."""
        slot, room = self.board.calendar.current_slot(), self.board.room()
        if (
            slot is not None
            and room is not None
            and (slot[0], slot[2])
            == (
                appointment.day,
                minutes(appointment.start),
            )
        ):
            self._presenter.put_in_room(appointment, room)

    @Slot(object, object)
    def _change_room(self, appointment: Appointment, room_id: UUID | None) -> None:
        self.model.set_pending(appointment.id, on=True)
        self._presenter.put_in_room(appointment, room_id)

    def _keep(self, choice: Choice) -> None:
        if choice != self.choice:
            self.choice = choice
            if self._remembered is not None:
                self._remembered.write(choice)


def same_month(one: date, other: date) -> bool:
    """Of the same year, too."""
    return (one.year, one.month) == (other.year, other.month)


def _first_choice(actor: Actor) -> Choice:
    """A doctor begins with the own column."""
    own = frozenset({actor.doctor_id}) if actor.doctor_id is not None else None
    return Choice(filters=Filters(doctors=own))
