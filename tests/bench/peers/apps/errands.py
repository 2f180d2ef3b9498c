"""What a peer's producer is asked for: a line of JSON on its standard input, "done" for an answer.

    ["many", base, count]          runs of a no-op, in bulk
    ["later", base, count, due]    runs that are all due at a moment, in Unix seconds
    ["one", number]                a run now; its reference is the moment before it was asked for

It answers once the peer has acknowledged all of it. Needs nothing but the standard library.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from typing import Any, NamedTuple, Protocol

from tests.bench.mark import PAD

#: Environment: the first number and how many, of what runs each second or is due at once.
EVERY = "BENCH_EVERY"


class Run(NamedTuple):
    """A run of a no-op."""

    number: int
    reference: float
    pad: str = PAD


class Producer(Protocol):
    """How a peer is asked for runs."""

    async def many(self, runs: list[Run]) -> None:
        """Ask for runs in the fastest way that keeps them."""

    async def later(self, runs: list[Run], due: float) -> None:
        """Ask for runs at a moment."""

    async def one(self, run: Run) -> None:
        """Ask for one run."""


async def serve(producer: Producer) -> None:
    """Answer until nobody asks any more."""
    while line := await asyncio.to_thread(sys.stdin.readline):
        await _do(producer, *json.loads(line))
        print("done", flush=True)  # noqa: T201 - the answer


async def _do(producer: Producer, errand: str, base: int, *more: Any) -> None:  # noqa: ANN401 - JSON
    if errand == "one":
        await producer.one(Run(base, time.time()))
        return
    count, *due = more
    runs = [Run(base + number, due[0] if due else 0.0) for number in range(count)]
    await (producer.later(runs, due[0]) if due else producer.many(runs))


def each_second() -> range:
    """Return the numbers of the tasks that run every second."""
    base, count = map(int, os.environ.get(EVERY, "0,0").split(","))
    return range(base, base + count)
