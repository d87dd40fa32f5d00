"""Closing the window while the demo clinic is being built."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from clinicdesk.demo.marker import is_built
from clinicdesk.embedded import EmbeddedServers, remove_data
from clinicdesk.embedded.processes import is_alive
from clinicdesk.embedded.records import load_process

IN_THE_BACKGROUND = ("sh", "-c", "trap '' INT QUIT; exec \"$@\"", "sh")
"""As a shell without job control starts what ends in '&'."""


@pytest.mark.skipif(os.name == "nt", reason="SIGTERM is POSIX's")
@pytest.mark.parametrize("shell", [(), IN_THE_BACKGROUND], ids=["plain", "in the background"])
def test_a_build_that_is_cut_short_leaves_nothing_running_and_a_folder_that_starts(tmp_path: Path, shell):
    folder = tmp_path / "a demo"
    words = [*shell, sys.executable, "-m", "ui", "demo", "--progress", "terminal", "--data-dir", str(folder)]
    own = {f"XDG_{kind}_HOME": str(tmp_path / kind) for kind in ("CONFIG", "STATE")}
    try:
        with subprocess.Popen(words, env={**os.environ, **own}, stderr=subprocess.PIPE, text=True) as program:
            assert program.stderr is not None
            said = []
            for line in program.stderr:
                said.append(line.strip())
                if line.startswith("Inventing"):
                    break
            program.send_signal(signal.SIGTERM)
            rest = program.stderr.read()
            assert program.wait(30) == 0
        assert said[0] == "Starting the servers"
        assert "Traceback" not in rest
        homes = [folder / "documents", folder / "cache", *folder.glob("postgres")]
        assert not any(is_alive(one) for one in map(load_process, homes) if one is not None)
        with EmbeddedServers.start(folder, progress=said.append) as servers:
            assert not is_built(servers.addresses.postgres)
    finally:
        remove_data(folder)
