"""W3: tasks that are due every second; who is late, missed or started twice?

Due times lie on whole seconds. Both sides are asked: the marks of the starts, and the ledger.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

from tests.bench.figures import Figures, lateness
from tests.bench.marks import Mark
from tests.bench.subject import Subject

LEDGER = """
SELECT count(*) FILTER (WHERE outcome = 'fired') AS fired,
       count(*) FILTER (WHERE outcome <> 'fired') AS other
FROM scheduler.occurrences
WHERE task_id = ANY($1::uuid[]) AND scheduled_for >= $2 AND scheduled_for < $3
"""
FIRST_STARTS = 60.0  # seconds
SETTLE = 2.0  # seconds


async def measure(subject: Subject, tasks: int, seconds: int) -> Figures:
    """Let *tasks* tasks run each second and look at *seconds* of it."""
    marked = subject.marks.count()
    base, ids = await subject.create_scheduled(tasks, {"interval_seconds": 1})
    try:
        if not await subject.marks.wait(marked + 2 * tasks, FIRST_STARTS):
            return {"jobs": tasks, "error": f"only {subject.marks.count() - marked} starts"}
        await asyncio.sleep(SETTLE)
        first = math.floor(time.time()) + 1
        began, before = await subject.begin(), subject.marks.count()
        await asyncio.sleep(first + seconds + 1.5 - time.time())
        # All runs of the window, which is a little longer than what is judged.
        used = await subject.end(began, subject.marks.count() - before)
    finally:
        await subject.door.delete(ids)
    row = await subject.pool.fetchrow(
        LEDGER,
        ids,
        datetime.fromtimestamp(first, UTC),
        datetime.fromtimestamp(first + seconds, UTC),
    )
    assert row is not None
    return {
        "jobs": tasks,
        "seconds": seconds,
        "expected": tasks * seconds,
        **judge(subject.marks.since(base), tasks=tasks, first=first, seconds=seconds),
        "ledger_fired": row["fired"],
        "ledger_other": row["other"],
        "reference": "whole second",
        **used,
    }


def judge(marks: Iterable[Mark], *, tasks: int, first: int, seconds: int) -> Figures:
    """Return what the marks say about whole seconds from *first* on."""
    starts: defaultdict[tuple[int, int], list[float]] = defaultdict(list)
    for mark in marks:
        second = math.floor(mark.at)
        if first <= second < first + seconds:
            starts[mark.number, second].append(mark.at - second)
    late = [each for delays in starts.values() for each in delays]
    return {
        "runs": len(late),
        "missed": tasks * seconds - len(starts),
        "duplicates": len(late) - len(starts),
        **lateness(late),
    }
