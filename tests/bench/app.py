"""The program itself: start, sign-in, memory, and what blocks the window. Each measurement is a new process."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from clinicdesk import settings
from tests.bench.clinic import Bench
from tests.bench.measure import Result, Sheet, percentile

STARTS = 6  # the first reads the disk and is not counted
SCRIPT_SECONDS = 30  # for each of two roles: a minute


def measure(bench: Bench, sheet: Sheet) -> None:
    with tempfile.TemporaryDirectory(prefix="clinicdesk-bench-") as home:
        config = Path(home) / "deployment.toml"
        settings.save(bench.deployment, config)
        starts = [_probe(bench, config, "receptionist", seconds=0) for _ in range(STARTS)][1:]
        sheet.add(_of("start to painted sign-in", starts, "sign_in_ms", note="target 1000"))
        sheet.add(_of("  of which: importing the program", starts, "imported_ms"))
        sheet.add(_of("sign-in to painted day", starts, "day_ms", note="target 500"))
        sheet.add(_of("memory after sign-in", starts, "sign_in_mib", unit="MiB RSS"))
        sheet.add(_of("memory with the day on show", starts, "day_mib", note="target 150", unit="MiB RSS"))
        for role in ("receptionist", "doctor"):
            found = _probe(bench, config, role, seconds=SCRIPT_SECONDS)
            sheet.add(_scripted(found, role))
            sheet.add(
                _of(
                    f"memory with the day on show: {role}",
                    [found],
                    "day_mib",
                    note="target 150",
                    unit="MiB RSS",
                )
            )


def _of(what: str, found: list[dict[str, Any]], key: str, *, note: str = "", unit: str = "ms") -> Result:
    values = sorted(one[key] for one in found)
    return Result(
        operation=what, median=values[len(values) // 2], p95=percentile(values, 0.95), note=note, unit=unit
    )


def _scripted(found: dict[str, Any], role: str) -> Result:
    over = f"{found['over_100']} gaps over 100 ms; p99.9 {found['p999']:.0f} ms; {found['steps']} steps; {found['end_mib']:.0f} MiB at the end"
    for stack in found["stacks"]:
        print(f"--- the window was blocked here:\n{stack}")
    return Result(
        operation=f"longest gap in {SCRIPT_SECONDS} s of use: {role}",
        median=found["worst"],
        p95=found["p999"],
        note=over,
    )


def _probe(bench: Bench, config: Path, role: str, *, seconds: int) -> dict[str, Any]:
    email, password = bench.account(role)
    home = config.parent
    env = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "CLINICDESK_CONFIG": str(config),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_STATE_HOME": str(home / "state"),
        "PROBE_EMAIL": email,
        "PROBE_PASSWORD": password,
        "PROBE_SECONDS": str(seconds),
        "PROBE_STARTED": repr(time.monotonic()),  # the system's clock is one for all processes
    }
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.app_probe"],
        env=env,
        capture_output=True,
        text=True,
        timeout=seconds + 60,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(f"the probed program failed:\n{done.stderr[-4000:]}")
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found
