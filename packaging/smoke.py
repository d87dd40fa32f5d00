"""Tries a built bundle without a screen: servers, demo clinic, sign-in, day view, clean ends."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import redis

START_SECONDS, BUILD_SECONDS, END_SECONDS = 120.0, 300.0, 60.0
_SIGNED_IN = "SELECT count(*) FROM audit_log WHERE op = 'L' AND new ->> 'event' = 'signed_in'"
# only the day view reads the waiting list
_DAY_READ = """SELECT coalesce(seq_scan, 0) + coalesce(idx_scan, 0) FROM pg_stat_user_tables
    WHERE relname = 'waiting_list'"""
_SEATS = """SELECT count(*) FROM pg_stat_activity
    WHERE application_name = 'clinicdesk' AND starts_with(usename::text, 'u_')"""
# what would lead the program to another clinic, or to this environment's libraries
_FOREIGN = ("PYTHON", "CLINICDESK", "QT_", "LD_LIBRARY")


class Failed(Exception):
    """One sentence about what the bundle did not do."""


class Trial:
    """One bundle in one empty home."""

    def __init__(self, bundle: Path, home: Path) -> None:
        self.bundle, self.home = bundle, home
        self.program = bundle / ("clinicdesk.exe" if sys.platform == "win32" else "clinicdesk")
        self.data = home / "demo"
        self.log = home / "output.log"
        self.env = {key: value for key, value in os.environ.items() if not key.startswith(_FOREIGN)}
        self.env |= {
            "HOME": str(home),
            "XDG_DATA_HOME": str(home / "data"),
            "XDG_CONFIG_HOME": str(home / "config"),
            "XDG_STATE_HOME": str(home / "state"),
            "XDG_CACHE_HOME": str(home / "cache"),
            "QT_QPA_PLATFORM": "offscreen",
        }

    @contextlib.contextmanager
    def running(self, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
        """The bundled program; killed when a step fails."""
        with self.log.open("a") as log:
            child = subprocess.Popen(
                [str(self.program), *arguments], stdout=subprocess.PIPE, stderr=log, text=True, env=self.env
            )
        assert child.stdout is not None
        try:
            yield child
        finally:
            if child.poll() is None:
                child.kill()
            child.wait()
            child.stdout.close()

    def say(self, what: str, started: float) -> None:
        """One line with the seconds it took."""
        print(f"  {what:<52} {time.monotonic() - started:6.2f} s", flush=True)


def wait_until(what: str, seconds: float, true: Callable[[], bool], child: "subprocess.Popen[str]") -> None:
    """Raises Failed when it does not come true, or the program ends first."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if true():
            return
        if child.poll() is not None:
            raise Failed(f"the program ended with status {child.returncode} before: {what}")
        time.sleep(0.1)
    raise Failed(f"not within {seconds:.0f} s: {what}")


def end(child: "subprocess.Popen[str]", what: str) -> None:
    """SIGTERM, as the system sends at the end of a session. Raises Failed unless the status is 0."""
    child.send_signal(signal.SIGTERM)
    try:
        status = child.wait(END_SECONDS)
    except subprocess.TimeoutExpired:
        raise Failed(f"{what} did not end within {END_SECONDS:.0f} s") from None
    if status != 0:
        raise Failed(f"{what} ended with status {status}")


def ask(uri: str, statement: str) -> Any:
    """The first value."""
    with psycopg.connect(uri, connect_timeout=5, autocommit=True) as owner:
        row = owner.execute(statement).fetchone()
    return row[0] if row else None


def processes(trial: Trial) -> list[str]:
    """Living processes that were started on the trial's folder, by Linux's proc."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if str(trial.home) in command:
                found.append(f"{entry.name} {command[:80]}")
    return found


def nothing_left(trial: Trial) -> None:
    """Raises Failed when a server outlived its owner."""
    if sys.platform == "linux" and (left := processes(trial)):
        raise Failed("still running: " + "; ".join(left))
    if (trial.data / "runtime.json").exists():
        raise Failed("the data folder still says that servers run")


def serve(trial: Trial) -> None:
    """``serve --json`` on an empty folder, the window joined to it, then SIGTERM."""
    started = time.monotonic()
    with trial.running("serve", "--data-dir", str(trial.data), "--json") as server:
        assert server.stdout is not None
        line = server.stdout.readline()
        if not line:
            raise Failed("serve printed nothing")
        found = json.loads(line)
        trial.say("serve: first start, migrated", started)
        if not str(ask(found["postgres"], "SHOW server_version")).startswith("18"):
            raise Failed("another PostgreSQL than the bundled one answered")
        if sys.platform != "win32":
            with redis.Redis.from_url(found["redis"]) as cache:
                cache.ping()
        print(f"  charts: {'on (mongod)' if found['mongo'] else 'off, no document server is bundled'}")
        window(trial, found["postgres"])
        started = time.monotonic()
        end(server, "serve")
        trial.say("serve: stopped", started)
    nothing_left(trial)


def window(trial: Trial, uri: str) -> None:
    """The receptionist's window on servers that run: demo built, signed in, day read, closed."""
    started = time.monotonic()
    before = ask(uri, _SIGNED_IN)
    with trial.running("demo", "--data-dir", str(trial.data), "--role", "receptionist") as program:
        wait_until("sign-in", BUILD_SECONDS, lambda: ask(uri, _SIGNED_IN) > before, program)
        trial.say("demo clinic built, receptionist signed in", started)
        wait_until("a seat connected", 20, lambda: ask(uri, _SEATS) > 0, program)
        # statistics of tables reach the catalogue when a connection has been idle for a while
        wait_until("the day view read", 60, lambda: ask(uri, _DAY_READ) > 0, program)
        trial.say("day view read", started)
        print(f"  memory of the program: {resident(program.pid)}")
        end(program, "the window")
    wait_until_gone(uri)


def wait_until_gone(uri: str) -> None:
    """The seat's connections are closed. Raises Failed."""
    for _ in range(50):
        if ask(uri, _SEATS) == 0:
            return
        time.sleep(0.1)
    raise Failed("the closed window left connections")


def own_servers(trial: Trial) -> None:
    """A window that owns its servers: the second start, and nothing left after SIGTERM."""
    started = time.monotonic()
    with trial.running("demo", "--data-dir", str(trial.data), "--role", "receptionist") as program:
        runtime = trial.data / "runtime.json"
        wait_until("servers", START_SECONDS, runtime.exists, program)
        uri = owner_uri(trial)
        before = ask(uri, _SIGNED_IN)
        wait_until("sign-in", START_SECONDS, lambda: ask(uri, _SIGNED_IN) >= max(before, 2), program)
        trial.say("window with its own servers, signed in", started)
        started = time.monotonic()
        end(program, "the window")
        trial.say("window and servers stopped", started)
    nothing_left(trial)


def owner_uri(trial: Trial) -> str:
    """From the folder's own files: the window prints nothing."""
    secrets = json.loads((trial.data / "secrets.json").read_text())
    port = json.loads((trial.data / "runtime.json").read_text())["servers"]["postgres"]["port"]
    return f"postgresql://clinicdesk_owner:{secrets['postgres']}@127.0.0.1:{port}/clinicdesk"


def resident(pid: int) -> str:
    """As Linux counts it."""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS"):
                return f"{int(line.split()[1]) // 1024} MiB"
    return "unknown"


def sizes(bundle: Path) -> None:
    """What is large."""
    weights: dict[str, int] = {}
    for path in bundle.rglob("*"):
        if path.is_file() and not path.is_symlink():
            place = path.relative_to(bundle).parts
            top = place[1] if place[0] == "_internal" and len(place) > 2 else place[0]
            weights[top] = weights.get(top, 0) + path.stat().st_size
    total = sum(weights.values())
    print(f"{bundle}: {total / 2**20:.0f} MiB")
    for name, weight in sorted(weights.items(), key=lambda item: -item[1])[:8]:
        print(f"  {name:<52} {weight / 2**20:6.1f} MiB")


def main() -> int:
    """0 when everything was as it should be."""
    bundle = Path(sys.argv[1] if len(sys.argv) > 1 else "dist/clinicdesk").resolve()
    sizes(bundle)
    with tempfile.TemporaryDirectory(prefix="clinicdesk smoke ") as home:
        trial = Trial(bundle, Path(home))
        try:
            started = time.monotonic()
            subprocess.run([trial.program, "--help"], check=True, capture_output=True, env=trial.env)
            trial.say("--help", started)
            serve(trial)
            own_servers(trial)
        except (
            Failed,
            OSError,
            ValueError,
            subprocess.CalledProcessError,
            psycopg.Error,
            redis.RedisError,
        ) as error:
            print(f"bundle: FAILED: {error}", file=sys.stderr)
            if trial.log.exists():
                print(trial.log.read_text()[-4000:], file=sys.stderr)
            return 1
    print("bundle: works")
    return 0


if __name__ == "__main__":
    sys.exit(main())
