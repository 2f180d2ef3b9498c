"""Turn jobs that are due into ledger rows and orders.

One transaction claims due jobs, writes one ledger row for every fire up to now (run or not, and
why; held or not, see `entering.py`), and moves each job on. When nothing is due the ticker sleeps
until the next job is, but never longer than `LONGEST_REST`: a job that another scheduler learnt of,
and then died, must not wait for us to hear of it.
"""

from __future__ import annotations

import json
import logging
from datetime import datetime, timedelta

from services.scheduler.blackouts import has_blackouts, kept_clear
from services.scheduler.entering import Entrance
from services.scheduler.job import (
    AHEAD,
    SCHEDULE,
    Entry,
    Job,
    backlog_of,
    compiled,
    looked_at,
    planned_entry,
)
from services.scheduler.policies import overlap_of, policy_of
from services.scheduler.store.gates import GateStore
from services.scheduler.store.jobs import Advance, JobStore
from shared.bus.due import Dispatcher
from shared.contracts.policy import Overlap
from shared.domain.misfire import plan
from shared.domain.occurrence import Outcome

#: Jobs per transaction: large enough to spread its cost, small enough to start the first soon.
BATCH = 500
LONGEST_REST = timedelta(milliseconds=500)
#: What is due but cannot be claimed lies with another scheduler; asking faster brings nothing.
SHORTEST_REST = timedelta(milliseconds=10)
#: A job that cannot be ticked is left alone for so long, so that it holds up nobody else.
POSTPONED = timedelta(minutes=1)
#: Ledger rows per transaction, shared by its jobs: a long downtime of many quick schedules owes
#: millions, and each job goes on where its share ended.
ROWS = 5000

log = logging.getLogger(__name__)


def tick(job: Job, now: datetime, limit: int) -> tuple[list[Entry], Advance]:
    """Decide what *job* owes the ledger at *now*, at most *limit* rows, and where it goes on.

    *now* is `AHEAD` of the time.

    A job whose schedule has run its course may still have a backlog to settle.
    """
    if job.schedule is None:
        raise ValueError(f"job {job.task_id} has no time of its own")
    planned = plan(
        compiled(job.schedule),
        task_id=str(job.task_id),
        next_fire_at=job.next_fire_at,
        now=now if job.enabled else now - AHEAD,
        backlog=backlog_of(job),
        limit=limit,
        enabled=job.enabled,
    )
    step = Advance(
        task_id=job.task_id,
        read_fire_at=job.next_fire_at,
        next_fire_at=planned.next_fire_at,
        next_due_at=looked_at(planned.next_due_at, enabled=job.enabled),
        backlog=json.dumps(planned.backlog.to_json()) if planned.backlog else None,
    )
    return [planned_entry(job, each) for each in planned.occurrences], step


def tick_or_postpone(job: Job, now: datetime, limit: int) -> tuple[list[Entry], Advance]:
    """Do as `tick`; a job that cannot be ticked is put off unchanged."""
    try:
        return tick(job, now, limit)
    except Exception:  # whatever is wrong with one job, the others are due
        log.exception("job %s cannot be ticked", job.task_id, extra={"task_id": str(job.task_id)})
        step = Advance(
            task_id=job.task_id,
            read_fire_at=job.next_fire_at,
            next_fire_at=job.next_fire_at,
            next_due_at=now + POSTPONED,
            backlog=job.backlog,
        )
        return [], step


def in_sequence(job: Job, entries: list[Entry]) -> list[Entry]:
    """Return the fires of one tick as they are to be written.

    Several that are made up for together were not meant to be there at once: where they may not run
    side by side they run one after the other, or catching up would be skipping.
    """
    fired = sum(each.outcome == Outcome.FIRED for each in entries)
    made_up_for = any(each.reason == "misfire.fired_all" for each in entries)
    if fired < 2 and not made_up_for:  # noqa: PLR2004 - several
        return entries
    if overlap_of(SCHEDULE, None, policy_of(job.policy)) is Overlap.ALLOW_ALL:
        return entries
    return [
        each._replace(overlap=Overlap.BUFFER_ALL) if each.outcome == Outcome.FIRED else each
        for each in entries
    ]


class Ticker:
    """One step: a batch of due jobs."""

    def __init__(
        self, jobs: JobStore, gates: GateStore, entrance: Entrance, dispatcher: Dispatcher
    ) -> None:
        self._jobs = jobs
        self._gates = gates
        self._entrance = entrance
        self._dispatcher = dispatcher

    async def step(self) -> timedelta:
        """Tick one batch; return how long until the next job is due."""
        full, queues = await self._tick_batch()
        await self._dispatcher.announce(queues)
        if full:
            return timedelta(0)
        seconds = await self._jobs.seconds_until_due()
        if seconds is None:
            return LONGEST_REST
        return min(max(timedelta(seconds=seconds) - AHEAD, SHORTEST_REST), LONGEST_REST)

    async def _tick_batch(self) -> tuple[bool, list[str]]:
        async with self._jobs.pool.acquire() as connection, connection.transaction():
            now, due = await self._jobs.claim_due(connection, BATCH, AHEAD)
            if now is None:
                return False, []
            calendars: dict[str, str] = {}
            if any(has_blackouts(job) for job in due):
                calendars = await self._gates.calendars(connection)
            entries: list[Entry] = []
            steps: list[Advance] = []
            share = max(ROWS // len(due), 1)
            for job in due:
                owed, step = tick_or_postpone(job, now, share)
                if has_blackouts(job):
                    owed = kept_clear(job, owed, calendars, now)
                entries += in_sequence(job, owed)
                steps.append(step)
            jobs = {job.task_id: job for job in due}
            entered = await self._entrance.enter(connection, entries, jobs)
            await self._jobs.advance(connection, steps)
        return len(due) == BATCH, self._entrance.committed(entered)
