"""Seats without windows: sign-in, change feed and the read that a visible day would do, measured.

``python -m tests.bench.headless`` reads one JSON line (deployment addresses, account, how many) and answers
with JSON lines: 'ready'; further lines say whether they read; when the
input ends, what they heard: [[row id, seconds on the system's clock], ...].
"""

import json
import sys
import threading
import time
from typing import Any

from clinicdesk.bootstrap import Core, Session
from clinicdesk.desk import Desk, desk_of
from clinicdesk.embedded import Addresses
from clinicdesk.settings import Deployment

GATHER_SECONDS = 0.07
"""As the windows do: notices of so long are one read."""


class HeadlessSeat:
    """One signed-in seat on the day's schedule; reads it again after each change, as a window does."""

    reading = False
    """Whether the schedule is on show on these seats; else the change only marks it as old."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.desk: Desk = desk_of(session)
        self.heard: list[tuple[str, float]] = []
        self.reads = 0
        self._due = threading.Event()
        self._stopped = False
        self._reader = threading.Thread(target=self._read, daemon=True)

    def start(self) -> None:
        self._reader.start()
        self.session.listen(self._hear)

    def stop(self) -> None:
        self._stopped = True
        self._due.set()
        self._reader.join(timeout=10)
        self.session.close()

    def _hear(self, topic: str, row: str, _number: int) -> None:
        if topic:
            self.heard.append((row, time.monotonic()))
        self._due.set()

    def _read(self) -> None:
        while not self._stopped:
            self._due.wait()
            time.sleep(GATHER_SECONDS)
            self._due.clear()
            if self.reading and not self._stopped:
                self.desk.scheduling.day_sheet(self.desk.scheduling.clock()[0])
                self.reads += 1


def main() -> None:
    wish: dict[str, Any] = json.loads(sys.stdin.readline())
    core = Core(Deployment.of_embedded(Addresses(**wish["addresses"])), seat="headless")
    seats = [HeadlessSeat(core.sign_in(*wish["account"])) for _ in range(wish["seats"])]
    for seat in seats:
        seat.start()
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        HeadlessSeat.reading = json.loads(line)
    print(json.dumps([[row, at] for seat in seats for row, at in seat.heard]), flush=True)
    for seat in seats:
        seat.stop()


if __name__ == "__main__":
    main()
