"""Rows that the scheduler and the executors would write: what the API reads through views."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID, uuid4

from tests.integration.api.client import Api


async def add_run(
    api: Api,
    task_id: str,
    *,
    queue: str = "default",
    held: bool = False,
    waits_for: str | None = None,
    settled: bool = False,
    late: timedelta = timedelta(0),
) -> UUID:
    """Write a run that fired *late* ago and waits."""
    run_id = uuid4()
    await api.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment,"
        " due_at, outcome, version, queue, priority, settled, held, waits_for) VALUES"
        " ($1, $2, 'manual', now(), $1::uuid::text, now() - $3::interval, 'fired', 1, $4, 3,"
        " $5, $6, $7)",
        run_id,
        UUID(task_id),
        late,
        queue,
        settled,
        held,
        waits_for,
    )
    return run_id


async def add_lease(api: Api, run_id: UUID, task_id: str, *, outcome: str | None = None) -> None:
    """Let an executor have a run, or have had it (*outcome*) for an attempt that is followed."""
    await api.pool.execute(
        "INSERT INTO executor.leases (run_id, task_id, attempt, executor_id, lease_until, outcome)"
        " VALUES ($1, $2, 1, $3, now() + interval '1 minute', $4)",
        run_id,
        UUID(task_id),
        uuid4(),
        outcome,
    )


async def add_executor(
    api: Api,
    *queues: str,
    silent: timedelta = timedelta(0),
    draining: bool = False,
) -> None:
    """Let an executor be seen that takes these queues."""
    await api.pool.execute(
        "INSERT INTO executor.executors (executor_id, instance, host, slots, actions, queues,"
        " seen_at, draining) VALUES ($1, 'e', 'h', 4, '{greet}', $2, now() - $3::interval, $4)",
        uuid4(),
        list(queues),
        silent,
        draining,
    )
