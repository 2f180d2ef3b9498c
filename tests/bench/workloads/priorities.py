"""W9: a herd of all priorities meets executors whose slots are all taken.

Other runs hold the slots while the herd is asked for, the lowest priority first: who came first
would be last. Then the slots become free at once. Positions count from 0 in the order of starts.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.figures import Figures
from tests.bench.mark import PAD
from tests.bench.marks import Mark
from tests.bench.subject import Subject

PRIORITIES = range(1, 6)
#: How long the slots are held: longer than it takes to ask for the herd.
HELD_SECONDS = 4.0
WITHIN = 120.0  # seconds

SLOTS = "SELECT sum(slots)::int FROM executor.executors"


async def measure(subject: Subject, each: int) -> Figures:
    """Ask for *each* runs of every priority."""
    count = each * len(PRIORITIES)
    slots: int = await subject.pool.fetchval(SLOTS)
    held_base, holders = await subject.create_special(slots, _holds)
    # Priority 5 has the first number and is asked for first.
    base, ids = await subject.create_special(len(PRIORITIES), _of_priority)
    await subject.wait_known([*holders, *ids])
    stored, marked = await subject.stored(), subject.marks.count()
    await subject.door.run_many(holders, slots)
    if not await subject.marks.wait(marked + slots, HELD_SECONDS):
        return {"n": count, "error": "the slots could not be taken"}
    # Everybody's slot is free after this moment.
    free = max(mark.at for mark in subject.marks.since(held_base)) + HELD_SECONDS
    began = await subject.begin()
    await subject.door.run_many(ids, count)
    asked_in_time = time.time() < free
    ok = await subject.marks.wait(marked + slots + count, WITHIN)
    recorded = await subject.wait_stored(stored + slots + count, WITHIN) if ok else None
    used = await subject.end(began, count)
    figures: Figures = {"n": count, "slots": slots, "asked_in_time": asked_in_time, **used}
    if recorded is None:
        return {**figures, "error": "not all runs were stored"}
    return {**figures, "ok": ok, **judge(subject.marks.since(base), free)}


def judge(marks: Sequence[Mark], free: float) -> Figures:
    """Return where and when the runs of each priority started, on average."""
    ordered = sorted(marks, key=lambda mark: mark.at)
    positions: dict[int, list[int]] = {priority: [] for priority in PRIORITIES}
    times: dict[int, list[float]] = {priority: [] for priority in PRIORITIES}
    for position, mark in enumerate(ordered):
        priority = PRIORITIES[-1] - mark.number
        positions[priority].append(position)
        times[priority].append(1000 * (mark.at - free))
    return {
        "started": len(ordered),
        "position": {f"p{n}": _mean(found) for n, found in positions.items()},
        "start_ms": {f"p{n}": _mean(found) for n, found in times.items()},
        "all_started_s": round(ordered[-1].at - free, 3) if ordered else None,
    }


def _mean(values: Sequence[float]) -> float | None:
    return round(statistics.fmean(values), 1) if values else None


def _holds(number: int) -> Mapping[str, Any]:
    config = {"i": number, "ref": 0.0, "pad": PAD, "seconds": HELD_SECONDS}
    return {"action_config": config}


def _of_priority(number: int) -> Mapping[str, Any]:
    return {"priority": PRIORITIES[-1] - number % len(PRIORITIES)}
