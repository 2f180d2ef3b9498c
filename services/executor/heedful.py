"""Await what the NATS client answers, and lose no cancellation over it.

`asyncio.wait_for` of Python 3.11, on which the client rests, prefers an answer that comes in the
same moment as a cancellation and forgets the latter. The action would go on, and the executor would
be ended for the sake of an action that does not stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

T = TypeVar("T")


async def heedful(answer: Awaitable[T]) -> T:
    """Return the answer.

    Raises:
        CancelledError: the task was cancelled meanwhile.
    """
    task = asyncio.current_task()
    before = task.cancelling() if task else 0
    found = await answer
    if task is not None and task.cancelling() > before:
        raise asyncio.CancelledError
    return found
