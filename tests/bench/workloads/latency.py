"""W5: from the moment before "run now" is asked for to the start of the action.

A task of its own for each call, so that every start can be told from the others.
"""

from __future__ import annotations

import asyncio
import random
import time

from tests.bench.figures import Figures, lateness
from tests.bench.subject import Subject


async def measure(subject: Subject, rate: int, seconds: int) -> Figures:
    """Ask *rate* times a second, at random moments."""
    count = rate * seconds
    base, ids = await subject.create_manual(count)
    await asyncio.sleep(1)
    marked = subject.marks.count()
    dice = random.Random(7)  # noqa: S311 - the same moments in every run
    began = await subject.begin()
    start = time.time() + 0.2
    asked: list[float] = []
    answered: list[float] = []
    for number, task_id in enumerate(ids):
        moment = start + (number + dice.random()) / rate
        await asyncio.sleep(max(0.0, moment - time.time()))
        asked.append(time.time())
        await subject.door.run(task_id)
        answered.append(time.time() - asked[-1])
    ok = await subject.marks.wait(marked + count, 30)
    used = await subject.end(began, count)
    late = [mark.at - asked[mark.number] for mark in subject.marks.since(base)]
    answers = lateness(answered)
    return {
        "n": count,
        "started": len(late),
        "ok": ok and len(late) == count,
        **lateness(late),
        "answer_p50_ms": answers["p50_ms"],
        "answer_p99_ms": answers["p99_ms"],
        **used,
    }
