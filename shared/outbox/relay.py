"""The outbox relay: publishes what was committed, and forgets it once JetStream has it.

The rows stay locked while they are published, so two relays never publish one row at the same time;
a relay that dies releases them, and the message id makes the second try a no-op. Per key, the next
message is sent only after the one before it was acknowledged: sent together, a lost first and a
stored second would leave the older state as the newest message.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import timedelta

from shared.bus.publisher import Publisher
from shared.db.pool import Pool
from shared.outbox.store import OutboxRow, OutboxStore

BATCH = 500
#: The relay is woken after each commit; this is for what another replica committed and lost.
REST = timedelta(seconds=1)
#: Shorter than the time after which the server ends an idle transaction (see `open_pool`).
PUBLISH_SECONDS = 1.5

log = logging.getLogger(__name__)


def next_of_each_key(rows: Sequence[OutboxRow]) -> list[OutboxRow]:
    """Return the oldest row of every key: those that may be published side by side."""
    first: dict[str, OutboxRow] = {}
    for row in rows:
        first.setdefault(row.key, row)
    return list(first.values())


class Relay:
    """One step: take a batch, publish it wave by wave, delete what was acknowledged."""

    def __init__(self, pool: Pool, publisher: Publisher, store: OutboxStore) -> None:
        self._pool = pool
        self._publisher = publisher
        self._store = store

    async def step(self) -> timedelta:
        """Publish one batch; come straight back if there is more."""
        async with self._pool.acquire() as connection, connection.transaction():
            rows = await self._store.take(connection, BATCH)
            wave = next_of_each_key(rows)
            if not wave:
                return REST
            unknown = set(
                await self._publisher.publish(
                    [row.message for row in wave], timeout=PUBLISH_SECONDS
                )
            )
            done = [row.id for index, row in enumerate(wave) if index not in unknown]
            await self._store.delete(connection, done)
        if unknown:
            log.warning("outbox: %d of %d messages not acknowledged", len(unknown), len(wave))
            return timedelta(seconds=0.2)
        return timedelta(0) if len(rows) > len(wave) or len(rows) == BATCH else REST
