"""The program with a stopwatch: runs as a process of its own, prints one line of JSON."""

import json
import os
import sys
import time

STARTED = float(os.environ["PROBE_STARTED"])


def since() -> float:
    return (time.monotonic() - STARTED) * 1000


def main() -> int:
    import ui.app as app
    from tests.bench.app_watch import Probe
    from ui.garbage import GarbageCollector
    from ui.preferences import PreferencesFile

    imported = since()
    qt = app.prepared()
    collector = GarbageCollector()
    program = app.Program(qt, PreferencesFile())
    program.start(demo=False, role=None, data_dir=None)
    probe = Probe(
        program,
        since,
        os.environ["PROBE_EMAIL"],
        os.environ["PROBE_PASSWORD"],
        seconds=int(os.environ["PROBE_SECONDS"]),
    )
    qt.exec()
    program.close()
    collector.stop()
    print(json.dumps({"imported_ms": imported, **probe.found}))
    return 0 if probe.complete else 1


if __name__ == "__main__":
    sys.exit(main())
