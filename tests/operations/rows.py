"""Rows as the services write them, put in by hand where a test needs old ones."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias
from uuid import UUID, uuid4

import asyncpg

TASK = UUID("00000000-0000-4000-8000-000000000001")

Connection: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_RUN = """
INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for, started_at,
                      completed_at, duration_seconds, result, executor, recorded_at)
VALUES ($1, $2, 'schedule', $3, $4, 1, $5, $5, $5, 0, 'done', 'executor-1', $5)
"""
_ATTEMPT = """
INSERT INTO log.attempts (run_id, attempt, status, started_at, completed_at, executor)
VALUES ($1, 1, $2, $3, $3, 'executor-1')
"""
_OCCURRENCE = """
INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment, due_at, outcome,
                                   version, queue, priority, settled, created_at)
VALUES ($1, $2, 'schedule', $3, gen_random_uuid()::text, $3, 'fired', 1, 'default', 5, $4, $3)
"""
_LEASE = """
INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until, outcome,
                             finished_at)
VALUES ($1, $2, 1, $1, $3, 'success', $3)
"""
_INCIDENT = """
INSERT INTO notify.incidents (id, task_id, class, opened_at, updated_at, count, first_run_id,
                              last_run_id, closed_at)
VALUES ($1, $1, 'failure', $2, $2, 1, $3, $3, $4)
"""
_DEAD = """
INSERT INTO log.dead_runs (run_id, task_id, trigger, status, attempt, scheduled_for, died_at,
                           executor)
VALUES ($1, $2, 'schedule', 'failure', 2, $3, $3, 'executor-1')
"""
_LINE = """
INSERT INTO log.lines (run_id, attempt, seq, at, level, text) VALUES ($1, 1, $2, $3, 'info', 'said')
"""


@dataclass(frozen=True, slots=True)
class Old:
    """Puts rows in that look as old as they are said to be."""

    connection: Connection
    now: datetime
    task_id: UUID = field(default=TASK)

    async def run(self, days: float, *, status: str = "success", final: bool = True) -> UUID:
        """Add an ended run, with its attempt, ledger row and one line."""
        run_id, at = uuid4(), self.now - timedelta(days=days)
        await self.connection.execute(_RUN, run_id, self.task_id, status, final, at)
        await self.connection.execute(_ATTEMPT, run_id, status, at)
        await self.connection.execute(_OCCURRENCE, run_id, self.task_id, at, final)
        await self.line(run_id, days)
        return run_id

    async def line(self, run_id: UUID, days: float, seq: int = 1) -> None:
        """Add a line of a run."""
        await self.connection.execute(_LINE, run_id, seq, self.now - timedelta(days=days))

    async def lease(self, run_id: UUID) -> None:
        """Let a run have its lease still."""
        await self.connection.execute(_LEASE, run_id, self.task_id, self.now)

    async def incident(self, run_id: UUID, *, is_open: bool) -> None:
        """Let a run have opened an incident."""
        closed = None if is_open else self.now
        await self.connection.execute(_INCIDENT, uuid4(), self.now, run_id, closed)

    async def dead(self, run_id: UUID, days: float, *, decided: bool) -> None:
        """Let a run be dead."""
        await self.connection.execute(_DEAD, run_id, self.task_id, self.now - timedelta(days=days))
        if decided:
            await self.connection.execute(
                "INSERT INTO api.dead_run_decisions (run_id, decision) VALUES ($1, 'discarded')",
                run_id,
            )

    async def runs(self) -> set[UUID]:
        """Return the runs that the log has."""
        return {row[0] for row in await self.connection.fetch("SELECT run_id FROM log.runs")}

    async def lines(self) -> set[UUID]:
        """Return the runs of which there are lines."""
        return {row[0] for row in await self.connection.fetch("SELECT run_id FROM log.lines")}
