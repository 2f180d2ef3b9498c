"""Give up actions that do not stop when they are told to.

Looks every second; nothing else would ever notice: whoever told them has gone on with other things.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

from services.executor.under_way import UnderWay

INTERVAL = timedelta(seconds=1)


class Warden:
    """One step: look at all that is under way."""

    def __init__(self, under_way: UnderWay, grace: timedelta) -> None:
        self._under_way = under_way
        self._grace = grace.total_seconds()

    async def step(self) -> timedelta:
        """Look once."""
        self._under_way.give_up_deaf(asyncio.get_running_loop().time(), self._grace)
        return INTERVAL
