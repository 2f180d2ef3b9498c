"""Wake a loop soon after something happened, but never more often than it can bear.

Executors say thousands of times a second that runs ended. A loop that looks at all open runs would
do nothing else if it looked each time; so it rests for as long as its last step took, times a
factor, and all that is heard meanwhile counts as one.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from shared.runtime.loop import Loop, Step

#: What is heard within this time is looked at together.
TOGETHER = timedelta(milliseconds=5)


class Paced:
    """A loop that takes hints."""

    def __init__(self, name: str, step: Step, *, rests: float) -> None:
        self.loop = Loop(name, self._paced)
        self._step = step
        self._rests = rests
        """Times that it rests for as long as it took."""
        self._ready_at = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def _paced(self) -> timedelta:
        clock = asyncio.get_running_loop().time
        began = clock()
        try:
            return await self._step()
        finally:
            ended = clock()
            self._ready_at = ended + self._rests * (ended - began)

    def hint(self) -> None:
        """Look soon; what is heard until then counts as one."""
        if self._timer is None:
            loop = asyncio.get_running_loop()
            wait = max(self._ready_at - loop.time(), TOGETHER.total_seconds())
            self._timer = loop.call_later(wait, self._wake)

    def _wake(self) -> None:
        self._timer = None
        self.loop.wake()
