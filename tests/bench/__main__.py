"""``python -m tests.bench --size small|medium|large [--json FILE] [--only NAME,...]``."""

import argparse
import json
import os
import platform
import sys
import time
from pathlib import Path

from tests.bench import (
    app,
    calendar,
    charts,
    clinic,
    feed,
    inventory,
    measure,
    patients,
    prescriptions,
    proof,
    safeguards,
    scheduling,
    seats,
    sign_in,
    store,
)

PARTS = {
    "scheduling": scheduling.measure,
    "calendar": calendar.measure,
    "patients": patients.measure,
    "charts": charts.measure,
    "prescriptions": prescriptions.measure,
    "proof": proof.measure,
    "inventory": inventory.measure,
    "sign_in": sign_in.measure,
    "seats": seats.measure,
    "feed": feed.measure,
    "safeguards": safeguards.measure,
    "app": app.measure,
    "store": store.measure,
}


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench", description="Measures ClinicDesk beside bare SQL."
    )
    parser.add_argument("--size", choices=tuple(clinic.SIZES), default="medium")
    parser.add_argument("--samples", type=int, default=50, help="of each operation (default 50)")
    parser.add_argument(
        "--only", default=",".join(one for one in PARTS if one != "store"), help="some of: " + ",".join(PARTS)
    )
    parser.add_argument("--json", type=Path, help="write the results there too")
    args = parser.parse_args()
    sheet = measure.Sheet(args.samples)
    with clinic.opened(args.size) as bench:
        facts = _facts(bench)
        print("\n".join(f"{key}: {value}" for key, value in facts.items()))
        print(measure.HEADER)
        for name in args.only.split(","):
            PARTS[name](bench, sheet)
    if args.json:
        content = {"facts": facts, "results": [one.as_json() for one in sheet.results]}
        args.json.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    slow = [
        one.operation.strip() for one in sheet.results if one.ratio is not None and one.ratio > measure.LIMIT
    ]
    print(f"Over {measure.LIMIT:.0f} times the floor: {', '.join(slow) or 'nothing'}.")
    return 0


def _facts(bench: clinic.Bench) -> dict[str, str]:
    tables = ("patients", "appointments", "visits", "prescriptions", "inventory_items", "audit_log")
    counts = ", ".join(f"{bench.one(f'SELECT count(*) FROM {table}'):,} {table}" for table in tables)
    load = ", ".join(f"{one:.1f}" for one in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown"
    return {
        "taken": time.strftime("%Y-%m-%d %H:%M"),
        "machine": f"{platform.platform()}, {os.cpu_count()} cores, load {load}",
        "python": sys.version.split()[0],
        "postgresql": str(bench.one("SHOW server_version")),
        "size": f"{bench.size}: {counts}",
        "data": clinic.disk(bench),
    }


if __name__ == "__main__":
    sys.exit(main())
