"""Signs of life, and what follows if there are two runtimes of one server: the later one leaves.

Two would run every account twice. They hear each other: whoever hears a runtime that is older says
so, ends what it has started, and goes. One with an empty home listens for a while before it starts
anything; one that has accounts goes on at once, so that a start again costs nobody anything.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.account_runtime.line import PRESENCE, Line
from services.account_runtime.runtime import Runtime
from services.account_runtime.settings import AccountRuntimeSettings
from shared.contracts.accounts import RuntimeSeen

#: While the line is down there is nobody to hear.
AGAIN = timedelta(milliseconds=100)

log = logging.getLogger(__name__)


class Here(NamedTuple):
    """Who and where this runtime is."""

    runtime_id: UUID
    host: str
    started_at: datetime


class Presence:
    """That we are here, and who else is."""

    def __init__(
        self,
        settings: AccountRuntimeSettings,
        here: Here,
        runtime: Runtime,
        line: Line,
        leave: Callable[[], None],
    ) -> None:
        self._settings, self._here = settings, here
        self._runtime, self._line, self._leave = runtime, line, leave
        self._listens_until: float | None = None
        self.rival: RuntimeSeen | None = None

    async def step(self) -> timedelta:
        """Give a sign of life; begin to work once nobody else was heard for long enough."""
        if self._line.client is None:
            return AGAIN
        await self._line.show(self._seen())
        if self._runtime.is_open or self.rival:
            return PRESENCE
        now = asyncio.get_running_loop().time()
        if self._listens_until is None:
            self._listens_until = now + self._settings.runtime_listen_seconds
        left = self._listens_until - now
        if left <= 0:
            self._runtime.open()
            return PRESENCE
        return min(timedelta(seconds=left), PRESENCE)

    async def meet(self, other: RuntimeSeen) -> None:
        """Hear another runtime of our server; the one that came later leaves."""
        if other.runtime_id == self._here.runtime_id or other.stopping or self.rival:
            return
        ours = (self._here.started_at, self._here.runtime_id)
        if ours < (other.started_at, other.runtime_id):
            await self._line.show(self._seen())  # at once, so that it knows
            return
        self.rival = other
        log.critical(
            "server %s has a runtime already (%s on %s, since %s); this one ends",
            other.server_id,
            other.instance,
            other.host,
            other.started_at.isoformat(timespec="seconds"),
        )
        self._leave()

    async def say_goodbye(self) -> None:
        """Say that we are about to leave."""
        self._runtime.is_stopping = True
        await self._line.show(self._seen())

    def _seen(self) -> RuntimeSeen:
        return RuntimeSeen(
            instance=self._settings.instance,
            server_id=self._settings.runtime_server,
            **self._here._asdict(),
            running=self._runtime.running,
            stopping=self._runtime.is_stopping,
        )
