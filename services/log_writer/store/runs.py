"""One row per run, and the statistics of each task, which are counted with it.

    no row ──► running (attempt n) ──► retrying ──► running (attempt n+1) ──► final, for ever
        └────────────────┴────────────────┴────────────────────┴─────────────►

A message may come twice, late, or before an earlier one; the `WHERE` of each upsert lets a row move
along these arrows only, and `RETURNING` names exactly the rows that moved: a run is counted in the
statement that makes it final, hence once. What is said of an attempt after a later one was heard of
only touches the attempt's own row (`attempts.py`).

One statement is one transaction. All writers lock rows of `runs` in order of run_id, then those of
`task_statistics` in order of task_id, those of `tallies.py` in the order of their keys, and last
those of `attempts`, so they cannot wait for each other in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from uuid import UUID

from pydantic_core import to_json

from services.log_writer.store import attempts, tallies
from services.log_writer.store.text import storable
from shared.contracts.runs import RunFinished, RunStarted
from shared.db.pool import Pool

STARTED = f"""
WITH new AS MATERIALIZED (
    SELECT * FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::timestamptz[],
                         $6::timestamptz[], $7::text[])
        AS new (run_id, task_id, attempt, trigger, scheduled_for, started_at, executor)
), written AS (
    INSERT INTO log.runs AS known
        (run_id, task_id, trigger, status, final, attempt, scheduled_for, started_at, executor)
    SELECT DISTINCT ON (run_id)
        run_id, task_id, trigger, 'running', false, attempt, scheduled_for, started_at, executor
    FROM new
    ORDER BY run_id, attempt DESC
    ON CONFLICT (run_id) DO UPDATE SET
        task_id = excluded.task_id,
        trigger = excluded.trigger,
        status = excluded.status,
        attempt = excluded.attempt,
        scheduled_for = excluded.scheduled_for,
        started_at = excluded.started_at,
        error_message = NULL,
        execution_data = NULL,
        executor = excluded.executor,
        recorded_at = excluded.recorded_at
    WHERE NOT known.final AND excluded.attempt > known.attempt
    RETURNING task_id
), earlier AS ({attempts.EARLIER}
), begun AS ({attempts.STARTED})
SELECT DISTINCT task_id FROM written
"""  # noqa: S608 - our own words

# Of several words about a run in one batch the final one counts, or else that on the latest
# attempt. `last_run_at` and `last_result` are of the run that started last; where two started in
# the same instant the greater text wins, so that the order of arrival never shows.
FINISHED = f"""
WITH new AS MATERIALIZED (
    SELECT *, retry_at IS NULL AS final
    FROM unnest($1::uuid[], $2::uuid[], $3::integer[], $4::text[], $5::timestamptz[],
                $6::timestamptz[], $7::text[], $8::text[], $9::timestamptz[], $10::text[],
                $11::text[], $12::text[], $13::timestamptz[]) WITH ORDINALITY
        AS new (run_id, task_id, attempt, trigger, scheduled_for, started_at, executor, status,
                completed_at, result, error_message, execution_data, retry_at, place)
), written AS (
    INSERT INTO log.runs AS known
        (run_id, task_id, trigger, status, final, attempt, scheduled_for, started_at, completed_at,
         duration_seconds, result, error_message, execution_data, executor)
    SELECT DISTINCT ON (run_id)
        run_id, task_id, trigger, CASE WHEN final THEN status ELSE 'retrying' END, final, attempt,
        scheduled_for, started_at, CASE WHEN final THEN completed_at END,
        CASE WHEN final THEN greatest(0, extract(epoch FROM completed_at - started_at)) END,
        CASE WHEN final THEN result END, error_message, execution_data, executor
    FROM new
    ORDER BY run_id, final DESC, CASE WHEN final THEN place ELSE -attempt END
    ON CONFLICT (run_id) DO UPDATE SET
        task_id = excluded.task_id,
        trigger = excluded.trigger,
        status = excluded.status,
        final = excluded.final,
        attempt = excluded.attempt,
        scheduled_for = excluded.scheduled_for,
        started_at = excluded.started_at,
        completed_at = excluded.completed_at,
        duration_seconds = excluded.duration_seconds,
        result = excluded.result,
        error_message = excluded.error_message,
        execution_data = excluded.execution_data,
        executor = excluded.executor,
        recorded_at = excluded.recorded_at
    WHERE NOT known.final
      AND (excluded.final OR excluded.attempt > known.attempt
           OR excluded.attempt = known.attempt AND known.status = 'running')
    RETURNING task_id, run_id, status, final, started_at, completed_at,
        left(split_part(coalesce(result, error_message, status), E'\\n', 1), 500) AS line
), sums AS (
    SELECT task_id,
        count(*) AS runs,
        count(*) FILTER (WHERE status = 'success') AS successes,
        count(*) FILTER (WHERE status NOT IN ('success', 'cancelled')) AS failures,
        max(started_at) AS last_run_at,
        (array_agg(line ORDER BY started_at DESC, line DESC))[1] AS last_result
    FROM written
    WHERE final
    GROUP BY task_id
), counted AS (
    INSERT INTO log.task_statistics AS sum
        (task_id, run_count, success_count, failure_count, last_run_at, last_result)
    SELECT task_id, runs, successes, failures, last_run_at, last_result FROM sums
    ORDER BY task_id
    ON CONFLICT (task_id) DO UPDATE SET
        run_count = sum.run_count + excluded.run_count,
        success_count = sum.success_count + excluded.success_count,
        failure_count = sum.failure_count + excluded.failure_count,
        last_run_at = greatest(sum.last_run_at, excluded.last_run_at),
        last_result = CASE
            WHEN (excluded.last_run_at, excluded.last_result) > (sum.last_run_at, sum.last_result)
            THEN excluded.last_result ELSE sum.last_result END
), tallied AS ({tallies.TALLIED}
), judged AS ({tallies.HEALTH}
), earlier AS ({attempts.EARLIER}
), ended AS ({attempts.FINISHED})
SELECT DISTINCT task_id FROM written
"""  # noqa: S608 - our own words


class RunStore:
    """The tables `log.runs` and `log.task_statistics`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def write_started(self, runs: Sequence[RunStarted]) -> list[UUID]:
        """Note that runs began; return the tasks for which this was news."""
        rows = [_started(run) for run in runs]
        return await self._write(STARTED, rows)

    async def write_finished(self, runs: Sequence[RunFinished]) -> list[UUID]:
        """Note how runs ended and count them; return the tasks for which this was news.

        Raises:
            ValueError: a run cannot have ended in that way.
        """
        rows = [_finished(run) for run in runs]
        return await self._write(FINISHED, rows)

    async def ping(self) -> None:
        """Raise if the database does not answer."""
        await self._pool.fetchval("SELECT 1")

    async def _write(self, statement: str, rows: Sequence[Iterable[object]]) -> list[UUID]:
        if not rows:
            return []
        columns = list(zip(*rows, strict=True))
        return [row["task_id"] for row in await self._pool.fetch(statement, *columns)]


def _started(run: RunStarted) -> tuple[object, ...]:
    return (
        run.run_id,
        run.task_id,
        run.attempt,
        storable(run.trigger),
        run.scheduled_for,
        run.started_at,
        storable(run.executor),
    )


def _finished(run: RunFinished) -> tuple[object, ...]:
    if not run.status.is_final and run.retry_at is None:
        raise ValueError(run.status)
    return (
        *_started(run),
        run.status.value,
        run.completed_at,
        storable(run.result),
        storable(run.error_message),
        to_json(run.execution_data, inf_nan_mode="null").decode(),
        run.retry_at,
    )
