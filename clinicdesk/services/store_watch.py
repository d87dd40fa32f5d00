"""Looks after the stores that have no feed: seldom while they work, often while they do not."""

import logging
import random
import threading
import time
from collections.abc import Callable, Mapping

from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.stores import Pulse, Standing, standing_of

log = logging.getLogger(__name__)
CALM_SECONDS, TROUBLED_SECONDS = 10.0, 1.5


class StoreWatch:
    """``probes`` ask one store each and raise StoreUnavailable. One thread, from ``start`` to ``stop``."""

    def __init__(self, probes: Mapping[str, Callable[[], object]]) -> None:
        self._probes = dict(probes)
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, on_pulse: Callable[[Pulse], object]) -> None:
        """Begin; nothing more happens while it looks already, or where there is nothing to look after."""
        if self._thread is None and self._probes:
            self._stopping = threading.Event()  # an earlier thread may still wait for its last answer
            given = (on_pulse, self._stopping)
            self._thread = threading.Thread(target=self._run, args=given, name="stores", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """The thread ends by itself with the answer that it waits for."""
        self._stopping.set()
        self._wake.set()
        self._thread = None

    def look(self) -> None:
        """Now: something failed, or the person asked."""
        self._wake.set()

    def _run(self, on_pulse: Callable[[Pulse], object], stopping: threading.Event) -> None:
        while not stopping.is_set():
            found = [self._probe(store) for store in self._probes]
            if stopping.is_set():
                return
            for pulse in found:
                on_pulse(pulse)
            calm = all(pulse.standing is Standing.UP for pulse in found)
            longest = CALM_SECONDS if calm else TROUBLED_SECONDS
            self._wake.wait(random.uniform(longest / 2, longest))
            self._wake.clear()

    def _probe(self, store: str) -> Pulse:
        began = time.monotonic()
        try:
            self._probes[store]()
        except StoreUnavailable:
            return Pulse(store, Standing.DOWN)
        took = time.monotonic() - began
        return Pulse(store, standing_of(took), took)
