"""W8: no-op runs of one task of which only so many may be live at once.

How fast a slot that has become free is given to the next one: the runs themselves take no time.
How many were live at once is counted by the log, from claim to end.
"""

from __future__ import annotations

import time

from tests.bench.figures import Figures
from tests.bench.subject import Subject

MOST_AT_ONCE = """
SELECT max(live) FROM (
    SELECT sum(step) OVER (ORDER BY at, step) AS live FROM (
        SELECT claimed_at AS at, 1 AS step FROM log.runs WHERE task_id = $1
        UNION ALL
        SELECT recorded_at, -1 FROM log.runs WHERE task_id = $1 AND final) s) s
"""
WITHIN = 300.0  # seconds


async def measure(subject: Subject, limit: int, runs: int) -> Figures:
    """Ask for *runs* runs at once."""
    base, ids = await subject.create_special(1, lambda _: {"concurrency": {"limit": limit}})
    await subject.wait_known(ids)
    stored = await subject.stored()
    began = await subject.begin()
    start = time.time()
    await subject.door.run_many(ids, runs)
    asked = time.time()
    recorded = await subject.wait_stored(stored + runs, WITHIN)
    used = await subject.end(began, runs)
    starts = sorted(mark.at for mark in subject.marks.since(base))
    figures: Figures = {"n": runs, "limit": limit, "started": len(starts), **used}
    if not starts or recorded is None:
        return {**figures, "error": "not all runs were stored"}
    most = await subject.pool.fetchval(MOST_AT_ONCE, ids[0])
    return {
        **figures,
        "ok": len(starts) == runs and most <= limit,
        "most_at_once": int(most),
        "enqueue_s": round(asked - start, 3),
        "first_started_s": round(starts[0] - start, 3),
        "all_started_s": round(starts[-1] - start, 3),
        "all_recorded_s": round(recorded - start, 3),
        "per_s": round(runs / (recorded - start)),
    }
