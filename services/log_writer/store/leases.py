"""What the executors' leases say about a fact: whether it is true.

An executor begins nothing without a lease, and stores how an attempt ended with it before it says
so. Whatever the leases do not bear out was said by somebody else.
"""

from __future__ import annotations

from collections.abc import Sequence

from shared.contracts.runs import RunFinished, RunStarted, RunStatus
from shared.db.pool import Pool

# Of an attempt that others followed the lease says no more than that it was there.
ENDED = """
SELECT said.place
FROM unnest($1::uuid[], $2::int[], $3::text[]) WITH ORDINALITY
         AS said (run_id, attempt, outcome, place)
     JOIN executor.log_writer_leases l USING (run_id)
WHERE l.attempt = said.attempt AND l.outcome = said.outcome
   OR l.attempt > said.attempt AND said.outcome IN ('retry', 'snoozed')
"""
BEGUN = """
SELECT said.place
FROM unnest($1::uuid[], $2::int[]) WITH ORDINALITY AS said (run_id, attempt, place)
     JOIN executor.log_writer_leases l USING (run_id)
WHERE l.attempt >= said.attempt
"""


class LeaseReader:
    """The leases, as the log writer sees them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def begun(self, runs: Sequence[RunStarted]) -> set[int]:
        """Return the places of those that have begun, as far as the leases tell."""
        rows = await self._pool.fetch(
            BEGUN, [run.run_id for run in runs], [run.attempt for run in runs]
        )
        return {row["place"] - 1 for row in rows}

    async def ended(self, runs: Sequence[RunFinished]) -> set[int]:
        """Return the places of those that have ended as they say."""
        rows = await self._pool.fetch(
            ENDED,
            [run.run_id for run in runs],
            [run.attempt for run in runs],
            [_outcome(run) for run in runs],
        )
        return {row["place"] - 1 for row in rows}


def _outcome(run: RunFinished) -> str:
    """Return what the lease of an attempt that ended so says."""
    if run.retry_at is None:
        return run.status.value
    return "snoozed" if run.status is RunStatus.RUNNING else "retry"
