"""SQL of beginnings: rows of `log.runs` and, for runs with several attempts, of `log.attempts`.

    no row ──► running (attempt n) ──► retrying ──► running (attempt n+1) ──► final, for ever
        └────────────────┴────────────────┴────────────────────┴─────────────►

A message may come twice, late, or before an earlier one; the `WHERE` of the upsert lets a row move
along these arrows only. How attempts end is written by `log.record_ends`, which also counts. All
writers lock rows of `runs` in order of run_id and those of `attempts` last, so they cannot wait for
each other in a circle.

The only attempt of a run has no row of its own: the row of the run says all (`log.api_attempts`
shows both). The first one gets its own when it ends and is to be followed, or when a later one is
heard of.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from services.log_writer.store.text import storable
from shared.contracts.runs import RunStarted
from shared.db.pool import Pool

# An executor begins nothing without a lease. Whatever neither a lease nor a final row bears out was
# said by somebody else.
_BEGUN = """
SELECT said.place
FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS said (run_id, attempt, place)
WHERE EXISTS (SELECT FROM executor.log_writer_leases l
              WHERE l.run_id = said.run_id AND l.attempt >= said.attempt OFFSET 0)
"""

_STARTED = """
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
        claimed_at = NULL,
        started_at = excluded.started_at,
        error_message = NULL,
        execution_data = NULL,
        executor = excluded.executor,
        recorded_at = excluded.recorded_at
    WHERE NOT known.final AND excluded.attempt > known.attempt
    RETURNING task_id
), earlier AS (  -- the attempt that the run's row tells of before a later one takes its place
    INSERT INTO log.attempts (run_id, attempt, status, started_at, executor)
    SELECT DISTINCT known.run_id, known.attempt, known.status, known.started_at, known.executor
    FROM new JOIN log.runs known USING (run_id)
    WHERE new.attempt > 1 AND known.attempt < new.attempt AND known.status = 'running'
      AND NOT EXISTS (SELECT FROM new n WHERE n.run_id = known.run_id AND n.attempt = known.attempt)
    ON CONFLICT DO NOTHING
), begun AS (
    INSERT INTO log.attempts (run_id, attempt, status, started_at, executor)
    SELECT DISTINCT ON (run_id, attempt) run_id, attempt, 'running', started_at, executor
    FROM (SELECT *, max(attempt) OVER (PARTITION BY run_id) AS latest FROM new) new
    WHERE latest > 1 OR EXISTS (
        SELECT FROM log.runs known WHERE known.run_id = new.run_id AND known.attempt > new.attempt)
    ORDER BY run_id, attempt
    ON CONFLICT DO NOTHING
)
SELECT DISTINCT task_id FROM written
"""


class RunStore:
    """The tables `log.runs` and `log.attempts`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begun(self, runs: Sequence[RunStarted]) -> set[int]:
        """Return the places of those that have begun, as far as leases and log tell."""
        rows = await self._pool.fetch(
            _BEGUN, [run.run_id for run in runs], [run.attempt for run in runs]
        )
        return {row["place"] - 1 for row in rows}

    async def write_started(self, runs: Sequence[RunStarted]) -> list[UUID]:
        """Note that runs began; return the tasks for which this was news."""
        if not runs:
            return []
        rows = await self._pool.fetch(
            _STARTED,
            [run.run_id for run in runs],
            [run.task_id for run in runs],
            [run.attempt for run in runs],
            [storable(run.trigger) for run in runs],
            [run.scheduled_for for run in runs],
            [run.started_at for run in runs],
            [storable(run.executor) for run in runs],
        )
        return [row["task_id"] for row in rows]
