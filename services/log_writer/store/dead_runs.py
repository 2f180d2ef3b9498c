"""Runs that ended for good without success, each once: what an operator may try anew or discard.

    needs_operator                    always
    failure, timed_out                if it was tried more than once, or would have been: its task
                                      is to be tried again, and trying was no use or is used up

A task without retries fails into its log, not in here. Read from the final row, not from the
message: that one may be a late report of an older attempt.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from shared.contracts.runs import RunFinished, RunStatus
from shared.db.pool import Pool

INSERT = """
INSERT INTO log.dead_runs
    (run_id, task_id, task_name, trigger, status, attempt, scheduled_for, died_at, error_message,
     executor)
SELECT r.run_id, r.task_id, j.name, r.trigger, r.status, r.attempt, r.scheduled_for,
    coalesce(r.completed_at, r.started_at), r.error_message, r.executor
FROM log.runs r LEFT JOIN scheduler.log_writer_retries j USING (task_id)
WHERE r.run_id = ANY($1::uuid[]) AND r.final
  AND (r.status = 'needs_operator'
       OR r.status IN ('failure', 'timed_out') AND (r.attempt > 1 OR coalesce(j.retries, false)))
ORDER BY r.run_id
ON CONFLICT (run_id) DO NOTHING
"""

_DEADLY = frozenset({RunStatus.FAILURE, RunStatus.TIMED_OUT, RunStatus.NEEDS_OPERATOR})


class DeadRunStore:
    """The table `log.dead_runs`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def write(self, runs: Sequence[RunFinished]) -> int:
        """Note those of *runs* that are dead, after their final rows; return how many were new."""
        ids: list[UUID] = [
            run.run_id for run in runs if run.status in _DEADLY and run.retry_at is None
        ]
        if not ids:
            return 0
        status = await self._pool.execute(INSERT, ids)
        return int(status.split()[-1])
