"""SQL of the executors table: who is there."""

from __future__ import annotations

import json
from collections.abc import Mapping
from uuid import UUID

from shared.db.pool import Pool


class PresenceStore:
    """The row of one executor."""

    def __init__(self, pool: Pool, executor_id: UUID) -> None:
        self._pool = pool
        self._executor_id = executor_id

    async def report(
        self,
        *,
        instance: str,
        host: str,
        slots: int,
        running: int,
        draining: bool,
        actions: list[str],
        queues: list[str],
        labels: Mapping[str, str],
    ) -> None:
        """Say that this executor is alive, and how busy."""
        await self._pool.execute(
            "INSERT INTO executor.executors"
            " (executor_id, instance, host, slots, running, draining, actions, queues, labels)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)"
            " ON CONFLICT (executor_id) DO UPDATE SET seen_at = clock_timestamp(),"
            " slots = excluded.slots, running = excluded.running, draining = excluded.draining",
            self._executor_id,
            instance,
            host,
            slots,
            running,
            draining,
            actions,
            queues,
            json.dumps(dict(labels)),
        )

    async def leave(self) -> None:
        """Say goodbye."""
        await self._pool.execute(
            "DELETE FROM executor.executors WHERE executor_id = $1", self._executor_id
        )

    async def forget_silent(self) -> None:
        """Delete rows of executors that were killed long ago."""
        await self._pool.execute(
            "DELETE FROM executor.executors WHERE seen_at < now() - interval '1 day'"
        )
