"""W2: one-shot tasks, created one by one over the API, that are all due in the same second."""

from __future__ import annotations

import asyncio
import math
import time
from datetime import UTC, datetime

from tests.bench.figures import Figures, lateness
from tests.bench.subject import Subject

#: Creation may become this much slower than it was in the warm-up.
SLOWER = 1.6
LEAD = 4.0  # seconds at least


async def measure(subject: Subject, count: int) -> Figures:
    """Create *count* tasks in time, then watch them start."""
    stored, marked = await subject.stored(), subject.marks.count()
    begun = time.time()
    due = math.ceil(begun + LEAD + count * subject.seconds_per_creation * SLOWER)
    at = datetime.fromtimestamp(due, UTC).isoformat()
    base, ids = await subject.create_scheduled(count, {"at": at})
    created = time.time() - begun
    known = await subject.jobs(ids)
    while known < count and time.time() < due - 0.5:
        await asyncio.sleep(0.1)
        known = await subject.jobs(ids)
    loaded = time.time() - begun
    await asyncio.sleep(max(0.0, due - time.time() - 0.3))
    began = await subject.begin()
    ok = await subject.marks.wait(marked + count, due - time.time() + 120)
    recorded = await subject.wait_stored(stored + count, 60) if ok else None
    used = await subject.end(began, count)
    late = [mark.at - due for mark in subject.marks.since(base)]
    figures: Figures = {
        "n": count,
        "started": len(late),
        "ok": ok and len(late) == count,
        "create_per_s": round(count / created),
        "load_s": round(loaded, 2),
        "loaded_in_time": known == count,
        **lateness(late),
        **used,
    }
    if not late or recorded is None:
        return {**figures, "error": "not all runs were stored"}
    return {
        **figures,
        "all_started_s": round(max(late), 3),
        "all_recorded_s": round(recorded - due, 3),
        "early": sum(each < 0 for each in late),
        "per_s": round(count / (recorded - due)),
    }
