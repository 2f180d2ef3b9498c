"""SQL of the executors table: who is there; and whether an operator wants nothing given to it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.db.pool import Pool


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """What an executor says of itself once, at its start."""

    instance: str
    host: str
    version: str
    slots: int
    actions: tuple[str, ...]
    queues: tuple[str, ...]
    labels: Mapping[str, str]


class PresenceStore:
    """The row of one executor."""

    def __init__(self, pool: Pool, executor_id: UUID) -> None:
        self._pool = pool
        self._executor_id = executor_id

    async def report(
        self,
        presence: Presence,
        *,
        running: int,
        draining: bool,
        cordoned: bool,
        clock_offset: float | None,
    ) -> None:
        """Say that this executor is alive, and how busy."""
        await self._pool.execute(
            "INSERT INTO executor.executors"
            " (executor_id, instance, host, version, slots, actions, queues, labels, running,"
            "  draining, cordoned, clock_offset)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
            " ON CONFLICT (executor_id) DO UPDATE SET seen_at = clock_timestamp(),"
            " slots = excluded.slots, running = excluded.running, draining = excluded.draining,"
            " cordoned = excluded.cordoned, clock_offset = excluded.clock_offset",
            self._executor_id,
            presence.instance,
            presence.host,
            presence.version,
            presence.slots,
            presence.actions,
            presence.queues,
            json.dumps(dict(presence.labels)),
            running,
            draining,
            cordoned,
            clock_offset,
        )

    async def is_cordoned(self) -> bool:
        """Return whether an operator wants this executor to take nothing."""
        found: bool = await self._pool.fetchval(
            "SELECT EXISTS (SELECT FROM api.executor_drains WHERE executor_id = $1)",
            self._executor_id,
        )
        return found

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
