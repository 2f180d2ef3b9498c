"""What was decided: facts that were judged, incidents, and the deliveries that follow from them.

All of it is written in one transaction, which holds the rows of the tasks concerned in
`notify.series`, taken in order of their ids: notifiers wait for each other, never in a circle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from uuid import UUID

from services.notifier.facts import Incident
from shared.db.pool import Connection, Pool, Record

_INCIDENT_FIELDS = (
    "id, task_id, class, opened_at, updated_at, count, first_run_id, last_run_id, last_error,"
    " told_at, closed_at, closed_by"
)


class Judgement:
    """One transaction in which facts of some tasks are judged."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hold(self, tasks: Sequence[UUID]) -> dict[UUID, datetime | None]:
        """Keep others from deciding about *tasks*; return when the last known end of each was."""
        await self._connection.execute(
            "INSERT INTO notify.series (task_id)"
            " SELECT id FROM unnest($1::uuid[]) AS t (id) ORDER BY id ON CONFLICT DO NOTHING",
            tasks,
        )
        rows = await self._connection.fetch(
            "SELECT task_id, last_at FROM notify.series WHERE task_id = ANY($1::uuid[])"
            " ORDER BY task_id FOR UPDATE",
            tasks,
        )
        return {row["task_id"]: row["last_at"] for row in rows}

    async def mark(self, keys: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        """Mark facts as judged; return those that were not yet."""
        rows = await self._connection.fetch(
            "INSERT INTO notify.judged (run_id, kind)"
            " SELECT run_id, kind FROM unnest($1::uuid[], $2::text[]) AS f (run_id, kind)"
            " ORDER BY run_id, kind ON CONFLICT DO NOTHING RETURNING run_id, kind",
            [key[0] for key in keys],
            [key[1] for key in keys],
        )
        return {(row["run_id"], row["kind"]) for row in rows}

    async def incidents(self, tasks: Sequence[UUID]) -> list[Incident]:
        """Return the open incidents of *tasks*."""
        rows = await self._connection.fetch(
            f"SELECT {_INCIDENT_FIELDS} FROM notify.incidents"  # noqa: S608 - our own column list
            " WHERE task_id = ANY($1::uuid[]) AND closed_at IS NULL ORDER BY opened_at, id",
            tasks,
        )
        return [_incident(row) for row in rows]

    async def keep(self, incidents: Sequence[Incident]) -> None:
        """Store incidents as they are now."""
        await self._connection.executemany(
            f"INSERT INTO notify.incidents ({_INCIDENT_FIELDS})"  # noqa: S608 - our own column list
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
            " ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at,"
            "  count = excluded.count, last_run_id = excluded.last_run_id,"
            "  last_error = excluded.last_error, told_at = excluded.told_at,"
            "  closed_at = excluded.closed_at, closed_by = excluded.closed_by",
            [
                (
                    each.id,
                    each.task_id,
                    each.failure_class,
                    each.opened_at,
                    each.updated_at,
                    each.count,
                    each.first_run_id,
                    each.last_run_id,
                    each.last_error,
                    each.told_at,
                    each.closed_at,
                    each.closed_by,
                )
                for each in incidents
            ],
        )

    async def note_ends(self, ends: Sequence[tuple[UUID, datetime]]) -> None:
        """Note when the last end of each task was."""
        await self._connection.executemany(
            "UPDATE notify.series SET last_at = greatest(last_at, $2) WHERE task_id = $1", ends
        )

    async def order(self, rows: Sequence[tuple[object, ...]]) -> int:
        """Add deliveries (id, run_id, task_id, event, channel, facts, incident_id)."""
        if not rows:
            return 0
        status = await self._connection.execute(
            "INSERT INTO notify.deliveries"
            " (id, run_id, task_id, event, channel, facts, incident_id)"
            " SELECT id, run_id, task_id, event, channel, facts::json, incident_id"
            " FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::text[],"
            "  $7::uuid[]) AS d (id, run_id, task_id, event, channel, facts, incident_id)"
            " ON CONFLICT (run_id, event, channel) DO NOTHING",
            *zip(*rows, strict=True),
        )
        return int(status.split()[-1])


class JudgementStore:
    """The tables `notify.judged`, `series`, `incidents` and what is added to `deliveries`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def judging(self) -> AsyncIterator[Judgement]:
        """Open a transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield Judgement(connection)

    async def prune(self) -> None:
        """Forget what nobody asks for any more."""
        # A message may come again for a day (`topology.RUNS`).
        await self._pool.execute(
            "DELETE FROM notify.judged WHERE judged_at < now() - interval '2 days'"
        )
        await self._pool.execute(
            "DELETE FROM notify.incidents WHERE closed_at < now() - interval '90 days'"
        )


def _incident(row: Record) -> Incident:
    return Incident(
        id=row["id"],
        task_id=row["task_id"],
        failure_class=row["class"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
        count=row["count"],
        first_run_id=row["first_run_id"],
        last_run_id=row["last_run_id"],
        last_error=row["last_error"],
        told_at=row["told_at"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
    )
