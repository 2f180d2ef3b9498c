"""W1: no-op runs, asked for by bulk calls, until every final row is stored."""

from __future__ import annotations

import time

from tests.bench.figures import Figures
from tests.bench.subject import MANUAL_TASKS, Subject


async def measure(subject: Subject, runs: int) -> Figures:
    """Ask for *runs* runs of 200 tasks while all processes are up and idle."""
    base, ids = await subject.create_manual(MANUAL_TASKS)
    stored, marked = await subject.stored(), subject.marks.count()
    began = await subject.begin()
    start = time.time()
    await subject.door.run_many(ids, runs)
    asked = time.time()
    ok = await subject.marks.wait(marked + runs, 120)
    recorded = await subject.wait_stored(stored + runs, 60)
    used = await subject.end(began, runs)
    starts = sorted(mark.at for mark in subject.marks.since(base))
    if not starts or recorded is None:
        return {"n": runs, "started": len(starts), "error": "not all runs were stored", **used}
    return {
        "n": runs,
        "started": len(starts),
        "ok": ok and len(starts) == runs,
        "enqueue_s": round(asked - start, 3),
        "enqueue_per_s": round(runs / (asked - start)),
        "first_started_s": round(starts[0] - start, 3),
        "all_started_s": round(starts[-1] - start, 3),
        "all_recorded_s": round(recorded - start, 3),
        "per_s": round(runs / (recorded - start)),
        "span_per_s": round((len(starts) - 1) / max(1e-6, starts[-1] - starts[0])),
        **used,
    }
