"""Many seats on few slots at the same moment: ``python -m tests.races`` runs 200 rounds of 64 seats on 8 slots.

Each round asks for eight slots from all seats at once, eight seats a slot. Exactly one a slot may win, the
others must hear who won and three other slots, and nobody may meet an error of the database.
"""

import statistics
import sys
import threading
import time as clock
from collections import Counter
from dataclasses import dataclass, field
from datetime import time
from typing import Any

import psycopg
import psycopg.sql

from clinicdesk.domain.appointments import Appointment, Booking
from clinicdesk.domain.errors import SlotTaken
from clinicdesk.repositories.accounts import login_name
from clinicdesk.services.scheduling import Scheduling
from tests.small_clinic import STAFF

SEATS, SLOTS, ROUNDS = 64, 8, 200
WHO = ("receptionist", "receptionist2", "doctor", "admin")
SWEEP = """UPDATE appointments SET status = 'cancelled', cancel_reason = 'entered_in_error'
  WHERE status = 'confirmed' RETURNING start_time"""


@dataclass
class Race:
    """What happened: ``winners`` a round, everything that was no booking by the name of its error."""

    winners: list[int] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    waits: list[float] = field(default_factory=list)
    untold: int = 0

    def words(self) -> str:
        """For the one who ran it."""
        ordered = sorted(self.waits)
        p99 = ordered[int(len(ordered) * 0.99)] if ordered else 0.0
        return (
            f"{len(self.winners)} rounds, winners {dict(Counter(self.winners))}, losers {dict(self.answers)}, "
            f"not told who won or what is free: {self.untold}; a loser's answer: median "
            f"{statistics.median(ordered or [0.0]) * 1000:.0f} ms, p99 {p99 * 1000:.0f} ms (all seats on this PC)"
        )


def run(clinic: Any, *, seats: int = SEATS, slots: int = SLOTS, rounds: int = ROUNDS) -> Race:
    """Race on a test clinic. Every seat is a session of its own with its own connections."""
    with clinic.owner() as owner:  # an account may have 12 connections: so many seats are nobody's day
        for who in WHO:
            name = psycopg.sql.Identifier(login_name(STAFF[who][0]))
            owner.execute(psycopg.sql.SQL("ALTER ROLE {} CONNECTION LIMIT 60").format(name))
    desks = []
    for number in range(seats):
        session = clinic.sign_in(WHO[number % len(WHO)], seat=f"pc-{number}")
        desks.append(Scheduling(session.open_work, session.actor, session.now))
        desks[-1].doctors()  # the connection is open
    race, lock = Race(), threading.Lock()
    for _ in range(rounds):
        start = threading.Barrier(seats)
        threads = [
            threading.Thread(target=_try, args=(desk, _wish(clinic, number, slots), start, race, lock))
            for number, desk in enumerate(desks)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        with clinic.owner() as owner:
            race.winners.append(len(owner.execute(SWEEP).fetchall()))
    return race


def _wish(clinic: Any, number: int, slots: int) -> Booking:
    small = clinic.small
    return Booking(
        patient_id=small.patients[number % len(small.patients)],
        doctor_id=small.doctor,
        type_id=small.types["Consultation"],
        day=small.tomorrow,
        start=time(8 + number % slots // 2, number % 2 * 30),
    )


def _try(desk: Scheduling, wish: Booking, start: threading.Barrier, race: Race, lock: threading.Lock) -> None:
    start.wait()
    began = clock.perf_counter()
    try:
        made: Appointment | Exception = desk.book(wish)
    except Exception as refusal:  # noqa: BLE001  whatever it is, it is counted
        made = refusal
    with lock:
        if isinstance(made, Exception):
            race.answers[type(made).__name__] += 1
            race.waits.append(clock.perf_counter() - began)
            told = isinstance(made, SlotTaken) and made.holder and len(made.nearest) == 3
            race.untold += not told


def main() -> int:
    """The long race on servers of its own; 0 when every round had as many winners as slots."""
    import pytest

    return int(pytest.main(["-q", "-s", "-o", "python_files=races_long.py", "tests/races_long.py"]))


if __name__ == "__main__":
    sys.exit(main())
