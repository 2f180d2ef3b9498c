"""Ends of attempts, stored as executors store them: with the lease."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.executor.report import AttemptEnd
from services.executor.store.leases import LeaseStore, Stored
from shared.contracts.runs import RunStatus
from shared.db.pool import Pool, Record

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def ended(
    run_id: UUID,
    task_id: UUID,
    status: RunStatus = RunStatus.SUCCESS,
    *,
    attempt: int = 1,
    at: datetime = NOON,
    **fields: Any,  # noqa: ANN401 - of `AttemptEnd`
) -> AttemptEnd:
    """Return the end of an attempt that was due at an instant, and took two seconds."""
    begun = at + timedelta(seconds=attempt)
    end = AttemptEnd(
        run_id=run_id,
        task_id=task_id,
        attempt=attempt,
        trigger="schedule",
        scheduled_for=at,
        claimed_at=begun,
        started_at=begun,
        executor=f"executor-{attempt}",
        status=status,
        completed_at=begun + timedelta(seconds=2),
        result="done",
        error_message=None,
        execution_data="{}",
        retry_at=None,
    )
    return end._replace(**fields)


@dataclass
class Executor:
    """One that has whatever lease it needs."""

    owner: Pool
    own: Pool
    """As executors come."""
    id: UUID = field(default_factory=uuid4)

    async def hold(self, *ends: AttemptEnd) -> None:
        """Have the leases of these attempts."""
        await self.owner.executemany(
            "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until)"
            " VALUES ($1, $2, $3, $4, now()) ON CONFLICT (run_id) DO UPDATE"
            " SET attempt = excluded.attempt, executor_id = excluded.executor_id, outcome = NULL",
            [(end.run_id, end.task_id, end.attempt, self.id) for end in ends],
        )

    async def store(self, *ends: AttemptEnd) -> Stored:
        """Store the ends of different runs, whose leases it has."""
        await self.hold(*ends)
        return await self.store_held(*ends)

    async def store_held(self, *ends: AttemptEnd) -> Stored:
        """Store those of them whose leases it has."""
        return await LeaseStore(self.own, self.id, timedelta(seconds=10)).store(ends)


async def record(pool: Pool, *ends: AttemptEnd) -> None:
    """Write ends of different runs into the log alone, whatever leases there are."""
    await pool.execute("SELECT log.record_ends($1::log.attempt_end[])", sorted(ends))


async def row_of(pool: Pool, run_id: UUID) -> Record:
    row = await pool.fetchrow("SELECT * FROM log.runs WHERE run_id = $1", run_id)
    assert row is not None
    return row


async def statistics_of(pool: Pool, task_id: UUID) -> tuple[int, int, int]:
    row = await pool.fetchrow(
        "SELECT run_count, success_count, failure_count FROM log.task_statistics"
        " WHERE task_id = $1",
        task_id,
    )
    return tuple(row) if row else (0, 0, 0)
