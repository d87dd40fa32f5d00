"""Opening a clinic for the window, on a worker: each function imports what it needs, nothing waits for it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from clinicdesk.domain.errors import DomainError

if TYPE_CHECKING:
    from clinicdesk.opening import Opened
    from clinicdesk.settings import Deployment
    from ui.screens.first_run import NewClinic, Servers

Say = Callable[[str], None]
translate = QCoreApplication.translate


class GivenUp(DomainError):
    """The window was closed before the clinic was open."""


class Unreachable(DomainError):
    """``stores``: postgres, mongo, redis -> its address and what ``clinicdesk check`` says of it."""

    def __init__(self, stores: dict[str, tuple[str, str]]) -> None:
        super().__init__(*stores)
        self.stores = stores


class Telling:
    """Passes on what a worker says while it opens a clinic; after ``give_up`` its next word ends it."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._over = threading.Event()

    def __call__(self, sentence: str) -> None:
        """Raises GivenUp."""
        if self._over.is_set():
            raise GivenUp
        self._say(sentence)

    def give_up(self) -> None:
        """The worker stops the servers, cleanly."""
        self._over.set()


def abandon_servers() -> None:
    """Kill what this program started, at once."""
    from clinicdesk.embedded import abandon

    abandon()


def open_demo(data_dir: Path | None, say: Say) -> "Opened":
    """The demo clinic, built at the first start. Raises EmbeddedError, StoreUnavailable, WrongSchema."""
    from clinicdesk.demo import opening

    return opening.open_demo(data_dir or opening.default_demo_dir(), progress=say)


def open_here(data_dir: Path, say: Say) -> "Opened":
    """The private servers of a folder. Raises EmbeddedError, StoreUnavailable, WrongSchema."""
    from clinicdesk.opening import open_embedded

    return open_embedded(data_dir, progress=say)


def set_up_here(answers: "NewClinic", say: Say) -> "Opened":
    """A new one-PC clinic. Raises as ``open_here``, and InvalidField."""
    from clinicdesk.opening import open_new_clinic
    from clinicdesk.settings import default_data_dir

    return open_new_clinic(
        default_data_dir(),
        clinic=answers.clinic,
        admin=answers.admin,
        email=answers.email,
        password=answers.password,
        progress=say,
    )


def open_typed(servers: "Servers", say: Say) -> "Opened":
    """The clinic's servers as typed; kept for the next start once all answer.

    Raises SettingsError, Unreachable.
    """
    from clinicdesk import settings
    from clinicdesk.opening import Opened

    deployment = deployment_of(servers)
    _require_answers(deployment, say)
    settings.save(deployment, settings.default_config())
    return Opened(deployment)


def open_file(path: Path, say: Say) -> "Opened":
    """The clinic's servers of a deployment file; another than the present one is kept once all answer.

    Raises SettingsError, Unreachable.
    """
    from clinicdesk import settings
    from clinicdesk.opening import Opened

    deployment = settings.load(path)
    if path != settings.default_config():
        _require_answers(deployment, say)
        settings.save(deployment, settings.default_config())
    return Opened(deployment)


def _require_answers(deployment: "Deployment", say: Say) -> None:
    from clinicdesk.cli.check import unreachable

    say(translate("opening", "Asking the servers"))
    silent = unreachable(deployment)
    sections = {"postgres": deployment.postgres, "mongo": deployment.documents, "redis": deployment.cache}
    if silent:
        where = {store: section.hosts for store, section in sections.items() if section is not None}
        raise Unreachable({store: (where[store], reason) for store, reason in silent.items()})


def deployment_of(servers: "Servers") -> "Deployment":
    """The settings of typed addresses: TLS wherever the server is not this PC. Raises SettingsError."""
    from clinicdesk import settings
    from clinicdesk.settings import CacheSettings, Deployment, DocumentSettings, PostgresSettings

    def host(address: object) -> str:
        name, port = getattr(address, "host", ""), getattr(address, "port", "")
        return f"[{name}]:{port}" if ":" in name else f"{name}:{port}"

    def local(text: str) -> bool:
        return settings.is_loopback(text)

    postgres = host(servers.postgres)
    mongo = host(servers.mongo) if servers.mongo else None
    redis = host(servers.redis) if servers.redis else None
    return Deployment(
        postgres=PostgresSettings(
            hosts=postgres,
            database=servers.database,
            sslmode="disable" if local(postgres) else "verify-full",
            ca=servers.ca_file,
        ),
        documents=DocumentSettings(hosts=mongo, tls=not local(mongo), ca=servers.ca_file) if mongo else None,
        cache=CacheSettings(hosts=redis, tls=not local(redis), ca=servers.ca_file) if redis else None,
    )
