"""Asks now and then for all that is wanted, and says again how all are: messages may be lost."""

from __future__ import annotations

from datetime import timedelta

from services.account_runtime.line import ASK_AGAIN, RESYNC, Line
from services.account_runtime.runtime import Runtime


class Resync:
    """What is wanted, compared with what we know."""

    def __init__(self, line: Line, runtime: Runtime) -> None:
        self._line, self._runtime = line, runtime

    async def step(self) -> timedelta:
        """Ask once."""
        wishes = await self._line.ask()
        if wishes is None:
            return ASK_AGAIN
        await self._runtime.hear_all(wishes)
        self._runtime.repeat()
        return RESYNC
