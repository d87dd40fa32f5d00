"""PostgreSQL, a document server and a cache that speak TLS, and throw-away certificates for them."""

import contextlib
import os
import shutil
import socket
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pymongo import MongoClient
from pymongo.errors import PyMongoError

from clinicdesk.embedded import account as accounts

SECRET = "throw-away-owner"
HOST = "localhost"  # the one name in the certificates


class Authority:
    """A certificate authority that nobody else trusts."""

    def __init__(self, name: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        now = datetime.now(UTC)
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=20))
            .not_valid_after(now + timedelta(days=20))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False)
            .add_extension(_usage(signs=True), critical=True)
            .sign(self._key, hashes.SHA256())
        )

    def save(self, path: Path) -> Path:
        path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def issue(self, folder: Path, *, expired: bool = False) -> tuple[Path, Path]:
        """Certificate and key for ``HOST``."""
        key, now = ec.generate_private_key(ec.SECP256R1()), datetime.now(UTC)
        issuer = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        made = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=10))
            .not_valid_after(now + timedelta(days=-1 if expired else 10))
            .add_extension(x509.SubjectAlternativeName([x509.DNSName(HOST)]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(issuer, critical=False)
            .add_extension(_usage(signs=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        name = "expired" if expired else "server"
        certificate, private = folder / f"{name}.crt", folder / f"{name}.key"
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        private.chmod(0o600)
        return certificate, private


def _usage(*, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=True,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True)
class TlsServers:
    """Ports of the three with a good certificate, and of those with an expired one."""

    ca: Path
    other_ca: Path
    postgres: int
    postgres_expired: int
    mongo: int
    mongo_expired: int
    redis: int
    redis_expired: int

    @property
    def uris(self) -> dict[str, str]:
        """The owners', over verified TLS."""
        return {
            "postgres": f"postgresql://owner:{SECRET}@{HOST}:{self.postgres}/clinicdesk?sslmode=verify-full&sslrootcert={self.ca}",
            "mongo": f"mongodb://owner:{SECRET}@{HOST}:{self.mongo}/?authSource=admin&directConnection=true&tls=true&tlsCAFile={self.ca}",
            "redis": f"rediss://default:{SECRET}@{HOST}:{self.redis}/0?ssl_ca_certs={self.ca}",
        }


def postgres_programs() -> Path | None:
    """Those of a PostgreSQL with TLS; the one in the wheel has none."""
    named = os.environ.get("CLINICDESK_TEST_POSTGRES_TLS_BIN")
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: int(path.parts[-2]))
    on_path = shutil.which("pg_config")
    for folder in (
        [Path(named)] if named else [*reversed(found), *([Path(on_path).parent] if on_path else [])]
    ):
        config = folder / "pg_config"
        if config.exists() and "openssl" in subprocess.run([config, "--configure"], capture_output=True, text=True, check=False).stdout:  # fmt: skip
            return folder
    return None


def cache_program() -> str | None:
    """One with TLS; the one in the wheel is built without."""
    for name in ("valkey-server", "redis-server"):
        if (path := shutil.which(name)) and "libssl" in subprocess.run(["ldd", path], capture_output=True, text=True, check=False).stdout:  # fmt: skip
            return path
    return None


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        port: int = made.getsockname()[1]
        return port


@contextlib.contextmanager
def tls_servers() -> Iterator[TlsServers]:
    programs, cache = postgres_programs(), cache_program()
    if programs is None or cache is None:
        pytest.skip("not checked: this machine has no PostgreSQL and cache with TLS")
    folder = Path(tempfile.mkdtemp(prefix="clinicdesk-tls-"))
    folder.chmod(0o755)
    authority = Authority("Throw-away CA")
    ca, other = authority.save(folder / "ca.pem"), Authority("Another CA").save(folder / "other.pem")
    good, expired = authority.issue(folder), authority.issue(folder, expired=True)
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        ports = [
            stack.enter_context(start(folder, pair))
            for start in (_postgres(programs), _documents, _cache(cache))
            for pair in (good, expired)
        ]
        yield TlsServers(ca, other, *ports)


@contextlib.contextmanager
def _running(command: list[str], *, user: int | None = None, cwd: Path) -> Iterator[None]:
    log = cwd / f"log-{time.monotonic_ns()}"
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, cwd=cwd, user=user, group=user)  # fmt: skip
    try:
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _until(answers: Any) -> None:
    end = time.monotonic() + 20
    while True:
        try:
            answers()
        except (psycopg.Error, PyMongoError, redis.RedisError, OSError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def _postgres(programs: Path) -> Any:
    @contextlib.contextmanager
    def start(folder: Path, pair: tuple[Path, Path]) -> Iterator[int]:
        account = accounts.needed()
        home, port = folder / f"pg-{pair[0].stem}", free_port()
        home.mkdir(mode=0o700)
        (password := home / "password").write_text(SECRET)
        mine = {"user": account.uid, "group": account.gid} if account else {}
        for path in (home, password):
            if account:
                os.chown(path, account.uid, account.gid)
        data = home / "data"
        subprocess.run([programs / "initdb", "-D", data, "-U", "owner", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8", "--locale=C", "--no-sync"], check=True, capture_output=True, cwd=home, **mine)  # type: ignore[call-overload]  # fmt: skip
        for source, name in zip(pair, ("server.crt", "server.key"), strict=True):
            shutil.copy(source, data / name)
            (data / name).chmod(0o600)
        (data / "pg_hba.conf").write_text("hostssl all all 127.0.0.1/32 scram-sha-256\nhostssl all all ::1/128 scram-sha-256\n")  # fmt: skip
        with (data / "postgresql.conf").open("a") as config:
            config.write("ssl = on\nlisten_addresses = 'localhost'\nunix_socket_directories = ''\nfsync = off\nshared_buffers = 16MB\n")  # fmt: skip
        if account:
            for path in data.rglob("*"):
                os.chown(path, account.uid, account.gid)
        with _running([str(programs / "postgres"), "-D", str(data), "-p", str(port)], user=account.uid if account else None, cwd=home):  # fmt: skip
            _until(lambda: _make_database(port))
            yield port

    return start


def _make_database(port: int) -> None:
    with psycopg.connect(host=HOST, port=port, user="owner", password=SECRET, dbname="postgres", sslmode="require", autocommit=True, connect_timeout=3) as owner:  # fmt: skip
        if owner.execute("SELECT 1 FROM pg_database WHERE datname = 'clinicdesk'").fetchone() is None:
            owner.execute("CREATE DATABASE clinicdesk")


@contextlib.contextmanager
def _documents(folder: Path, pair: tuple[Path, Path]) -> Iterator[int]:
    home, port = folder / f"mongo-{pair[0].stem}", free_port()
    home.mkdir()
    (home / "empty.toml").touch()
    command = [sys.executable, "-P", "-m", "secantus", "--config", str(home / "empty.toml"), "--host", "localhost", "--port", str(port), "--storage-path", str(home / "data"), "--cache-size", "64M", "--log-level", "WARNING"]  # fmt: skip
    client: MongoClient[dict[str, Any]]
    with (
        _running(command, cwd=home),
        MongoClient(HOST, port, directConnection=True, serverSelectionTimeoutMS=20000) as client,
    ):
        client["admin"].command("createUser", "owner", pwd=SECRET, roles=["root"])
    encrypted = ["--auth", "--tls-cert-file", str(pair[0]), "--tls-key-file", str(pair[1])]
    with _running([*command, *encrypted], cwd=home):
        _until(lambda: _shakes_hands(port))
        yield port


def _cache(program: str) -> Any:
    @contextlib.contextmanager
    def start(folder: Path, pair: tuple[Path, Path]) -> Iterator[int]:
        home, port = folder / f"cache-{pair[0].stem}", free_port()
        home.mkdir()
        # the key would be copied as it is: this server runs as whoever runs the tests
        command = [program, "--port", "0", "--tls-port", str(port), "--tls-cert-file", str(pair[0]), "--tls-key-file", str(pair[1]), "--tls-ca-cert-file", str(folder / "ca.pem"), "--tls-auth-clients", "no", "--requirepass", SECRET, "--save", "", "--dir", str(home)]  # fmt: skip
        with _running(command, cwd=home):
            _until(lambda: _shakes_hands(port))
            yield port

    return start


def _shakes_hands(port: int) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    with socket.create_connection((HOST, port), 3) as plain, context.wrap_socket(plain):
        pass
