"""Call back what was ordered but not begun, when its queue or everything is paused or limited.

A pause holds what comes (`entering.py`). What went to the stream before it waits there for a free
executor; it is called back here, so that a moment after a pause nothing starts any more, however
many orders there were. Half a minute later it is held, and goes on like anything that is held; if
the pause ends before, it is ordered anew.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta

from services.scheduler.dispatch import Dispatcher
from services.scheduler.store.recalls import BATCH, RecallStore

INTERVAL = timedelta(seconds=0.5)
#: With many open runs a look takes long: it is to be a small part of what the database does.
RESTS = 19

log = logging.getLogger(__name__)


class Recaller:
    """One step: decide about what was called back, and call back."""

    def __init__(
        self, store: RecallStore, dispatcher: Dispatcher, *, wake_admitter: Callable[[], None]
    ) -> None:
        self._store = store
        self._dispatcher = dispatcher
        self._wake_admitter = wake_admitter

    async def step(self) -> timedelta:
        """Look once; rest for much longer than it took, unless there is more."""
        begun = asyncio.get_running_loop().time()
        confirmed = await self._store.confirm()
        if confirmed.anew:
            await self._dispatcher.send(confirmed.anew)
        if confirmed.held:
            self._wake_admitter()
        recalled = await self._store.recall()
        if recalled:
            log.info("%d orders called back: their queue was closed", recalled)
        if recalled == BATCH or len(confirmed.anew) == BATCH:
            return timedelta(0)
        took = timedelta(seconds=asyncio.get_running_loop().time() - begun)
        return max(INTERVAL, RESTS * took)
