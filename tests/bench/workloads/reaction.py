"""W7: from the moment before an event is published to the start of the action.

Once over HTTP, once over NATS. A task of its own for each event, so that every start can be told
from the others; each asks a condition.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from shared.bus.topology import event_said
from tests.bench.figures import Figures, lateness
from tests.bench.subject import Subject

SOURCE = "bench"
DATA = {"error_rate": 12.5}
CONDITION = "error_rate > 10"

Say = Callable[[int], Awaitable[object]]


async def measure(subject: Subject, rate: int, seconds: int) -> Figures:
    """Publish *rate* events a second at random moments, first over HTTP, then over NATS."""
    count = rate * seconds
    js = subject.bus.jetstream()
    payload = json.dumps(DATA).encode()

    async def over_http(number: int) -> None:
        await subject.door.say({"source": SOURCE, "type": _kind(number), "data": DATA})

    async def over_nats(number: int) -> None:
        await js.publish(event_said(SOURCE, _kind(number)), payload)

    base, ids = await subject.create_special(2 * count, _fields)
    await subject.wait_known(ids)
    await asyncio.sleep(1)
    began = await subject.begin()
    found = {
        "http": await _measure(subject, over_http, base, first=0, count=count, rate=rate),
        "nats": await _measure(subject, over_nats, base, first=count, count=count, rate=rate),
    }
    used = await subject.end(began, 2 * count)
    ok = all(each["started"] == count for each in found.values())
    return {"n": 2 * count, "ok": ok, **found, **used}


async def _measure(
    subject: Subject, say: Say, base: int, *, first: int, count: int, rate: int
) -> Figures:
    marked = subject.marks.count()
    dice = random.Random(7)  # noqa: S311 - the same moments in every run
    start = time.time() + 0.2
    asked: dict[int, float] = {}
    answered: list[float] = []
    for number in range(first, first + count):
        moment = start + (number - first + dice.random()) / rate
        await asyncio.sleep(max(0.0, moment - time.time()))
        asked[number] = time.time()
        await say(base + number)
        answered.append(time.time() - asked[number])
    await subject.marks.wait(marked + count, 30)
    late = [
        mark.at - asked[mark.number] for mark in subject.marks.since(base) if mark.number in asked
    ]
    answers = lateness(answered)
    return {
        "started": len(late),
        **lateness(late),
        "answer_p50_ms": answers["p50_ms"],
        "answer_p99_ms": answers["p99_ms"],
    }


def _fields(number: int) -> Mapping[str, Any]:
    trigger = {"subject": f"{SOURCE}.{_kind(number)}", "condition": CONDITION}
    return {"task_type": "triggered", "trigger_config": trigger}


def _kind(number: int) -> str:
    return f"w7.item-{number}"
