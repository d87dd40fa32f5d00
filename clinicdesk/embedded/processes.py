"""Starting, recognising and stopping one server process, whatever server it is."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from errno import EINTR
from pathlib import Path
from typing import Protocol

from clinicdesk.embedded.errors import EmbeddedError, from_log, from_os
from clinicdesk.embedded.records import Running, StoreName, load_process, save_process

START_SECONDS = 60.0
STOP_SECONDS = 30.0
_ATTEMPTS = 4
# Windows: no console window, and a Ctrl+C in ours does not reach the server.
_FLAGS = 0x08000200 if sys.platform == "win32" else 0
_PROC = Path("/proc/self")

# Our own children, kept so that a finished one is reaped and its number is not mistaken for a living server.
_children: dict[int, subprocess.Popen[bytes]] = {}
_abandoned = threading.Event()


class Server(Protocol):
    """One of the three engines on its folder."""

    name: StoreName
    home: Path

    def prepare(self) -> None:
        """Folder and configuration. Raises OSError, EmbeddedError."""
        ...

    def command(self, port: int) -> list[str]:
        """The program and its arguments."""
        ...

    def answers(self, port: int) -> bool:
        """True when the server on ``port`` accepts our credentials: that it is ours and works."""
        ...

    def end(self, running: Running) -> None:
        """Stops it cleanly, or at all."""
        ...

    def last_words(self) -> str:
        """What the process wrote since its start."""
        ...

    def account(self) -> tuple[int, int] | None:
        """User and group to run as, None for our own."""
        ...


def environment() -> dict[str, str]:
    """Ours without what would bend a server: client defaults of libpq, a bundle's library path."""
    env = {key: value for key, value in os.environ.items() if not key.startswith("PG")}
    original = env.pop("LD_LIBRARY_PATH_ORIG", None)
    if getattr(sys, "frozen", False):
        env.pop("LD_LIBRARY_PATH", None)
    if original:
        env["LD_LIBRARY_PATH"] = original
    return env


def free_port() -> int:
    """A loopback port that nobody has now; it may be gone a moment later."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_free(port: int) -> bool:
    """True when a server could listen there."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            probe.setsockopt(
                socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
            )  # what the servers do: ignore TIME_WAIT
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _shown_by_ps(pid: int, column: str) -> str:
    """One column (comm=, lstart=, stat=) of one process; empty where there is no such process."""
    listed = subprocess.run(["ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip()


def born(pid: int) -> str:
    """The process's start time as the system writes it; empty where it cannot be known or there is none."""
    if sys.platform == "win32":
        return ""
    if _PROC.is_dir():
        return _stat(pid)[19]
    return _shown_by_ps(pid, "lstart=")


def _stat(pid: int) -> list[str]:
    """The fields of Linux's stat after the name: state first, start time at 19."""
    try:
        text = (_PROC.parent / str(pid) / "stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return [""] * 20
    return text.rpartition(")")[2].split()


def is_alive(running: Running) -> bool:
    """False also for a finished child and for a stranger that got the same number later."""
    child = _children.get(running.pid)
    if child is not None:
        if child.poll() is None:
            return True
        del _children[running.pid]
        return False
    if sys.platform == "win32":
        listed = subprocess.run(
            ["tasklist", "/FI", f"PID eq {running.pid}", "/NH"], capture_output=True, text=True, check=False
        )
        return str(running.pid) in listed.stdout
    try:
        os.kill(running.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return born(running.pid) == running.born
    return born(running.pid) == running.born and not _is_zombie(running.pid)


def runs_program(pid: int, name: str) -> bool:
    """True when ``pid`` is a living process of that program; a killed one that nobody has reaped is not."""
    if sys.platform == "win32":
        return is_alive(Running(pid, 0, ""))
    if not _PROC.is_dir():
        return Path(_shown_by_ps(pid, "comm=")).name == name and not _is_zombie(pid)
    try:
        running = (_PROC.parent / str(pid) / "comm").read_text(encoding="utf-8").strip()
    except OSError:
        return False
    return running == name and not _is_zombie(pid)


def _is_zombie(pid: int) -> bool:
    return (_stat(pid)[0] if _PROC.is_dir() else _shown_by_ps(pid, "stat=")[:1]) == "Z"


def listens(port: int) -> bool:
    """True when somebody accepts connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), 0.5).close()
    except OSError:
        return False
    return True


def stop(running: Running, how: signal.Signals, *, seconds: float = STOP_SECONDS) -> None:
    """Ends one of our servers: asked first with ``how``, killed when it does not end within ``seconds``."""
    for sign, wait in ((how, seconds), (getattr(signal, "SIGKILL", signal.SIGTERM), 5.0)):
        if not is_alive(running):
            return
        with contextlib.suppress(ProcessLookupError):
            os.kill(running.pid, sign)
        end = time.monotonic() + wait
        while time.monotonic() < end:
            if not is_alive(running):
                return
            time.sleep(0.02)


def abandon() -> None:
    """Kill every server that this process started, and start no other: what is under way fails at once.

    PostgreSQL's immediate shutdown; what was committed is there after the next start. The others are killed:
    a program that a shell started in the background hands down that SIGQUIT is ignored.
    """
    _abandoned.set()
    for child in list(_children.values()):
        how = "SIGQUIT" if runs_program(child.pid, "postgres") else "SIGKILL"
        with contextlib.suppress(OSError):
            child.send_signal(getattr(signal, how, signal.SIGTERM))


def tail(log: Path, *, start: int = 0, size: int = 6000) -> str:
    """The end of a log, nothing before byte ``start``."""
    try:
        text = log.read_bytes()[start:]
    except OSError:
        return ""
    return text[-size:].decode("utf-8", "replace")


def launch(server: Server, port: int) -> Running:
    """Starts the process in a session of its own: a terminal's Ctrl+C does not reach it. Raises OSError."""
    if _abandoned.is_set():
        raise InterruptedError(EINTR, "this program is being closed")
    account = server.account()
    user, group = account if account else (None, None)
    log = server.home / "server.log"
    with open(log, "wb") as output:
        child = subprocess.Popen(
            server.command(port),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=server.home,
            env=environment(),
            start_new_session=True,
            creationflags=_FLAGS,
            user=user,
            group=group,
            extra_groups=[] if account else None,
        )
    _children[child.pid] = child
    running = Running(child.pid, port, born(child.pid))
    save_process(server.home, running)
    return running


def bring_up(server: Server) -> Running:
    """Re-uses the folder's living server or starts one, on its old port if free. Raises EmbeddedError."""
    last = load_process(server.home)
    if last is not None and is_alive(last):
        if server.answers(last.port):
            return last
        server.end(last)
    try:
        server.prepare()
    except OSError as refusal:
        raise from_os(server.name, server.home, refusal) from refusal
    port = last.port if last is not None and is_free(last.port) else free_port()
    error: EmbeddedError | None = None
    for attempt in range(_ATTEMPTS):
        try:
            running = launch(server, port)
        except FileNotFoundError:
            raise EmbeddedError(
                server.name, "missing_program", f"The {server.name} program is not installed."
            ) from None
        except OSError as refusal:
            raise from_os(server.name, server.home, refusal) from refusal
        error = _await(server, running)
        if error is None:
            return running
        if error.kind == "port_taken":
            port = free_port()
        elif error.kind == "busy":
            time.sleep(0.5 * (attempt + 1))
        else:
            break
    raise error or from_log(server.name, server.home, "")


def _await(server: Server, running: Running) -> EmbeddedError | None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        if not is_alive(running):
            return from_log(server.name, server.home, server.last_words())
        if listens(running.port) and server.answers(running.port) and is_alive(running):
            return None
        time.sleep(0.02)
    server.end(running)
    return from_log(server.name, server.home, server.last_words())
