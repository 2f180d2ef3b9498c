"""One row per attempt of runs that had several: parts of the statements of `runs.py`.

    no row ──► running ──► how it ended, for ever
        └─────────────────►

The only attempt of a run has none: the row of the run says all (`log.api_attempts` shows both). The
first one gets its own when it ends and is to be followed, or when a later one is heard of.

They run in the same statement as the row of the run, and there as the last: nothing reads what they
return, so PostgreSQL runs them to their end once the rest is through. So all writers lock rows of
`attempts` after those of the other tables, in order of run and attempt.
"""

from __future__ import annotations

#: Of records `new`, as `runs.STARTED` has them.
STARTED = """
    INSERT INTO log.attempts (run_id, attempt, status, started_at, executor)
    SELECT DISTINCT ON (run_id, attempt) run_id, attempt, 'running', started_at, executor
    FROM (SELECT *, max(attempt) OVER (PARTITION BY run_id) AS latest FROM new) new
    WHERE latest > 1 OR EXISTS (
        SELECT FROM log.runs known WHERE known.run_id = new.run_id AND known.attempt > new.attempt)
    ORDER BY run_id, attempt
    ON CONFLICT DO NOTHING
"""

#: Of records `new` of either kind: the attempt that the run's row tells of before a later one
#: takes its place, if nobody said how it ended.
EARLIER = """
    INSERT INTO log.attempts (run_id, attempt, status, started_at, executor)
    SELECT DISTINCT known.run_id, known.attempt, known.status, known.started_at, known.executor
    FROM new JOIN log.runs known USING (run_id)
    WHERE new.attempt > 1 AND known.attempt < new.attempt AND known.status = 'running'
      AND NOT EXISTS (SELECT FROM new n WHERE n.run_id = known.run_id AND n.attempt = known.attempt)
    ON CONFLICT DO NOTHING
"""

#: Of records `new`, as `runs.FINISHED` has them. An attempt that ended without an end of its own
#: asked to be called again.
FINISHED = """
    INSERT INTO log.attempts AS known
        (run_id, attempt, status, started_at, completed_at, error_message, result, executor,
         retry_at)
    SELECT DISTINCT ON (run_id, attempt)
        run_id, attempt, CASE WHEN status = 'running' THEN 'snoozed' ELSE status END, started_at,
        completed_at, error_message, result, executor, retry_at
    FROM new WHERE attempt > 1 OR retry_at IS NOT NULL ORDER BY run_id, attempt, place
    ON CONFLICT (run_id, attempt) DO UPDATE SET
        status = excluded.status,
        started_at = excluded.started_at,
        completed_at = excluded.completed_at,
        error_message = excluded.error_message,
        result = excluded.result,
        executor = excluded.executor,
        retry_at = excluded.retry_at
    WHERE known.completed_at IS NULL
"""
