"""Tells open pages that tasks have new log rows: after the commit, as well as it goes.

A page that misses one is late, never wrong: it reads the rows themselves over HTTP. So this is core
NATS without an acknowledgement, one empty message per task, or a single one for all when a batch
touches so many tasks that a page had better read its list again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from uuid import UUID

from nats.aio.client import Client
from nats.errors import Error

from shared.bus import topology

#: More tasks than this in one batch are announced together.
SINGLE_TASKS = 50

log = logging.getLogger(__name__)


class Announcer:
    """Says `task.logged`."""

    def __init__(self, client: Client) -> None:
        self._client = client

    async def announce(self, tasks: Collection[UUID]) -> None:
        """Say that *tasks* have new log rows; never raises for a lost connection."""
        subjects = (
            [topology.task_logged(task) for task in tasks]
            if len(tasks) <= SINGLE_TASKS
            else [topology.TASK_LOGGED_MANY]
        )
        try:
            for subject in subjects:
                await self._client.publish(subject)
        except Error as error:
            log.warning("task.logged not said: %s", type(error).__name__)
