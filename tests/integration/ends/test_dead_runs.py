"""Which runs are listed as dead: those that ended for good, and somebody may have to see to."""

from __future__ import annotations

from uuid import UUID, uuid4

from shared.contracts.runs import RunStatus
from shared.db.pool import Pool
from tests.integration.ends.builders import NOON, Executor, ended
from tests.support.cases import table
from tests.support.swept import Swept

TASK = UUID(int=5)


async def job(pool: Pool, policy: str) -> None:
    await pool.execute(
        "INSERT INTO scheduler.jobs (task_id, version, enabled, name, action, action_config,"
        " timeout_seconds, queue, priority, changed_at, policy)"
        " VALUES ($1, 1, true, 'a task', 'greet', '{}', 60, 'default', 3, now(), $2)",
        TASK,
        policy,
    )


@table(
    ("policy", "status", "attempt", "is_dead"),
    [
        ('{"retry": {}}', RunStatus.FAILURE, 1, True),
        ('{"retry": {}}', RunStatus.TIMED_OUT, 3, True),
        ('{"retry": {}}', RunStatus.SUCCESS, 3, False),
        ('{"retry": {}}', RunStatus.CANCELLED, 1, False),
        ("{}", RunStatus.FAILURE, 1, False),
        ("{}", RunStatus.TIMED_OUT, 1, False),
        ("{}", RunStatus.FAILURE, 2, True),
        ("{}", RunStatus.NEEDS_OPERATOR, 1, True),
    ],
)
async def test_who_is_dead(
    executor: Executor,
    kept_database: Swept,
    policy: str,
    status: RunStatus,
    attempt: int,
    *,
    is_dead: bool,
) -> None:
    await kept_database.empty()
    await job(executor.owner, policy)

    stored = await executor.store(ended(uuid4(), TASK, status, attempt=attempt))

    assert stored.dead == is_dead
    assert await executor.owner.fetchval("SELECT count(*) FROM log.dead_runs") == is_dead


async def test_a_dead_run_is_listed_once_with_what_is_known_of_it(
    executor: Executor, pool: Pool
) -> None:
    await job(pool, "{}")
    run_id = uuid4()
    dead = ended(run_id, TASK, RunStatus.NEEDS_OPERATOR, attempt=2, error_message="log in")
    good = ended(uuid4(), TASK)

    assert [(await executor.store(dead, good)).dead, (await executor.store(dead)).dead] == [1, 0]

    (row,) = await pool.fetch("SELECT * FROM log.api_dead_runs")
    assert (row["run_id"], row["task_id"], row["task_name"]) == (run_id, TASK, "a task")
    assert (row["status"], row["attempt"], row["error_message"]) == ("needs_operator", 2, "log in")
    assert (row["scheduled_for"], row["died_at"]) == (NOON, dead.completed_at)


async def test_a_task_that_is_not_known_yet_has_dead_runs_as_well(
    executor: Executor, pool: Pool
) -> None:
    assert (await executor.store(ended(uuid4(), TASK, RunStatus.NEEDS_OPERATOR))).dead == 1
    assert await pool.fetchval("SELECT task_name FROM log.dead_runs") is None


async def test_an_attempt_that_is_followed_by_another_is_not_the_end(
    executor: Executor, pool: Pool
) -> None:
    await job(pool, '{"retry": {}}')

    stored = await executor.store(ended(uuid4(), TASK, RunStatus.FAILURE, retry_at=NOON))

    assert stored.dead == 0
    assert await pool.fetchval("SELECT count(*) FROM log.dead_runs") == 0
