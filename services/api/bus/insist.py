"""Makes sure that what was acknowledged is heard: it stays here until the scheduler has it.

JetStream may lose what it acknowledged (its folder is wiped, the disk loses power), and a person
was told that the run was asked for. So a published request is kept, and published again until the
scheduler has entered its runs into the ledger; the ledger's key makes the repetition harmless. So
is an event, until the scheduler has noted that it has seen it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from services.api.store import requests
from services.api.store.database import Database

BATCH = 500
REST = timedelta(seconds=1)

log = logging.getLogger(__name__)


class Insister:
    """One step: look after one batch of published requests."""

    def __init__(self, database: Database, wake_relay: Callable[[], None]) -> None:
        self._database = database
        self._wake_relay = wake_relay

    async def step(self) -> timedelta:
        """Forget what was heard; have the rest said again."""
        async with self._database.connection() as connection:
            heard = await requests.settle_heard(connection, BATCH)
        if heard.unheard:
            log.warning("%d requests or events were not heard; saying them again", heard.unheard)
            self._wake_relay()
        return timedelta(0) if heard.settled == BATCH else REST
