"""NATS that forces every message to disk, against one that does so once a second: what it costs.

    python -m tests.bench.sync

Everything on the bus can be rebuilt from PostgreSQL; so the question is not whether runs are lost
after a power cut, only how long it takes until they are sent again, against what every run pays.
"""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
from functools import partial
from pathlib import Path

import uvloop

from tests.bench import machine, plan, report
from tests.bench.figures import Figures
from tests.bench.workloads import herd, latency, punctuality, throughput

SETTINGS = ("always", "1s")
PATIENCE = 120.0  # seconds
COLUMNS = {
    "W1-5000": {"W1 runs/s": "per_s", "W1 CPU ms/run": "cpu_ms_per_task"},
    "W2-2000": {"W2 2,000 stored s": "all_recorded_s"},
    "W3": {"W3 p50 ms": "p50_ms", "W3 p99 ms": "p99_ms"},
    "W5": {"W5 p50 ms": "p50_ms", "W5 p99 ms": "p99_ms"},
}


async def measure(repeat: int) -> dict[str, list[Figures]]:
    """Measure under each setting; return the documents of each."""
    quiet = machine.Quiet(PATIENCE)
    chosen = [
        plan.Workload(
            label="W1-5000", measure=partial(throughput.measure, runs=5_000), repeat=repeat
        ),
        plan.Workload(label="W2-2000", measure=partial(herd.measure, count=2_000), repeat=repeat),
        plan.Workload(
            label="W5", measure=partial(latency.measure, rate=10, seconds=10), repeat=repeat
        ),
        plan.Workload(
            label="W3", measure=partial(punctuality.measure, tasks=200, seconds=20), repeat=repeat
        ),
    ]
    found = {}
    for setting in SETTINGS:
        environment = {"AUTOMATION_NATS_SYNC": setting}
        found[setting] = await plan.measure_all(chosen, quiet=quiet, environment=environment)
    return found


def markdown(found: dict[str, list[Figures]]) -> str:
    """Return one table, a line per setting."""
    rows = []
    for setting, results in found.items():
        by_label = {each["workload"]: each for each in results}
        cells = [
            report.number(report.figure(by_label[label], "median", path))
            for label, columns in COLUMNS.items()
            for path in columns.values()
        ]
        rows.append([setting, *cells])
    headings = [heading for columns in COLUMNS.values() for heading in columns]
    return report.table(["sync_interval", *headings], rows)


def main() -> int:
    """Measure and report."""
    repeat = int(sys.argv[1]) if len(sys.argv) > 1 else 3
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(measure(repeat))
    file = Path(tempfile.gettempdir(), "bench-sync.json")
    file.write_text(json.dumps(found, indent=1) + "\n")
    print(markdown(found))  # noqa: T201 - the report
    return 0


if __name__ == "__main__":
    sys.exit(main())
