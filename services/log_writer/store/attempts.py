"""One row per attempt, beside the one per run: parts of the statements of `runs.py`.

    no row ──► running ──► how it ended, for ever
        └─────────────────►

They run in the same statement as the row of the run, and there as the last: nothing reads what they
return, so PostgreSQL runs them to their end once the rest is through. So all writers lock rows of
`attempts` after those of the other tables, in order of run and attempt.
"""

from __future__ import annotations

#: Of records `new`, as `runs.STARTED` has them.
STARTED = """
    INSERT INTO log.attempts (run_id, attempt, status, started_at, executor)
    SELECT DISTINCT ON (run_id, attempt) run_id, attempt, 'running', started_at, executor
    FROM new ORDER BY run_id, attempt
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
    FROM new ORDER BY run_id, attempt, place
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
