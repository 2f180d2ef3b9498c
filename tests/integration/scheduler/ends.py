"""Tasks that depend on others, and ends of their runs as schedulers take them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from services.scheduler.dependencies import Dependants
from services.scheduler.job import Entry
from services.scheduler.store.run_ends import Ended
from shared.contracts.policy import DependsOn, TaskPolicy
from shared.domain.dependency import Rule
from tests.integration.scheduler.desk import MINUTE, NOON, Desk, changed

FIRED = ("fired", None)
LOST = ("upstream_failed", "dependency.upstream_failed")
NOT_MET = ("skipped_condition", "dependency.not_met")
DISABLED = ("skipped_paused", "dependency.disabled")


async def task(desk: Desk, *dependent: UUID, task_id: UUID | None = None, **fields: Any) -> UUID:  # noqa: ANN401 - whatever the contract takes
    """Make a task that starts *dependent* ones."""
    task_id = task_id or uuid4()
    event = changed(task_id, 1, NOON, dependent_tasks=dependent, **fields)
    await desk.applier.tasks_changed([event])
    return task_id


def needs(*tasks: UUID, rule: Rule = Rule.ALL_SUCCESS, window: int = 86_400) -> TaskPolicy:
    return TaskPolicy(depends_on=DependsOn(tasks=tasks, rule=rule, window_seconds=window))


def end(task_id: UUID, status: str = "success", minute: int = 0, **fields: Any) -> Ended:  # noqa: ANN401 - as above
    """Return the end of a run of a task."""
    values = {"run_id": uuid4(), "ended_at": NOON + minute * MINUTE, "origin": None, **fields}
    return Ended(task_id=task_id, status=status, **values)


async def hear(desk: Desk, *ended: Ended) -> list[Entry]:
    """Do as the closer does."""
    dependants = Dependants(desk.jobs, desk.entrance)
    async with desk.pool.acquire() as connection, connection.transaction():
        return await dependants.enter(connection, ended)


async def at_once(desk: Desk, *batches: Sequence[Ended]) -> None:
    """Let several schedulers follow ends at the same time, each in its own transaction."""
    gate = asyncio.Barrier(len(batches))
    dependants = Dependants(desk.jobs, desk.entrance)

    async def notice(ended: Sequence[Ended]) -> None:
        async with desk.pool.acquire() as connection, connection.transaction():
            await connection.fetchval("SELECT 1")
            await gate.wait()
            await dependants.enter(connection, ended)

    await asyncio.gather(*map(notice, batches))


async def outcomes(desk: Desk, task_id: UUID) -> list[tuple[str, str | None]]:
    return [(row["outcome"], row["reason"]) for row in await desk.rows(task_id)]
