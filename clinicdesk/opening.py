"""Opening a clinic on this PC: the private servers, or the clinic's own. Runs on a worker."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from clinicdesk.schema import REVISION
from clinicdesk.settings import Deployment

if TYPE_CHECKING:
    # a clinic with servers of its own never needs these
    from clinicdesk.embedded import EmbeddedServers

Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Opened:
    """A clinic ready to sign in to; ``servers`` is None when they are not ours to stop."""

    deployment: Deployment
    servers: "EmbeddedServers | None" = None
    demo: bool = False

    def close(self) -> None:
        """Stop the private servers, if this program started them."""
        if self.servers is not None:
            self.servers.stop()


def open_embedded(data_dir: Path, *, progress: Progress) -> Opened:
    """Start or join the servers of a data folder and bring their schema up to date.

    Raises EmbeddedError, StoreUnavailable, WrongSchema.
    """
    from clinicdesk.embedded import EmbeddedServers
    from clinicdesk.repositories.revision import revision

    servers = EmbeddedServers.start(data_dir, progress=progress)
    try:
        found = servers.addresses
        if revision(found.postgres) != REVISION:
            # Alembic takes long to import, and mostly there is nothing to do
            from clinicdesk.migrations.run import upgrade

            upgrade(postgres=found.postgres, mongo=found.mongo, redis=found.redis, progress=progress)
    except BaseException:
        servers.stop()
        raise
    return Opened(Deployment.of_embedded(found), servers)


def open_new_clinic(
    data_dir: Path, *, clinic: str, admin: str, email: str, password: str, progress: Progress
) -> Opened:
    """Set this PC up as a one-PC clinic. Raises what ``open_embedded`` and ``found_clinic`` raise."""
    from clinicdesk.repositories.founding import found_clinic

    opened = open_embedded(data_dir, progress=progress)
    try:
        assert opened.servers is not None
        progress("Creating the clinic")
        found_clinic(
            opened.servers.addresses.postgres, clinic=clinic, admin=admin, email=email, password=password
        )
    except BaseException:
        opened.close()
        raise
    return opened
