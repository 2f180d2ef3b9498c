"""W6: events against very many triggered tasks, until every run they start is stored.

Each task has a subject and a condition of its own. Each event is heard by one task, and for one
event in ten its condition holds: what is measured is finding who listens, asking the condition, and
what follows from it. With fewer events than tasks nearly every condition is asked for the first
time, so that compiling it is measured, too. The tasks are put into the API's table as those of W4.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Iterator
from uuid import UUID

from shared.bus.publisher import Outgoing, Publisher
from shared.bus.topology import event_said
from tests.bench.figures import Figures
from tests.bench.mark import PAD
from tests.bench.subject import SETTLE, Subject
from tests.bench.workloads import load

SOURCE = "bench"
COLUMNS = ("id", "name", "task_type", "task_action", "trigger_config", "action_config")
#: One event in so many starts a run, the last of all among them.
FIRES = 10
WARM_UP = 100  # events
#: Events that are published before their acknowledgements are counted.
BATCH = 500
STORED_WITHIN = 120.0  # seconds


async def measure(subject: Subject, tasks: int, events: int) -> Figures:
    """Publish *events* to *tasks* triggered tasks."""
    base = subject.next_base()
    await load.insert(subject, COLUMNS, _tasks(base, tasks))
    async with load.scheduler(subject):
        begun = time.monotonic()
        await load.wait_loaded(subject, tasks)
        loaded = time.monotonic() - begun
        await subject.warm_up()
        # The process that asks the conditions starts with the first of them.
        await _measure(subject, base, list(_events("warm-up", tasks, WARM_UP)))
        await asyncio.sleep(SETTLE)
        figures = await _measure(subject, base, list(_events("event", tasks, events)))
    return {"tasks": tasks, "load_s": round(loaded, 2), **figures}


async def _measure(subject: Subject, base: int, events: list[Outgoing]) -> Figures:
    runs = len(events) // FIRES
    stored = await subject.stored()
    publisher = Publisher(subject.bus)
    began = await subject.begin()
    start = time.time()
    for first in range(0, len(events), BATCH):
        lost = await publisher.publish(events[first : first + BATCH], timeout=30)
        assert not lost, "the bus did not take the events"
    published = time.time() - start
    recorded = await subject.wait_stored(stored + runs, STORED_WITHIN)
    used = await subject.end(began, runs)
    starts = [mark.at - start for mark in subject.marks.since(base) if mark.at >= start]
    figures: Figures = {"n": len(events), "expected": runs, "started": len(starts), **used}
    if not starts or recorded is None:
        return {**figures, "error": "not all runs were stored"}
    all_recorded = recorded - start
    own_ms = 1000 * used["own_cpu_s"] / len(events)
    return {
        **figures,
        "ok": len(starts) == runs,
        "published_s": round(published, 3),
        "first_started_s": round(min(starts), 3),
        "all_started_s": round(max(starts), 3),
        "all_recorded_s": round(all_recorded, 3),
        "events_per_s": round(len(events) / all_recorded),
        "runs_per_s": round(runs / all_recorded),
        "cpu_ms_per_event": round(own_ms, 3),
    }


def _tasks(base: int, count: int) -> Iterator[tuple[object, ...]]:
    """Make rows of `api.tasks`; the number of a task is also the bound in its condition."""
    dice = random.Random(7)  # noqa: S311 - the same tasks in every run
    for number in range(count):
        identity = UUID(int=dice.getrandbits(128), version=4)
        trigger = {"subject": f"{SOURCE}.{_kind(number)}", "condition": f"value > {number}"}
        action = {"i": base + number, "ref": 0.0, "pad": PAD}
        yield (
            *(identity, f"listens {number}", "triggered", "bench_mark"),
            *(json.dumps(trigger), json.dumps(action)),
        )


def _events(name: str, tasks: int, count: int) -> Iterator[Outgoing]:
    """Make events for tasks all over the table."""
    dice = random.Random(11)  # noqa: S311 - the same events in every run
    for number in range(count):
        task = dice.randrange(tasks)
        holds = number % FIRES == FIRES - 1
        payload = json.dumps({"value": task + 1 if holds else task, "pad": PAD}).encode()
        subject = event_said(SOURCE, _kind(task))
        yield Outgoing(subject, payload, f"bench-{name}-{number}")


def _kind(number: int) -> str:
    return f"w6.item-{number}"
