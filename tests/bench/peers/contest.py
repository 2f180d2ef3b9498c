"""The workloads that all take part in, as a peer sees them; figures are named as ours are."""

from __future__ import annotations

import asyncio
import math
import random
import time
from pathlib import Path

from tests.bench import machine
from tests.bench.figures import Figures, lateness
from tests.bench.marks import SPAN
from tests.bench.peers.rival import Rival, Running, running
from tests.bench.workloads.punctuality import SETTLE, judge

LEAD = 4.0  # seconds, and for each schedule:
LEAD_EACH = 0.0006


def _used(before: machine.Ticks, after: machine.Ticks, runs: int) -> Figures:
    used = machine.shares(before, after)
    return {**used, "cpu_ms_per_task": round(1000 * used["own_cpu_s"] / max(1, runs), 3)}


async def throughput(on: Running, runs: int) -> Figures:
    """W1: ask for *runs* runs in bulk while all processes are up and idle."""
    base, stored, marked = on.next_base(), await on.stored(), on.marks.count()
    before, start = on.ticks(), time.time()
    await on.ask("many", base, runs)
    asked = time.time()
    assert await on.marks.wait(marked + runs, 120), "not all runs were started"
    recorded = await on.wait_stored(stored + runs)
    assert recorded is not None, "not all runs were stored"
    return {
        "n": runs,
        "enqueue_s": round(asked - start, 3),
        "all_recorded_s": round(recorded - start, 3),
        "per_s": round(runs / (recorded - start)),
        **_used(before, on.ticks(), runs),
    }


async def herd(on: Running, count: int) -> Figures:
    """W2: *count* runs that are due in the same second."""
    base, stored, marked = on.next_base(), await on.stored(), on.marks.count()
    due = math.ceil(time.time() + LEAD + count * LEAD_EACH)
    await on.ask("later", base, count, due)
    assert time.time() < due - 0.3, "not loaded in time"
    await asyncio.sleep(due - time.time() - 0.3)
    before = on.ticks()
    assert await on.marks.wait(marked + count, 120), "not all runs were started"
    recorded = await on.wait_stored(stored + count)
    assert recorded is not None, "not all runs were stored"
    late = [mark.at - due for mark in on.marks.since(base)]
    return {
        "n": count,
        **lateness(late),
        "all_started_s": round(max(late), 3),
        "all_recorded_s": round(recorded - due, 3),
        "early": sum(each < 0 for each in late),
        **_used(before, on.ticks(), count),
    }


async def latency(on: Running, rate: int, seconds: int) -> Figures:
    """W5: from the moment before a run is asked for to its start."""
    base, count, marked = on.next_base(), rate * seconds, on.marks.count()
    dice = random.Random(7)  # noqa: S311 - the same moments in every run
    before, start = on.ticks(), time.time() + 0.2
    for number in range(count):
        moment = start + (number + dice.random()) / rate
        await asyncio.sleep(max(0.0, moment - time.time()))
        await on.ask("one", base + number)
    assert await on.marks.wait(marked + count, 30), "not all runs were started"
    late = [mark.at - mark.reference for mark in on.marks.since(base)]
    return {"n": count, **lateness(late), **_used(before, on.ticks(), count)}


async def punctuality(rival: Rival, python: Path, tasks: int, seconds: int) -> Figures:
    """W3: *tasks* tasks run each second; on a peer that was started with them."""
    async with running(rival, python, each_second=tasks) as on:
        assert await on.marks.wait(tasks, 60), "not all tasks have started once"
        await asyncio.sleep(SETTLE)
        first = math.floor(time.time()) + 1
        before, marked = on.ticks(), on.marks.count()
        await asyncio.sleep(first + seconds + 1.5 - time.time())
        used = _used(before, on.ticks(), on.marks.count() - marked)
        found = judge(on.marks.since(SPAN), tasks=tasks, first=first, seconds=seconds)
        return {"expected": tasks * seconds, **found, **used}
