"""The outbox relay: publishes what was committed, and forgets it once JetStream has it.

The rows stay locked while they are published, so two relays never publish one row at the same time;
a relay that dies releases them, and the message id makes the second try a no-op. Per key, the next
message is sent only after the one before it was acknowledged: sent together, a lost first and a
stored second would leave the older state as the newest message.
"""

from __future__ import annotations

import logging
from datetime import timedelta

from shared.bus.publisher import Publisher
from shared.db.pool import Pool
from shared.outbox.store import OutboxStore

BATCH = 500
#: The relay is woken after each commit; this is for what another replica committed and lost.
REST = timedelta(seconds=1)
#: Shorter than the time after which the server ends an idle transaction (see `open_pool`).
PUBLISH_SECONDS = 1.5

log = logging.getLogger(__name__)


class Relay:
    """One step: publish the oldest message of every key; settle what was acknowledged."""

    def __init__(self, pool: Pool, publisher: Publisher, store: OutboxStore) -> None:
        self._pool = pool
        self._publisher = publisher
        self._store = store

    async def step(self) -> timedelta:
        """Publish one batch; come straight back for what waits behind it."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await self._store.take(connection, BATCH)
            if not rows:
                return REST
            unknown = set(
                await self._publisher.publish(
                    [row.message for row in rows], timeout=PUBLISH_SECONDS
                )
            )
            done = [row.id for index, row in enumerate(rows) if index not in unknown]
            await self._store.published(connection, done)
        if unknown:
            log.warning("outbox: %d of %d messages not acknowledged", len(unknown), len(rows))
            return timedelta(seconds=0.2)
        return timedelta(0)  # what waited behind these may go now
