"""Schedules that nobody fires: each from the first missing fire until it goes on."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.log_writer.watchdog import Silence
from shared.db.pool import Connection


async def open_of(connection: Connection, tasks: Sequence[UUID]) -> list[Silence]:
    """Return the silences of *tasks* that are not over."""
    rows = await connection.fetch(
        "SELECT run_id, task_id, since, last, fires FROM log.silences"
        " WHERE closed_at IS NULL AND task_id = ANY($1::uuid[])",
        tasks,
    )
    return [Silence(*row.values()) for row in rows]


async def begin(connection: Connection, silences: Sequence[Silence]) -> None:
    """Write down silences that were just noticed."""
    await connection.executemany(
        "INSERT INTO log.silences (run_id, task_id, since, last, fires)"
        " VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
        silences,
    )


async def go_on(connection: Connection, silences: Sequence[Silence]) -> None:
    """Count further fires that are missing."""
    await connection.executemany(
        "UPDATE log.silences SET last = greatest(last, $2), fires = fires + $3"
        " WHERE task_id = $1 AND closed_at IS NULL",
        [(each.task_id, each.last, each.fires) for each in silences],
    )


async def end(connection: Connection, silences: Sequence[Silence]) -> set[UUID]:
    """Close those of *silences* whose schedule is in the ledger again; return their tasks."""
    rows = await connection.fetch(
        "UPDATE log.silences s SET closed_at = clock_timestamp(), fires_again = true"
        " WHERE s.run_id = ANY($1::uuid[]) AND s.closed_at IS NULL"
        "  AND EXISTS (SELECT FROM scheduler.log_writer_occurrences o"
        "   WHERE o.task_id = s.task_id AND o.scheduled_for >= s.since)"
        " RETURNING s.task_id",
        [each.run_id for each in silences],
    )
    return {row["task_id"] for row in rows}


async def let_go(connection: Connection) -> None:
    """Close the silences of tasks that were changed since, or need not fire any more."""
    await connection.execute(
        "UPDATE log.silences s SET closed_at = clock_timestamp()"
        " WHERE s.closed_at IS NULL AND NOT EXISTS (SELECT FROM api.log_writer_tasks t"
        "  WHERE t.id = s.task_id AND t.updated_at <= s.raised_at)"
    )
