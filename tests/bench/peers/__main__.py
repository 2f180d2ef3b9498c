"""`make bench-peers`: ours and its peers by turns, then their medians and the ratios."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import uvloop

from tests.bench import machine, report
from tests.bench.figures import Figures, over
from tests.bench.peers import contest, rival
from tests.bench.subject import subject
from tests.bench.workloads import herd, latency, punctuality, throughput
from tests.support.system import CHECKOUT

OURS = "ours"
PYTHON = CHECKOUT / ".venv" / "peers" / "bin" / "python"
#: Those who are slower get less to do: a rate and a cost per run do not change with it.
RUNS = {"taskiq": 5_000}
W1, W2, W3, W5 = 20_000, 10_000, (200, 20), (10, 10)

#: Workload, figure, heading; and whether more is better.
COLUMNS = (
    ("W1", "per_s", "W1 runs/s", True),
    ("W1", "cpu_ms_per_task", "W1 CPU ms/run", False),
    ("W2", "all_recorded_s", "W2 10,000 stored s", False),
    ("W2", "p99_ms", "W2 p99 ms", False),
    ("W5", "p50_ms", "W5 p50 ms", False),
    ("W5", "p99_ms", "W5 p99 ms", False),
    ("W3", "p50_ms", "W3 p50 ms", False),
    ("W3", "p99_ms", "W3 p99 ms", False),
    ("W3", "missed", "W3 missed of 4,000", False),
    ("W3", "duplicates", "W3 duplicates", False),
)

Measure = Callable[[Any], Awaitable[Figures]]


async def _ours(quiet: machine.Quiet) -> dict[str, Figures]:
    async with subject() as on:
        await on.warm_up()
        plan: dict[str, Measure] = {
            "W1": partial(throughput.measure, runs=W1),
            "W5": partial(latency.measure, rate=W5[0], seconds=W5[1]),
            "W2": partial(herd.measure, count=W2),
            "W3": partial(punctuality.measure, tasks=W3[0], seconds=W3[1]),
        }
        return {label: await _once(label, measure, on, quiet) for label, measure in plan.items()}


async def _theirs(name: str, quiet: machine.Quiet) -> dict[str, Figures]:
    peer = rival.RIVALS[name]
    async with rival.running(peer, PYTHON) as on:
        await on.warm_up()
        plan: dict[str, Measure] = {
            "W1": partial(contest.throughput, runs=RUNS.get(name, W1)),
            "W5": partial(contest.latency, rate=W5[0], seconds=W5[1]),
            "W2": partial(contest.herd, count=W2),
        }
        found = {label: await _once(label, measure, on, quiet) for label, measure in plan.items()}
    every = partial(contest.punctuality, python=PYTHON, tasks=W3[0], seconds=W3[1])
    return {**found, "W3": await _once("W3", every, peer, quiet)}


async def _once(label: str, measure: Measure, on: object, quiet: machine.Quiet) -> Figures:
    await quiet.wait()
    try:
        found = await measure(on)
    except Exception as error:  # noqa: BLE001 - one failure must not cost the figures so far
        found = {"error": f"{type(error).__name__}: {error}"[:300]}
    shown = {key: found[key] for _, key, _, _ in COLUMNS if key in found}
    print(f"  {label} {found.get('error') or shown}", file=sys.stderr, flush=True)  # noqa: T201 - progress
    return found


async def contend(
    names: list[str], repeat: int, patience: float
) -> dict[str, list[dict[str, Figures]]]:
    """Measure everybody *repeat* times, by turns."""
    quiet = machine.Quiet(patience)
    found: dict[str, list[dict[str, Figures]]] = {OURS: [], **{name: [] for name in names}}
    for turn in range(repeat):
        for name, rounds in found.items():
            print(f"{name}, {turn + 1} of {repeat}", file=sys.stderr, flush=True)  # noqa: T201 - progress
            rounds.append(await (_ours(quiet) if name == OURS else _theirs(name, quiet)))
    return found


def medians(rounds: list[dict[str, Figures]]) -> dict[str, Figures]:
    """Combine the rounds of one contestant."""
    return {
        label: over([each[label] for each in rounds if "error" not in each[label]])
        for label in rounds[0]
    }


def markdown(found: dict[str, list[dict[str, Figures]]]) -> str:
    """Return the table: who, each figure, and how many times as good ours is."""
    middle = {name: medians(rounds) for name, rounds in found.items()}
    rows = []
    for label, key, heading, more_is_better in COLUMNS:
        ours = middle[OURS][label].get(key)
        row = [heading, report.number(ours)]
        for name in found:
            if name != OURS:
                theirs = middle[name][label].get(key)
                row += [report.number(theirs), _ratio(ours, theirs, more_is_better=more_is_better)]
        rows.append(row)
    peers = [name for name in found if name != OURS]
    headings = ["", OURS, *(word for name in peers for word in (name, f"ours : {name}"))]
    return report.table(headings, rows)


def _ratio(ours: float | None, theirs: float | None, *, more_is_better: bool) -> str:
    if not ours or not theirs:
        return "-"
    better = ours / theirs if more_is_better else theirs / ours
    return f"{better:.2f} times as good"


def main() -> int:
    """Run what the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.peers", description=__doc__)
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--only", choices=rival.RIVALS, action="append", help="beside ours")
    parser.add_argument("--patience", type=float, default=300.0, help="seconds, for quiet moments")
    parser.add_argument("--out", type=Path, default=Path(tempfile.gettempdir(), "bench-peers.json"))
    asked = parser.parse_args()
    about = machine.describe()
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        found = runner.run(contend(asked.only or [*rival.RIVALS], asked.repeat, asked.patience))
    asked.out.write_text(json.dumps({"machine": about, "rounds": found}, indent=1) + "\n")
    print(f"{about['cores']} cores ({about['cpu']}), medians of {asked.repeat}\n")  # noqa: T201 - the report
    print(markdown(found))  # noqa: T201
    print(f"\nEvery run is in {asked.out}")  # noqa: T201
    return any("error" in each for rounds in found.values() for r in rounds for each in r.values())


if __name__ == "__main__":
    sys.exit(main())
