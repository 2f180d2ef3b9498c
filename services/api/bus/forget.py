"""Forgets what was kept for some days only.

Answers for `Idempotency-Key`, which events were taken, which triggered tasks have changed.
"""

from __future__ import annotations

from datetime import timedelta

from services.api.store import events, idempotency, trigger_changes
from services.api.store.database import Database

BATCH = 1_000
REST = timedelta(minutes=10)


class Forgetter:
    """One step: a batch; straight on if there is more."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def step(self) -> timedelta:
        """Remove one batch."""
        async with self._database.connection() as connection:
            kept = (idempotency, events, trigger_changes)
            removed = [await each.forget(connection, BATCH) for each in kept]
        return timedelta(0) if BATCH in removed else REST
