"""Opening the demo clinic: its private servers, its made-up people, built once."""

from dataclasses import replace
from pathlib import Path

from clinicdesk.demo.marker import is_built
from clinicdesk.opening import Opened, Progress, open_embedded
from clinicdesk.settings import default_data_dir


def default_demo_dir() -> Path:
    """Beside the clinic's own folder."""
    return default_data_dir().with_name(default_data_dir().name + "-demo")


def open_demo(data_dir: Path, *, progress: Progress) -> Opened:
    """Start the demo's servers and build it at the first start. Raises what ``open_embedded`` raises."""
    opened = open_embedded(data_dir, progress=progress)
    try:
        assert opened.servers is not None
        found = opened.servers.addresses
        if not is_built(found.postgres):
            from clinicdesk.demo.build import build_demo

            build_demo(postgres=found.postgres, mongo=found.mongo, progress=progress)
    except BaseException:
        opened.close()
        raise
    return replace(opened, demo=True)
