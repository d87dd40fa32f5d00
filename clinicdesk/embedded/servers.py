"""The three private servers of one data folder as one thing: started once, shared by later starts."""

import contextlib
import os
import shutil
import sys
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from clinicdesk.embedded import account as accounts
from clinicdesk.embedded import documents, valkey
from clinicdesk.embedded.errors import EmbeddedError, from_os
from clinicdesk.embedded.locks import FileLock
from clinicdesk.embedded.postgres import Postgres
from clinicdesk.embedded.processes import Server, is_alive
from clinicdesk.embedded.records import (
    Addresses,
    Running,
    Runtime,
    Secrets,
    StoreName,
    addresses,
    load_runtime,
    load_secrets,
    new_secrets,
    save_runtime,
    save_secrets,
)

_LABELS: dict[StoreName, str] = {
    "postgres": "PostgreSQL",
    "mongo": "The document server",
    "redis": "The cache",
}
_BUSY_SECONDS = 120.0
_LEAST_FREE = 64 * 1024 * 1024
_WATCH_SECONDS = 1.0


class _Engine(Server, Protocol):
    def begin(self) -> Running:
        """Starts or re-uses it. Raises EmbeddedError."""
        ...


class EmbeddedServers:
    """Owner of the servers, or attached to those another process owns. Use ``start``, not the constructor."""

    def __init__(
        self,
        data_dir: Path,
        owner: FileLock | None,
        engines: list[_Engine],
        runtime: Runtime,
        found: Addresses,
    ) -> None:
        self.data_dir = data_dir
        self.addresses = found
        self._owner = owner
        self._engines = engines
        self._runtime = runtime
        self._closing = threading.Event()
        self._watch: threading.Thread | None = None
        if owner is not None:
            self._watch = threading.Thread(target=self._keep_running, name="embedded-watch", daemon=True)
            self._watch.start()

    @property
    def attached(self) -> bool:
        """True when another process started them and will stop them."""
        return self._owner is None

    @classmethod
    def start(cls, data_dir: Path, *, progress: Callable[[str], None]) -> Self:
        """Starts, adopts or joins those of the folder; ``progress`` gets sentences. Raises EmbeddedError."""
        data_dir = data_dir.expanduser().absolute()
        _claim(data_dir)
        try:
            with FileLock(data_dir / "start.lock") as gate:
                if not gate.acquire(_BUSY_SECONDS):
                    raise EmbeddedError("servers", "busy", f"Another start on {data_dir} has not finished.")
                owner = FileLock(data_dir / "owner.lock")
                owns = owner.try_acquire()
                try:
                    engines, known = _engines(data_dir, progress)
                    runtime = _bring_up_all(data_dir, engines, progress)
                except BaseException:
                    owner.release()
                    raise
        except OSError as refusal:
            raise from_os("servers", data_dir, refusal) from refusal
        progress("The servers are ready." if owns else "Joined the servers that are already running.")
        return cls(data_dir, owner if owns else None, engines, runtime, addresses(runtime, known))

    def stop(self) -> None:
        """Ends all three cleanly when we own them; does nothing otherwise, or the second time."""
        owner, self._owner = self._owner, None
        if owner is None:
            return
        self._closing.set()
        if self._watch is not None:
            self._watch.join()
        with FileLock(self.data_dir / "start.lock") as gate:
            with contextlib.suppress(OSError):  # the folder was deleted under us: the servers must still end
                gate.acquire(_BUSY_SECONDS)
                self._runtime = load_runtime(self.data_dir)
            _stop_all(self._engines, self._runtime)
            (self.data_dir / "runtime.json").unlink(missing_ok=True)
            owner.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _keep_running(self) -> None:
        """A server that was killed comes back on its port; when it cannot, the next start says why."""
        while not self._closing.wait(_WATCH_SECONDS):
            known = load_runtime(self.data_dir).servers
            if all(is_alive(running) for running in known.values()):
                continue
            with FileLock(self.data_dir / "start.lock") as gate, contextlib.suppress(EmbeddedError, OSError):
                if gate.acquire(_WATCH_SECONDS) and not self._closing.is_set():
                    self._runtime = _bring_up_all(self.data_dir, self._engines, _silent)


def running(data_dir: Path) -> Addresses | None:
    """Where the servers of ``data_dir`` are reachable now, without starting any. Raises EmbeddedError."""
    try:
        known = load_secrets(data_dir)
    except (OSError, ValueError):
        raise EmbeddedError("servers", "no_permission", f"This account may not read {data_dir}.") from None
    runtime = load_runtime(data_dir)
    if known is None or "postgres" not in runtime.servers:
        return None
    return addresses(runtime, known)


def remove_data(data_dir: Path) -> None:
    """Deletes a stopped data folder with everything that belongs to it elsewhere. Raises OSError."""
    with contextlib.suppress(ValueError):
        known = load_secrets(data_dir)
        if known is not None and known.postgres_home is not None:
            shutil.rmtree(known.postgres_home, ignore_errors=True)
    shutil.rmtree(data_dir)


def _silent(sentence: str) -> None:
    """Progress that nobody waits for."""


def _claim(data_dir: Path) -> None:
    try:
        # as root PostgreSQL's own account must be able to walk through; the secrets are 0600, the stores 0700
        data_dir.mkdir(mode=0o711 if accounts.is_root() else 0o700, parents=True, exist_ok=True)
        foreign = sys.platform != "win32" and data_dir.stat().st_uid != os.geteuid()
        free = shutil.disk_usage(data_dir).free
    except NotADirectoryError:
        raise EmbeddedError("servers", "failed", f"{data_dir} is not a folder.") from None
    except FileExistsError:
        raise EmbeddedError("servers", "failed", f"{data_dir} is a file, not a folder.") from None
    except OSError as refusal:
        raise from_os("servers", data_dir, refusal) from refusal
    if foreign:
        raise EmbeddedError(
            "servers",
            "foreign_folder",
            f"{data_dir} belongs to another account: use your own folder, or that account.",
        )
    if free < _LEAST_FREE:
        raise EmbeddedError(
            "servers", "disk_full", f"The drive of {data_dir} is full: free some space and try again."
        )


def _engines(data_dir: Path, progress: Callable[[str], None]) -> tuple[list[_Engine], Secrets]:
    """The engines that are installed, with this folder's secrets (made and kept at the first start)."""
    try:
        known = load_secrets(data_dir)
    except ValueError:
        raise EmbeddedError(
            "servers", "failed", f"{data_dir / 'secrets.json'} is damaged: restore it."
        ) from None
    kept = known
    known = known or new_secrets()
    engine = documents.find_engine(known.document_engine)
    known = replace(known, document_engine=engine)
    account = accounts.needed()
    if account and known.postgres_home is None and not account.reaches(data_dir):
        known = replace(known, postgres_home=str(accounts.private_home()))
    if known != kept:
        save_secrets(data_dir, known)
    engines: list[_Engine] = [Postgres(Path(known.postgres_home or data_dir / "postgres"), known.postgres)]
    if engine is None:
        progress("No document server is installed: charts are not available.")
    else:
        engines.append(documents.Documents(data_dir / "documents", known.mongo, engine))
    cache = valkey.program()
    if cache is None:
        progress("No cache program is installed: everything works without it, a little slower.")
    else:
        engines.append(valkey.Valkey(data_dir / "cache", known.redis, cache))
    return engines, known


def _bring_up_all(data_dir: Path, engines: list[_Engine], progress: Callable[[str], None]) -> Runtime:
    before = load_runtime(data_dir)
    started: dict[str, Running] = {}
    failure: BaseException | None = None
    with ThreadPoolExecutor(len(engines), thread_name_prefix="embedded-start") as pool:
        jobs: list[tuple[_Engine, Future[Running]]] = [
            (engine, pool.submit(engine.begin)) for engine in engines
        ]
        for engine, job in jobs:
            failed = job.exception()
            if failed is not None:
                failure = failure or failed
                continue
            started[engine.name] = job.result()
            if started[engine.name] != before.servers.get(engine.name):
                progress(f"{_LABELS[engine.name]} is ready.")
    home = next(engine.home for engine in engines if engine.name == "postgres")
    runtime = Runtime(started, str(home))
    if not home.is_relative_to(data_dir) and home.is_dir():
        (home / "belongs-to.txt").write_text(f"{data_dir}\n", encoding="utf-8")
    if failure is not None:
        new = {name: entry for name, entry in started.items() if entry != before.servers.get(name)}
        _stop_all(engines, Runtime(new, None))
        raise failure
    save_runtime(data_dir, runtime)
    return runtime


def _stop_all(engines: list[_Engine], runtime: Runtime) -> None:
    with ThreadPoolExecutor(len(engines), thread_name_prefix="embedded-stop") as pool:
        for engine in engines:
            if engine.name in runtime.servers:
                pool.submit(engine.end, runtime.servers[engine.name])
