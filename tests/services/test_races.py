"""Spec 1.4.4 in short: ``python -m tests.races`` runs 200 rounds."""

import threading
from datetime import time

from clinicdesk.domain.errors import DomainError, RoomTaken
from tests.races import run
from tests.services.test_scheduling import attempt, scheduling, wish


def test_sixteen_seats_on_four_slots(clinic):
    race = run(clinic, seats=16, slots=4, rounds=4)
    assert race.winners == [4] * 4
    assert set(race.answers) == {"SlotTaken"}  # nobody sees an error of the database
    assert race.untold == 0  # each loser hears who won, and three other slots


def test_one_room_for_two_doctors_at_the_same_moment(clinic):  # 1.4.3
    with clinic.owner() as owner:
        room = owner.execute(
            "INSERT INTO rooms(clinic_id, name) VALUES (%s, 'Room 1') RETURNING id", (clinic.small.clinic,)
        ).fetchone()
    assert room is not None
    desks = [scheduling(clinic, "receptionist"), scheduling(clinic, "receptionist2", "pc-2")]
    doctors = (clinic.small.doctor, clinic.small.doctor2)
    for hour in range(8, 13):
        start, answers = threading.Barrier(2), list[object]()

        wishes = [wish(clinic, n, time(hour), doctor_id=doctors[n], room_id=room[0]) for n in (0, 1)]
        threads = [
            threading.Thread(target=attempt, args=(desks[n], wishes[n], start, answers)) for n in (0, 1)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (refusal,) = [answer for answer in answers if isinstance(answer, DomainError)]
        assert isinstance(refusal, RoomTaken)
