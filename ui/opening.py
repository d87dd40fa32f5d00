"""Opening a clinic for the window, on a worker: each function imports what it needs, nothing waits for it."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from ui.screens.first_run import NewClinic, Servers

if TYPE_CHECKING:
    from clinicdesk.opening import Opened
    from clinicdesk.settings import Deployment

Say = Callable[[str], None]


def open_demo(data_dir: Path | None, say: Say) -> "Opened":
    """The demo clinic, built at the first start. Raises EmbeddedError, StoreUnavailable, WrongSchema."""
    from clinicdesk.demo import opening

    return opening.open_demo(data_dir or opening.default_demo_dir(), progress=say)


def open_here(data_dir: Path, say: Say) -> "Opened":
    """The private servers of a folder. Raises EmbeddedError, StoreUnavailable, WrongSchema."""
    from clinicdesk.opening import open_embedded

    return open_embedded(data_dir, progress=say)


def set_up_here(answers: NewClinic, say: Say) -> "Opened":
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


def open_typed(servers: Servers) -> "Opened":
    """The clinic's servers as typed; kept for the next start. Raises SettingsError."""
    from clinicdesk import settings
    from clinicdesk.opening import Opened

    deployment = deployment_of(servers)
    settings.save(deployment, settings.default_config())
    return Opened(deployment)


def open_file(path: Path) -> "Opened":
    """The clinic's servers of a deployment file; kept for the next start. Raises SettingsError."""
    from clinicdesk import settings
    from clinicdesk.opening import Opened

    deployment = settings.load(path)
    if path != settings.default_config():
        settings.save(deployment, settings.default_config())
    return Opened(deployment)


def deployment_of(servers: Servers) -> "Deployment":
    """The settings of typed addresses: TLS wherever the server is not this PC. Raises SettingsError."""
    from clinicdesk import settings
    from clinicdesk.settings import CacheSettings, Deployment, DocumentSettings, PostgresSettings

    def host(address: object) -> str:
        found = getattr(address, "host", ""), getattr(address, "port", "")
        return f"{found[0]}:{found[1]}"

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
