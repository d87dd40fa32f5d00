"""Taking back a step of booking within 30 seconds: a compensating act, audited like any other."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from clinicdesk.domain.appointments import Appointment, Status
from clinicdesk.domain.bookings import Change, Done
from clinicdesk.domain.errors import CannotUndo, Conflict, IllegalTransition, OutsideHours, PastTime
from clinicdesk.domain.people import Actor
from clinicdesk.domain.wall_clock import clock, minutes
from clinicdesk.repositories.work import Work, WorkFactory
from clinicdesk.services.booking_rows import BookingRows
from clinicdesk.services.placing import Place


class Undoing:
    """All of a step or nothing of it."""

    def __init__(self, open_work: WorkFactory, actor: Actor, now: Callable[[], datetime]) -> None:
        self._open_work, self._actor, self._now = open_work, actor, now
        self._rows = BookingRows(actor, ZoneInfo(actor.clinic.timezone), now)

    def may(self, done: Done) -> bool:
        """Whether this person's role may take it back: a booking is taken back by cancelling it."""
        booked = any(change.before is None for change in done.changes)
        return not booked or self._actor.role not in ("nurse", "pharmacist")

    def undo(self, done: Done) -> tuple[Appointment, ...]:
        """Put everything back; the newest snapshots. Raises CannotUndo, NotAllowed, StoreUnavailable."""
        self._actor.require("appointments.book")
        if not done.open_at(self._now()):
            raise CannotUndo
        try:
            with self._open_work() as work:
                if done.leave_id is not None:
                    self._rows.bookings(work).back(done.leave_id)
                return self._all(work, done)
        except (Conflict, IllegalTransition, OutsideHours, PastTime):
            raise CannotUndo from None

    def _all(self, work: Work, done: Done) -> tuple[Appointment, ...]:
        moved = [change for change in done.changes if _moved(change)]
        self._rows.leave(work, [change.after for change in moved])
        made = [self._back(work, change) for change in sorted(moved, key=_order)]
        for change in sorted(done.changes, key=_order):
            if not _moved(change):
                made.append(self._other(work, change))
        return tuple(made)

    def _back(self, work: Work, change: Change) -> Appointment:
        old, new = change.before, change.after
        assert old is not None
        made = self._rows.follow(work, new, _place(old), count=-1)
        return self._rows.finish(work, made, old.day, new.day)

    def _other(self, work: Work, change: Change) -> Appointment:
        before, after = change.before, change.after
        appointments = self._rows.appointments(work)
        if before is None:  # a booking
            sql = "status = 'cancelled', cancel_reason = 'entered_in_error'"
            appointments.change(after, sql)
            self._rows.bookings(work).waiting_again(after.id)
            return self._rows.finish(work, after.id, after.day)
        if after.status is Status.CANCELLED:  # cancelled rows never come back (spec 1.1.2): a new one follows
            if appointments.get(after.id).version != after.version:
                raise CannotUndo
            made = self._rows.follow(work, before, _place(before), count=0)
            return self._rows.finish(work, made, before.day)
        appointments.change(after, "end_time = :end", end=clock(minutes(before.end)))
        return self._rows.finish(work, after.id, after.day)


def _moved(change: Change) -> bool:
    return change.before is not None and change.before.id != change.after.id


def _order(change: Change) -> tuple[str, str]:
    # as the booking's own locks are taken
    one = change.before or change.after
    return str(one.doctor_id), f"{one.day} {one.start}"


def _place(old: Appointment) -> Place:
    return Place(old.doctor_id, old.type_id, old.day, minutes(old.start), minutes(old.end), old.id)
