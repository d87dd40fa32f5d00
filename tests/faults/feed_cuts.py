"""A feed whose line is cut, silenced and half opened at random while others write: is every commit told?"""

import random
import threading
import time
from collections import Counter
from dataclasses import dataclass

from clinicdesk.bootstrap import Core
from tests.faults.proxy import Fault, FaultProxy
from tests.faults.test_stores import through
from tests.small_clinic import PASSWORD, STAFF

FAULTS = (Fault.RESET, Fault.SILENT, Fault.STALL, Fault.HALF_OPEN)
SEATS, HURT_SECONDS, BETWEEN_SECONDS, SETTLE_SECONDS = 3, (0.1, 1.5), (0.2, 1.0), 20.0
ROOM = "INSERT INTO rooms(clinic_id, name) VALUES (%s, %s) RETURNING id"


@dataclass(frozen=True, slots=True)
class CutReport:
    committed: int
    faults: int
    reconnections: int
    missed: int
    told_again: int

    def words(self) -> str:
        return (
            f"{self.committed} commits, {self.faults} faults, {self.reconnections} reconnections of {SEATS} seats: "
            f"{self.missed} missed, {self.told_again} told again"
        )


def settle(holds):
    last = time.monotonic() + SETTLE_SECONDS
    while not holds() and time.monotonic() < last:
        time.sleep(0.02)


def run(clinic, *, rounds, seed=1):
    chance, states = random.Random(seed), list[bool]()
    told: list[Counter[str]] = [Counter() for _ in range(SEATS)]
    host, _, port = clinic.deployment.postgres.hosts.rpartition(":")
    committed, done = list[str](), threading.Event()

    def write():
        with clinic.owner() as owner:
            while not done.is_set():
                row = owner.execute(ROOM, (clinic.small.clinic, f"Room {len(committed)}")).fetchone()
                committed.append(str(row[0]))
                time.sleep(0.02)

    with FaultProxy(host, int(port)) as proxy:
        core = Core(through(clinic.deployment, "postgres", proxy.port), seat="pc-1")
        for counter in told:
            session = core.sign_in(STAFF["receptionist"][0], PASSWORD)
            clinic.sessions.append(session)
            session.listen(lambda _topic, row, _number, counter=counter: counter.update([row]), states.append)
        settle(lambda: states.count(True) >= SEATS)
        writer = threading.Thread(target=write)
        writer.start()
        for number in range(rounds):
            proxy.fail(FAULTS[number % len(FAULTS)])
            time.sleep(chance.uniform(*HURT_SECONDS))
            proxy.fail(Fault.NONE)
            time.sleep(chance.uniform(*BETWEEN_SECONDS))
        done.set()
        writer.join()
        settle(lambda: all(row in seat for seat in told for row in committed))
        for session in clinic.sessions:
            session.changes.stop()
    return CutReport(
        committed=len(committed),
        faults=rounds,
        reconnections=states.count(True) - SEATS,
        missed=sum(row not in seat for seat in told for row in committed),
        told_again=sum(seat[row] - 1 for seat in told for row in committed if seat[row] > 1),
    )
