"""The dashboard's facts, read at most once a second however many look at it.

What is the matter now is a second old at most; counts of a day and a month are ten. Whoever asks
while somebody reads waits for that answer instead of asking the database the same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta

from services.api.store import dashboard as store
from services.api.store.database import Database

LIVE_SECONDS = 1.0
HISTORY_SECONDS = 10.0
#: The day that is shown, and the one that it is compared with.
SPAN = timedelta(hours=48)


@dataclass(slots=True)
class Board:
    """Remembers what was read last."""

    stopwatch: Callable[[], float] = time.monotonic
    _lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    _live: store.Live | None = None
    _live_at: float = 0.0
    _history: store.History | None = None
    _history_at: float = 0.0

    async def facts(self, database: Database) -> tuple[store.Live, store.History]:
        """Return what is known, read anew if it is old."""
        async with self._lock:
            now = self.stopwatch()
            live, history = self._live, self._history
            is_stale = live is None or now - self._live_at > LIVE_SECONDS
            is_old = history is None or now - self._history_at > HISTORY_SECONDS
            if is_stale or is_old:
                async with database.connection() as connection:
                    if is_stale or live is None:
                        live = await store.live(connection)
                        self._live, self._live_at = live, now
                    if is_old or history is None:
                        since = await store.now_of(connection) - SPAN
                        history = await store.history(connection, since)
                        self._history, self._history_at = history, now
            assert live is not None and history is not None  # noqa: S101, PT018 - read above
            return live, history
