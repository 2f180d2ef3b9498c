"""Hold again what was let go but not begun, when its queue or everything is paused or limited.

A pause holds what comes (`entering.py`). What was let go before it waits for a free executor, and
is called back here, so that a moment after a pause nothing starts any more, however much waited.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from services.scheduler.store.recalls import BATCH, RecallStore

INTERVAL = timedelta(seconds=0.5)

log = logging.getLogger(__name__)


class Recaller:
    """One step: one batch."""

    def __init__(self, store: RecallStore, *, wake_admitter: Callable[[], None]) -> None:
        self._store = store
        self._wake_admitter = wake_admitter

    async def step(self) -> timedelta:
        """Look once; come back at once if there is more."""
        recalled = await self._store.recall()
        if recalled:
            log.info("%d orders called back: their queue was closed", recalled)
            self._wake_admitter()
        return timedelta(0) if recalled == BATCH else INTERVAL
