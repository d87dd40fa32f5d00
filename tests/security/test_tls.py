"""TLS with verified certificates on all three stores: what is not trusted gets nothing, and the person a sentence."""

from collections.abc import Iterator

import psycopg
import pytest

from clinicdesk.bootstrap import Core
from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.migrations.run import upgrade
from clinicdesk.repositories.documents import DocumentStore
from clinicdesk.repositories.sessions import SessionBoard
from clinicdesk.settings import CacheSettings, Deployment, DocumentSettings, PostgresSettings
from tests.security.tls_servers import HOST, TlsServers, tls_servers
from tests.small_clinic import PASSWORD, STAFF, SmallClinic, build
from ui.messages import message_for, unprotected_words


@pytest.fixture(scope="module")
def servers() -> Iterator[TlsServers]:
    with tls_servers() as running:
        yield running


@pytest.fixture(scope="module")
def small(servers: TlsServers) -> SmallClinic:
    """A clinic that 'clinicdesk migrate' made over TLS."""
    uris = servers.uris
    upgrade(postgres=uris["postgres"], mongo=uris["mongo"], redis=uris["redis"], progress=lambda _: None)
    with psycopg.connect(servers.uris["postgres"], autocommit=True) as owner:
        return build(owner)


def deployment(servers: TlsServers, **changes) -> Deployment:
    """``ca``, ``host``, and ``expired`` for which store."""
    ca, host, expired = (changes.get(name) for name in ("ca", "host", "expired"))
    ca, host = ca or servers.ca, host or HOST
    ports = {
        store: getattr(servers, f"{store}_expired" if expired == store else store)
        for store in ("postgres", "mongo", "redis")
    }
    return Deployment(
        postgres=PostgresSettings(hosts=f"{host}:{ports['postgres']}", database="clinicdesk", ca=ca),
        documents=DocumentSettings(hosts=f"{host}:{ports['mongo']}", ca=ca),
        cache=CacheSettings(hosts=f"{host}:{ports['redis']}", ca=ca),
    )


def refused(act, store: str) -> None:
    with pytest.raises(StoreUnavailable) as said:
        act()
    assert said.value.args == (store, "certificate")
    sentence = message_for(said.value)
    assert "does not trust the certificate" in sentence
    assert "nothing was sent" in sentence


def sign_in(found: Deployment):
    return Core(found).sign_in(STAFF["doctor"][0], PASSWORD)


def test_a_day_begins_over_verified_tls(servers: TlsServers, small: SmallClinic):
    session = sign_in(deployment(servers))
    with session.open_work() as work:
        assert work.value("SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()") is True
    desk = desk_of(session)
    desk.charts.ping()
    assert desk.upkeep.run().redis is True
    visit = desk.charts.begin(small.patients[0])
    assert visit.version == 1
    assert session.unprotected == ()
    desk.upkeep.leave()
    session.close()


WRONG = ("another CA", "another host name", "expired")


def changed(servers: TlsServers, what: str, store: str) -> Deployment:
    return deployment(
        servers,
        ca=servers.other_ca if what == "another CA" else None,
        host="127.0.0.1" if what == "another host name" else None,
        expired=store if what == "expired" else None,
    )


@pytest.mark.parametrize("what", WRONG)
def test_the_database_is_refused(servers: TlsServers, small: SmallClinic, what):
    refused(lambda: sign_in(changed(servers, what, "postgres")), "postgres")


@pytest.mark.parametrize("what", WRONG)
def test_the_document_server_is_refused(servers: TlsServers, what):
    section = changed(servers, what, "mongo").documents
    assert section is not None
    store = DocumentStore(section.uri("cd_clinician", "secret"), "clinicdesk")
    refused(store.ping, "mongo")
    store.close()


@pytest.mark.parametrize("what", WRONG)
def test_the_cache_is_refused(servers: TlsServers, small: SmallClinic, what):
    section = changed(servers, what, "redis").cache
    assert section is not None
    session = sign_in(deployment(servers))
    board = SessionBoard(section.uri("cd_doctor", "x"), prefix="cd", actor=session.actor, seat="pc-1")
    refused(lambda: board.beat(session.now()), "redis")
    session.close()


def test_a_server_without_tls_is_refused(clinic):
    """The servers of a one-PC clinic speak plainly; a PC that expects TLS sends them nothing."""
    plain = clinic.deployment
    found = Deployment(
        postgres=PostgresSettings(hosts=plain.postgres.hosts, database=plain.postgres.database)
    )
    refused(lambda: Core(found).sign_in("ada@example.invalid", PASSWORD), "postgres")
    assert plain.documents is not None
    section = DocumentSettings(hosts=plain.documents.hosts)
    store = DocumentStore(section.uri("cd_clinician", "secret"), "clinicdesk")
    with pytest.raises(StoreUnavailable):  # it hangs up on the greeting: no certificate was seen
        store.ping()
    store.close()


def test_a_server_with_tls_refuses_plain_connections(servers: TlsServers):
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        psycopg.connect(host=HOST, port=servers.postgres, user="owner", password="x", sslmode="disable")


OFF = "db.clinic:5432"


@pytest.mark.parametrize("mode", ["disable", "require", "verify-ca"])
def test_off_this_pc_only_verified_or_nagging(mode):
    """'require' and 'verify-ca' talk to whoever answers: that is no protection."""
    with pytest.raises(ValueError, match="verified certificate"):
        PostgresSettings(hosts=OFF, sslmode=mode)
    for section in (DocumentSettings, CacheSettings):
        with pytest.raises(ValueError, match="needs TLS"):
            section(hosts=OFF, tls=False)
    found = Deployment(
        postgres=PostgresSettings(hosts=OFF, sslmode=mode, allow_plain=True),
        documents=DocumentSettings(hosts=OFF, tls=False, allow_plain=True),
        cache=CacheSettings(hosts=OFF),
    )
    assert found.unprotected == ("postgres", "mongo")
    words = unprotected_words(found.unprotected)
    assert "unprotected" in words
    assert "the clinic's database, the document server" in words
    assert Deployment().unprotected == ()
