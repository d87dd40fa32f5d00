"""A clinic's disk runs full in the middle of work: nothing is lost, the sentence says it, and work goes on after."""

import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import IO

import psycopg
import pytest

from clinicdesk.bootstrap import Core
from clinicdesk.desk import desk_of
from clinicdesk.domain.errors import StoreUnavailable
from clinicdesk.domain.visits import Visit
from clinicdesk.embedded import EmbeddedServers
from clinicdesk.migrations.run import upgrade
from clinicdesk.services.charts import Charts
from clinicdesk.settings import Deployment
from tests.small_clinic import PASSWORD, STAFF, build
from ui.messages import message_for


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """260 MB of a file system of its own."""
    place = Path(tempfile.mkdtemp(prefix="clinicdesk small disk "))
    mounting = ["mount", "-t", "tmpfs", "-o", "size=260m,mode=755", "tmpfs", str(place)]
    if (
        sys.platform != "linux"
        or not shutil.which("mount")
        or subprocess.run(mounting, check=False).returncode
    ):
        place.rmdir()
        pytest.skip("mounting a small disk needs Linux and root")
    yield place
    subprocess.run(["umount", "-l", str(place)], check=True)
    place.rmdir()


def fill(disk: Path) -> Path:
    stuffing = disk / "stuffing"
    with stuffing.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space left"):
        write_for_ever(file)
    return stuffing


def write_for_ever(file: IO[bytes]) -> None:
    while True:
        file.write(bytes(65536))


def save_on(charts: Charts, visit: Visit) -> None:
    """Until it is refused; what was set aside on the disk before may take a few."""
    for number in range(40):
        longer = replace(visit.note, plan="word " * 15_000, history=str(number))
        visit = charts.save_draft(replace(visit, note=longer), visit.version)


def test_a_full_disk_refuses_and_forgets_nothing(small_disk):
    with EmbeddedServers.start(small_disk / "data", progress=lambda _: None) as servers:
        stores = servers.addresses
        upgrade(postgres=stores.postgres, mongo=stores.mongo, redis=stores.redis, progress=lambda _: None)
        with psycopg.connect(stores.postgres, autocommit=True) as owner:
            small = build(owner)
        session = Core(Deployment.of_embedded(stores), seat="pc-1").sign_in(STAFF["doctor"][0], PASSWORD)
        charts = desk_of(session).charts
        written = charts.begin(small.patients[0])
        kept = charts.save_draft(replace(written, note=replace(written.note, plan="Rest")), written.version)
        stuffing = fill(small_disk)
        with pytest.raises(StoreUnavailable) as refused:
            save_on(charts, kept)
        assert "full" in message_for(refused.value)
        stuffing.unlink()
        deadline = time.monotonic() + 20
        while True:
            try:
                [kept] = charts.open(small.patients[0]).visits
                after = charts.save_draft(replace(kept, note=replace(kept.note, plan="After")), kept.version)
                break
            except StoreUnavailable:
                assert time.monotonic() < deadline, "the stores do not come back"
                time.sleep(0.2)
        [found] = charts.open(small.patients[0]).visits
        assert (found.note.plan, found.version) == ("After", after.version)
        assert charts.check_consistency().sound
        session.close()
