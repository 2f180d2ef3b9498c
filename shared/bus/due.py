"""Publish that there is something to run: `task.due.<queue>`.

The orders are rows, committed with the ledger. So this is only a hint: an executor with room that
misses it looks by itself within a second. One of those that have room receives it, and publishes it
again if there is more than it takes.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterable

from nats.aio.client import Client
from nats.errors import Error

from shared.bus import topology
from shared.contracts.runs import RunsDue

log = logging.getLogger(__name__)


class Dispatcher:
    """Publishes `task.due`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def announce(self, queues: Iterable[str]) -> None:
        """Publish that runs were let go, one in each of *queues*; never raises for a lost bus."""
        for queue, runs in Counter(queues).items():
            try:
                await self._client.publish(topology.task_due(queue), RunsDue(runs=runs).encode())
            except (Error, OSError) as error:  # executors look by themselves
                log.warning("no hint for executors: %s", type(error).__name__)
