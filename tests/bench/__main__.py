"""`make bench`: measure, write JSON, print tables."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path

import uvloop

from tests.bench import machine, plan, report

#: Seconds of waiting for quiet moments, in all.
PATIENCE = 300.0


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    asked = _parse()
    chosen = plan.workloads(asked.which, repeat=asked.repeat, quick=asked.quick, full=asked.full)
    about = machine.describe()
    quiet = machine.Quiet(0 if asked.quick else asked.patience)
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        results = runner.run(plan.measure_all(chosen, quiet=quiet))
    document = {"machine": about, "results": results}
    asked.out.write_text(json.dumps(document, indent=1) + "\n")
    print(report.markdown(results, about))  # noqa: T201 - the report
    print(f"\nEvery run is in {asked.out}")  # noqa: T201
    return any("error" in run for each in results for run in each["runs"])


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("which", nargs="*", help="W0 … W9, or one size such as W1-5000; none: all")
    parser.add_argument("--repeat", type=int, default=3, help="clean runs wanted of each")
    parser.add_argument("--quick", action="store_true", help="one run of the small sizes")
    parser.add_argument("--full", action="store_true", help="W4 with a million tasks, too")
    parser.add_argument(
        "--patience", type=float, default=PATIENCE, help="seconds to wait for quiet moments"
    )
    parser.add_argument(
        "--out", type=Path, default=Path(tempfile.gettempdir(), "bench.json"), help="JSON file"
    )
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
