"""How long an action may go on: in all, and without a sign of life if it promised one.

    with Limit(seconds, silence) as limit:
        ...                                   the task that enters is cancelled when the time is up

As `asyncio.timeout`, for less: a run has one, and most end at once.
"""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self


class Limit:
    """The limit of one attempt; its times are those of the event loop."""

    def __init__(self, seconds: float, silence: float | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        self._seconds = seconds
        self._silence = silence
        self._heard = self._loop.time()
        self._end = self._heard + seconds
        self._task: asyncio.Task[object] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self.expired_at: float | None = None
        """When it ran out; None if it did not."""

    def __enter__(self) -> Self:
        self._task = asyncio.current_task()
        self._timer = self._loop.call_at(self._next(), self._look)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
        if self.expired_at is not None and self._task is not None:
            self._task.uncancel()
        self._task = None

    def heard(self) -> None:
        """Note a sign of life; it may come in every turn of a loop."""
        self._heard = self._loop.time()

    @property
    def words(self) -> str:
        """What is said of who exceeded it."""
        if self.expired_at is not None and self.expired_at < self._end:
            return f"no sign of life for {self._silence:g} seconds"
        return f"not finished within {self._seconds:g} seconds"

    def _next(self) -> float:
        return self._end if self._silence is None else min(self._end, self._heard + self._silence)

    def _look(self) -> None:
        until = self._next()
        if self._loop.time() < until:
            self._timer = self._loop.call_at(until, self._look)
        elif self._task is not None:
            self.expired_at = until
            self._task.cancel()
