"""The deployment file: round trip, environment over it, plain connections refused off this PC."""

from pathlib import Path

import pytest

from clinicdesk import settings
from clinicdesk.embedded import Addresses
from clinicdesk.settings import CacheSettings, Deployment, DocumentSettings, PostgresSettings, SettingsError


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("CLINICDESK_CONFIG", raising=False)


def clinic() -> Deployment:
    return Deployment(
        postgres=PostgresSettings(hosts="db1.clinic:5432,db2.clinic:5433", ca=Path('/etc/our "own" ca.pem')),
        documents=DocumentSettings(hosts="m1,m2,m3", replica_set="rs0"),
        cache=CacheSettings(hosts="s1,s2", sentinel="clinic"),
    )


def test_what_is_saved_is_loaded(tmp_path: Path):
    path = tmp_path / "new folder" / "deployment.toml"
    settings.save(clinic(), path)
    assert settings.load(path) == clinic()
    assert not clinic().is_loopback


def test_several_hosts_mean_the_one_that_accepts_writes():
    found = clinic().postgres.parameters()
    assert found["host"] == "db1.clinic,db2.clinic"
    assert found["port"] == "5432,5433"
    assert found["target_session_attrs"] == "read-write"
    assert found["sslmode"] == "verify-full"
    assert found["channel_binding"] == "require"


def test_document_uri_is_durable_and_escapes():
    documents = clinic().documents
    assert documents is not None
    uri = documents.uri("a user", "p@ss/word")
    assert uri.startswith("mongodb://a%20user:p%40ss%2Fword@m1,m2,m3/?")
    assert "journal=true" in uri
    assert "replicaSet=rs0" in uri
    assert "tls=true" in uri


def test_environment_wins_over_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = tmp_path / "deployment.toml"
    settings.save(clinic(), path)
    monkeypatch.setenv("CLINICDESK_POSTGRES__HOSTS", "other.clinic")
    monkeypatch.setenv("CLINICDESK_CONFIG", str(path))
    found = settings.load()
    assert found.postgres.hosts == "other.clinic"
    assert found.postgres.ca == clinic().postgres.ca
    monkeypatch.setenv("CLINICDESK_POSTGRES__CA", "")
    monkeypatch.setenv("CLINICDESK_DOCUMENTS__TLS", "yes")
    monkeypatch.setenv("CLINICDESK_CACHE__PASSWORD", "secret-word")
    with pytest.raises(SettingsError, match=r"cache\.password: there is no such setting") as refused:
        settings.load()
    assert "secret-word" not in str(refused.value)
    monkeypatch.delenv("CLINICDESK_CACHE__PASSWORD")
    assert settings.load().postgres.ca is None
    assert settings.load().documents == clinic().documents


def test_a_section_may_come_from_the_environment_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.setenv("CLINICDESK_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("CLINICDESK_POSTGRES__HOSTS", "db1.clinic")
    monkeypatch.setenv("CLINICDESK_CACHE__HOSTS", "db1.clinic")
    found = settings.load()
    assert (found.documents, found.cache) == (None, CacheSettings(hosts="db1.clinic"))


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[postgres]\nhosts = "db.clinic"\nsslmode = "disable"\n', "needs TLS"),
        ('[documents]\nhosts = "127.0.0.1,db.clinic"\ntls = false\n', "needs TLS"),
        ('[cache]\nhosts = "10.0.0.7:6379"\ntls = false\n', "needs TLS"),
        ('[cache]\nhosts = "a,b"\n', "sentinel"),
        ('[postgres]\npassword = "x"\n', "postgres.password"),
        ("[postgres\n", "TOML"),
        ('[postgres]\nsslmode = "perhaps"\n', "postgres: sslmode is one of disable, require"),
        ('[documents]\ntls = "perhaps"\n', "documents.tls: this is true or false"),
        ("[postgres]\nhosts = 5432\n", "postgres.hosts: this is a text"),
        ('[printers]\nhosts = "p"\n', "printers: there is no such section"),
        ('cache = "db1"\n', "cache: this is a section"),
    ],
)
def test_refused_with_a_reason(tmp_path: Path, text: str, why: str):
    path = tmp_path / "deployment.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=why):
        settings.load(path)


def test_plain_on_this_pc_or_when_the_clinic_insists(tmp_path: Path):
    path = tmp_path / "deployment.toml"
    path.write_text('[postgres]\nhosts = "localhost"\nsslmode = "disable"\n', encoding="utf-8")
    assert settings.load(path).is_loopback
    path.write_text('[cache]\nhosts = "lan"\ntls = false\nallow_plain = true\n', encoding="utf-8")
    cache = settings.load(path).cache
    assert cache is not None
    assert cache.uri("cd_nurse", "s") == "redis://cd_nurse:s@lan:6379/0"


def test_a_missing_file_is_said(tmp_path: Path):
    with pytest.raises(SettingsError, match="There is no file"):
        settings.load(tmp_path / "none.toml")


def test_embedded_servers_are_a_deployment_without_their_owner():
    found = Deployment.of_embedded(
        Addresses("postgresql://o:secret@127.0.0.1:5/clinicdesk", None, "redis://o:s@127.0.0.1:7/0")
    )
    assert found.is_loopback
    assert found.postgres.hosts == "127.0.0.1:5"
    assert found.documents is None
    assert "secret" not in repr(found)
