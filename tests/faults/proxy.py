"""A small TCP proxy that fails on purpose, between a seat and a server of this machine."""

import select
import socket
import struct
import threading
import time
from enum import Enum
from typing import Self

CHUNK = 65_536


class Fault(Enum):
    """What it does from now on, to connections that stand and to new ones."""

    NONE = "none"
    STALL = "stall"  # takes everything, passes nothing on; lets go of it later
    RESET = "reset"  # breaks what stands, refuses what comes
    HALF_OPEN = "half open"  # swallows everything; what stood stays broken for ever
    SILENT = "silent"  # accepts and never answers


class FaultProxy:
    """Listens on a port of its own; ``delay`` seconds are added to each direction."""

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._fault, self.delay = Fault.NONE, 0.0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._stopped = False
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def fail(self, fault: Fault) -> None:
        before, self._fault = self._fault, fault
        if fault is Fault.RESET or before in (Fault.HALF_OPEN, Fault.SILENT):
            # after packets were swallowed, the two ends would never agree again: they learn it by a reset
            self.cut()

    def cut(self) -> None:
        """Break every connection that stands."""
        with self._lock:
            broken, self._open = self._open, set()
        for one in broken:
            _reset(one)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        self._fault = Fault.RESET
        self._listener.close()
        self.cut()

    def _accept(self) -> None:
        while not self._stopped:
            try:
                if not select.select([self._listener], [], [], 0.2)[0]:
                    continue
                near, _ = self._listener.accept()
            except (OSError, ValueError):
                return
            if self._fault is Fault.RESET:
                _reset(near)
                continue
            with self._lock:
                self._open.add(near)
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        while self._fault in (Fault.SILENT, Fault.HALF_OPEN, Fault.STALL) and near in self._open:
            time.sleep(0.02)
        try:
            far = socket.create_connection(self._target)
        except OSError:
            _reset(near)
            return
        with self._lock:
            if near not in self._open:
                _reset(far)
                return
            self._open.add(far)
        there = threading.Thread(target=self._pump, args=(near, far), daemon=True)
        there.start()
        self._pump(far, near)
        there.join()
        with self._lock:
            self._open -= {near, far}
        near.close()
        far.close()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        try:
            while data := source.recv(CHUNK):
                if self._fault in (Fault.HALF_OPEN, Fault.SILENT):
                    continue
                while self._fault is Fault.STALL:
                    time.sleep(0.01)
                if self.delay:
                    time.sleep(self.delay)
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for one in (source, sink):
                _reset(one)


def _reset(one: socket.socket) -> None:
    """Closed with an RST, as by a machine that knows nothing of the connection."""
    try:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        one.shutdown(socket.SHUT_RDWR)
    except OSError:
        pass
    one.close()
