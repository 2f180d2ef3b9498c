"""Tasks with policies, runs of theirs that wait or run, and queues with limits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.executor.report import AttemptEnd
from services.executor.store.leases import LeaseStore
from shared.contracts.runs import RunRequest, RunStatus
from shared.contracts.tasks import TaskChanged
from shared.db.pool import Record
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import HOUR, LEASE, NOON, SECOND, Desk, changed, request


async def task(desk: Desk, schedule: dict[str, Any] | None = None, **policy: Any) -> UUID:  # noqa: ANN401 - JSON
    """Make a task with a policy."""
    event = changed(
        uuid4(),
        1,
        utc_now() - 5 * SECOND,
        schedule,
        policy=policy,
        action_config={"account": {"id": 7}},
    )
    await desk.applier.tasks_changed([event])
    return event.task_id


async def ask(desk: Desk, task_id: UUID, count: int = 1, **fields: Any) -> list[UUID]:  # noqa: ANN401 - JSON
    """Ask for runs by hand, one after the other; return them."""
    requests: list[RunRequest] = []
    for number in range(count):
        at = utc_now() - (count - number) * timedelta(milliseconds=1)
        requests.append(request(task_id, requested_at=at, **fields))
        await desk.applier.runs_requested(requests[-1:])
    return [each.run_id for each in requests]


async def begin(desk: Desk, run_id: UUID, attempt: int = 1) -> None:
    """Have an executor claim a run, whatever is before it in the line."""
    run = await desk.claim(run_id)
    assert run
    assert run.attempt == attempt


def result(
    run_id: UUID,
    status: RunStatus = RunStatus.SUCCESS,
    *,
    task_id: UUID | None = None,
    attempt: int = 1,
    retry_at: datetime | None = None,
) -> AttemptEnd:
    """Return how an attempt ended."""
    return AttemptEnd(
        run_id=run_id,
        task_id=task_id or uuid4(),
        attempt=attempt,
        trigger="manual",
        scheduled_for=NOON,
        claimed_at=NOON,
        started_at=NOON,
        executor="executor-1",
        status=status,
        completed_at=NOON,
        result=None,
        error_message=None,
        execution_data="{}",
        retry_at=retry_at,
    )


async def end(desk: Desk, run_id: UUID, status: RunStatus = RunStatus.SUCCESS) -> None:
    """End a run that was begun, as its executor does."""
    await _store(desk, run_id, status, None)


async def put_off(desk: Desk, run_id: UUID, status: RunStatus = RunStatus.FAILURE) -> None:
    """End an attempt that is to be followed by another in an hour."""
    await _store(desk, run_id, status, utc_now() + HOUR)


async def _store(desk: Desk, run_id: UUID, status: RunStatus, retry_at: datetime | None) -> None:
    lease = await desk.pool.fetchrow(
        "SELECT task_id, attempt, executor_id FROM executor.leases WHERE run_id = $1", run_id
    )
    assert lease
    task_id, attempt, executor_id = lease
    over = result(run_id, status, task_id=task_id, attempt=attempt, retry_at=retry_at)
    stored = await LeaseStore(desk.executors, executor_id, LEASE).store([over])
    assert stored.attempts == {(run_id, attempt)}


async def queue(desk: Desk, name: str = "default", **rule: Any) -> None:  # noqa: ANN401 - columns
    """Lay down something for a queue."""
    await desk.pool.execute(
        "INSERT INTO api.queues"
        " (name, paused, concurrency, rate_limit, rate_period_seconds, max_depth)"
        " VALUES ($1, $2, $3, $4, $5, $6)",
        name,
        rule.get("paused", False),
        rule.get("concurrency"),
        rule.get("rate_limit"),
        rule.get("rate_period_seconds"),
        rule.get("max_depth"),
    )


async def states(desk: Desk, run_ids: list[UUID]) -> list[str]:
    """Return where each run stands: what it waits for, `ordered`, or its outcome."""

    def state(row: Record) -> str:
        if row["outcome"] != "fired":
            return str(row["outcome"])
        return row["waits_for"] or "?" if row["held"] else "ordered"

    return [state(await desk.row(each)) for each in run_ids]


async def fires(desk: Desk, event: TaskChanged) -> list[Record]:
    """Make a task whose fires are due already; return their rows."""
    await desk.applier.tasks_changed([event])
    await desk.catch_up()
    return await desk.rows(event.task_id)
