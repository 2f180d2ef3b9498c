"""Which workloads there are, how often each is measured, and with which system.

Those that leave the system as it was share one; the others get a fresh one each time.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

from tests.bench import machine
from tests.bench.figures import Figures, over
from tests.bench.subject import Subject, subject
from tests.bench.workloads import (
    admission,
    herd,
    idle,
    latency,
    load,
    matching,
    priorities,
    punctuality,
    reaction,
    throughput,
)

RECORD = "PostgreSQL row (log.runs), ledger row"

Measure = Callable[[Subject], Awaitable[Figures]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One line of the report."""

    label: str
    measure: Measure
    repeat: int = 3
    alone: bool = False
    """True: each measurement gets a system of its own."""
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """W1 of W1-20000."""
        return self.label.partition("-")[0]

    @property
    def starts_cold(self) -> bool:
        """True where there is no scheduler yet, or a warm-up would spoil what is measured."""
        return self.environment.get("AUTOMATION_SCHEDULERS") == "0"


NO_SCHEDULER = {"AUTOMATION_SCHEDULERS": "0"}
FEW_SLOTS = {"AUTOMATION_EXECUTOR_SLOTS": "5"}


def _w4(count: int, repeat: int) -> Workload:
    return Workload(
        label=f"W4-{count}",
        measure=partial(load.measure, count=count),
        repeat=repeat,
        alone=True,
        environment=NO_SCHEDULER,
    )


def _of_events_and_lines(repeat: int, *, quick: bool) -> list[Workload]:
    """Return what is about triggers, limits and priorities."""
    tasks, events = (500, 200) if quick else (10_000, 5_000)
    return [
        Workload(
            label="W6",
            measure=partial(matching.measure, tasks=tasks, events=events),
            repeat=repeat,
            alone=True,
            environment=NO_SCHEDULER,
        ),
        Workload(
            label="W7",
            measure=partial(reaction.measure, rate=10, seconds=2 if quick else 10),
            repeat=repeat,
        ),
        Workload(
            label="W8",
            measure=partial(admission.measure, limit=10, runs=200 if quick else 2_000),
            repeat=repeat,
        ),
        Workload(
            label="W9",
            measure=partial(priorities.measure, each=20 if quick else 200),
            repeat=repeat,
            alone=True,
            environment=FEW_SLOTS,
        ),
    ]


def workloads(asked: Sequence[str], *, repeat: int, quick: bool, full: bool) -> list[Workload]:
    """Return what is to be measured; *asked* names kinds, none of them means all."""
    few = 1 if quick else repeat
    every = [
        Workload(label="W0", measure=partial(idle.measure, seconds=10 if quick else 30), repeat=1),
        Workload(label="W1-5000", measure=partial(throughput.measure, runs=5_000), repeat=few),
        Workload(label="W1-20000", measure=partial(throughput.measure, runs=20_000), repeat=few),
        Workload(label="W5", measure=partial(latency.measure, rate=10, seconds=10), repeat=few),
        Workload(label="W2-2000", measure=partial(herd.measure, count=2_000), repeat=few),
        Workload(label="W2-10000", measure=partial(herd.measure, count=10_000), repeat=few),
        Workload(
            label="W3", measure=partial(punctuality.measure, tasks=200, seconds=20), repeat=few
        ),
        *_of_events_and_lines(few, quick=quick),
        _w4(100_000, few),
        _w4(1_000_000, 1),
    ]
    # Too long for every day: only where it was asked for.
    skipped = {"W2-10000", "W1-20000", "W4-100000"} if quick else set()
    if quick or not (full or "W4" in asked):
        skipped.add("W4-1000000")
    return [
        each
        for each in every
        if (not asked or each.kind in asked or each.label in asked)
        and (each.label not in skipped or each.label in asked)
    ]


async def measure_all(
    plan: Sequence[Workload],
    *,
    quiet: machine.Quiet,
    environment: Mapping[str, str] | None = None,
) -> list[Figures]:
    """Measure everything; return one document per workload."""
    results = []
    async with AsyncExitStack() as stack:
        shared: Subject | None = None
        for workload in (each for each in plan if not each.alone):
            if shared is None:
                shared = await stack.enter_async_context(subject(**(environment or {})))
                await shared.warm_up()
            results.append(await _measure(workload, shared, quiet))
    for workload in (each for each in plan if each.alone):
        results += [await _measure(workload, None, quiet)]
    return results


async def _measure(workload: Workload, shared: Subject | None, quiet: machine.Quiet) -> Figures:
    """Measure until there are enough clean runs, but at most one more than asked for."""
    runs: list[Figures] = []
    while len(runs) <= workload.repeat:
        runs.append(await _measure_once(workload, shared, quiet))
        _say(f"{workload.label} {json.dumps(runs[-1])}")
        clean = sum(_is_clean(each) for each in runs)
        broken = sum("error" in each for each in runs)
        spent = len(runs) >= workload.repeat and quiet.left <= 0
        if clean >= workload.repeat or broken > 1 or spent:
            break
    return judged(workload, runs)


def judged(workload: Workload, runs: Sequence[Figures]) -> Figures:
    """Return the document of a workload: the runs, and what the cleanest of them say."""
    sound = [each for each in runs if "error" not in each]
    good = sorted(sound, key=lambda each: float(each.get("foreign_share", 1)))[: workload.repeat]
    return {
        "peer": "ours",
        "workload": workload.label,
        "record": RECORD,
        "median": over(good),
        "min": over(good, min),
        "max": over(good, max),
        "used_runs": len(good),
        "clean_runs": sum(_is_clean(each) for each in good),
        "runs": list(runs),
        "date": time.strftime("%Y-%m-%d"),
    }


def _is_clean(run: Figures) -> bool:
    return "error" not in run and run.get("foreign_share", 1) <= machine.FOREIGN_OK


async def _measure_once(
    workload: Workload, shared: Subject | None, quiet: machine.Quiet
) -> Figures:
    try:
        async with AsyncExitStack() as stack:
            on = shared
            if on is None:
                on = await stack.enter_async_context(subject(**workload.environment))
                if not workload.starts_cold:
                    await on.warm_up()
            before = {
                "at": time.strftime("%H:%M:%S"),
                "busy_before": await quiet.wait(),
                "load1_before": round(os.getloadavg()[0], 2),
            }
            figures = await workload.measure(on)
            return {**figures, **before, "load1_after": round(os.getloadavg()[0], 2)}
    except Exception as error:  # noqa: BLE001 - one failure must not cost the figures so far
        return {"error": f"{type(error).__name__}: {error}"[:300]}


def _say(text: str) -> None:
    """Tell how it goes, beside the report."""
    print(text, file=sys.stderr, flush=True)  # noqa: T201 - this is a command
