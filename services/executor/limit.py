"""How long an action may go on: in all, and without a sign of life if it promised one.

The task that enters is cancelled when the time is up, as by `asyncio.timeout`.
"""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType

#: A sign of life moves the limit only once this share of the silence has passed: it may come in
#: every turn of a loop.
OFTEN = 1 / 10


class Limit:
    """The limit of one attempt; its times are those of the event loop."""

    def __init__(self, seconds: float, silence: float | None = None) -> None:
        self._now = asyncio.get_running_loop().time
        self._seconds = seconds
        self._end = self._now() + seconds
        self._silence = silence
        self._heard = self._now()
        self._timeout = asyncio.timeout_at(self._next())

    async def __aenter__(self) -> None:
        await self._timeout.__aenter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._timeout.__aexit__(kind, error, traceback)

    def heard(self) -> None:
        """Note a sign of life."""
        if self._silence is None or self._now() - self._heard < self._silence * OFTEN:
            return
        self._heard = self._now()
        with contextlib.suppress(RuntimeError):  # it is over
            self._timeout.reschedule(self._next())

    @property
    def expired_at(self) -> float | None:
        """When it ran out; None if it did not."""
        return self._timeout.when() if self._timeout.expired() else None

    @property
    def words(self) -> str:
        """What is said of who exceeded it."""
        if self._silence is not None and (self._timeout.when() or 0) < self._end:
            return f"no sign of life for {self._silence:g} seconds"
        return f"not finished within {self._seconds:g} seconds"

    def _next(self) -> float:
        return self._end if self._silence is None else min(self._end, self._heard + self._silence)
