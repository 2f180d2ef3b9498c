"""Seals the rows of the audit list, a moment after they were committed.

One replica at a time, by the lock of the chain's row; the others find it taken and rest. A batch is
one transaction: seals, the end of the chain, and what is left to be sealed change together or not
at all, so a sealer may be killed at any line.

Not in the transaction of the change itself: everybody who changes anything would wait there for
everybody else, until the commit is on the disk.
"""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from services.api.access.audit_chain import Mark, link
from services.api.access.audit_view import view
from services.api.store import audit_chain as store
from services.api.store.database import Database

BATCH = 500
REST = timedelta(seconds=1)
#: How often the end of the chain is said in the log: evidence that lies outside the database.
SAID_EVERY = 60.0  # seconds

log = logging.getLogger(__name__)


class Sealer:
    """One step: a batch; straight on if there is more."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._said_at = 0.0

    async def step(self) -> timedelta:
        """Seal one batch."""
        async with self._database.transaction() as connection:
            head = await store.lock(connection)
            if head is None:
                return REST
            rows = await store.unsealed(connection, BATCH)
            if not rows:
                return REST
            seals = []
            for row in rows:
                head = Mark(head.seal + 1, link(head.hash, view(row)))
                seals.append((head.seal, row.id, head.hash))
            await store.add(connection, seals, [row.id for row in rows])
        self._say(head)
        return timedelta(0) if len(rows) == BATCH else REST

    def _say(self, head: Mark) -> None:
        now = time.monotonic()
        if self._said_at == 0.0 or now - self._said_at >= SAID_EVERY:
            self._said_at = now
            log.info("audit list sealed up to %s", head, extra={"audit_head": str(head)})
