"""Make changes of tasks and requests for runs true in the scheduler's tables.

Events, the reconciler and read-repair all come through here, so that there is one way in which a
task becomes a job. Each call is one transaction; what it fired is published after the commit.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from services.scheduler.blackouts import has_blackouts, kept_clear
from services.scheduler.entering import Entrance
from services.scheduler.job import Change, Entry, Job, decide_change
from services.scheduler.source import TaskSource
from services.scheduler.store.dependencies import replace_edges
from services.scheduler.store.gates import GateStore
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.ledger import LedgerStore
from services.scheduler.triggers.firing import THROTTLE
from shared.bus.due import Dispatcher
from shared.contracts.policy import DEFAULT_PRIORITY, DEFAULT_QUEUE
from shared.contracts.runs import RunRequest
from shared.contracts.tasks import TaskChanged
from shared.db.pool import Connection
from shared.domain.occurrence import Outcome
from shared.runtime import tracing

log = logging.getLogger(__name__)


def request_entry(request: RunRequest, job: Job | None) -> Entry:
    """Return the ledger row of a run that somebody asked for; *job* is None if it is long gone."""
    gone = job is None or job.deleted
    later = None if gone else request.not_before
    return Entry(
        run_id=request.run_id,
        task_id=request.task_id,
        trigger=request.trigger,
        scheduled_for=request.scheduled_for or request.requested_at,
        moment=str(request.run_id),
        due_at=later or request.requested_at,
        outcome=Outcome.SUPERSEDED if gone else Outcome.FIRED,
        reason="task.deleted" if gone else None,
        missed_count=0,
        missed_since=None,
        version=job.version if job else request.version,
        requested_by=request.requested_by,
        queue=job.queue if job else DEFAULT_QUEUE,
        priority=job.priority if job else DEFAULT_PRIORITY,
        held=later is not None,
        waits_for=THROTTLE if later else None,
        not_before=later,
        params=_json(request.params),
        overlap=request.overlap,
        origin=request.origin.model_dump_json(exclude_defaults=True) if request.origin else None,
        traceparent=tracing.spelled(request.traceparent),
    )


def _json(params: dict[str, Any] | None) -> str | None:
    return None if params is None else json.dumps(params, ensure_ascii=False)


def _moved(decided: Sequence[Change], known: Mapping[UUID, Job]) -> list[Job]:
    """Return the jobs that are in another queue now, or of another priority."""
    return [
        each.job
        for each in decided
        if not each.job.deleted
        and (old := known.get(each.job.task_id)) is not None
        and (old.queue, old.priority) != (each.job.queue, each.job.priority)
    ]


class Applier:
    """Writes what changed, then tells whoever must act on it."""

    def __init__(
        self,
        *,
        jobs: JobStore,
        ledger: LedgerStore,
        entrance: Entrance,
        dispatcher: Dispatcher,
        source: TaskSource,
        wake_ticker: Callable[[], None],
    ) -> None:
        self._jobs = jobs
        self._ledger = ledger
        self._entrance = entrance
        self._dispatcher = dispatcher
        self._source = source
        self._wake_ticker = wake_ticker

    async def tasks_changed(
        self, changes: Sequence[TaskChanged], *, unknown_since: datetime | None = None
    ) -> int:
        """Apply *changes*, at most one per task; return how many told something new.

        See `decide_change` for *unknown_since*.
        """
        async with self._jobs.pool.acquire() as connection, connection.transaction():
            known = await self._jobs.lock(connection, [each.task_id for each in changes])
            decided: list[Change] = [
                decision
                for change in changes
                if (
                    decision := decide_change(
                        change, known.get(change.task_id), unknown_since=unknown_since
                    )
                )
            ]
            if not decided:
                return 0
            await self._jobs.upsert(connection, [each.job for each in decided])
            applied = {each.job.task_id for each in decided}
            await replace_edges(connection, [each for each in changes if each.task_id in applied])
            entries = await self._left_behind(connection, decided, known)
            entered = await self._entrance.enter(
                connection, entries, {each.job.task_id: each.job for each in decided}
            )
            for each in decided:
                if each.cancel:
                    await self._ledger.cancel_waiting(
                        connection, each.job.task_id, each.cancel, until=each.job.changed_at
                    )
            await self._ledger.move_waiting(connection, _moved(decided, known))
        self._wake_ticker()
        if queues := self._entrance.committed(entered):
            await self._dispatcher.announce(queues)
        return len(decided)

    async def _left_behind(
        self, connection: Connection, decided: Sequence[Change], known: Mapping[UUID, Job]
    ) -> list[Entry]:
        """Return the fires that the old versions leave behind, kept clear of their blackouts."""
        calendars: dict[str, str] | None = None
        entries: list[Entry] = []
        for each in decided:
            old, owed = known.get(each.job.task_id), list(each.entries)
            if old is not None and owed and has_blackouts(old):
                if calendars is None:
                    calendars = await GateStore().calendars(connection)
                owed = kept_clear(old, owed, calendars, each.job.changed_at)
            entries += owed
        return entries

    async def runs_requested(self, requests: Sequence[RunRequest]) -> None:
        """Enter requested runs into the ledger and order them."""
        await self._catch_up_with(requests)
        async with self._jobs.pool.acquire() as connection, connection.transaction():
            # Locked: else a task could be deleted after it was read, and its run fire all the same.
            jobs = await self._jobs.lock(connection, [each.task_id for each in requests])
            entries = [request_entry(request, jobs.get(request.task_id)) for request in requests]
            entered = await self._entrance.enter(connection, entries, jobs)
        if queues := self._entrance.committed(entered):
            await self._dispatcher.announce(queues)

    async def _catch_up_with(self, requests: Sequence[RunRequest]) -> None:
        """Bring the jobs to the versions that the requests presume, or newer.

        A request can overtake the event of the change before it; then the API is asked.
        """
        wanted: dict[UUID, int] = {}
        for request in requests:
            wanted[request.task_id] = max(wanted.get(request.task_id, 0), request.version)
        jobs = await self._jobs.read(list(wanted))
        behind = [
            task_id
            for task_id, version in wanted.items()
            if task_id not in jobs or jobs[task_id].version < version
        ]
        changes = [change for each in behind if (change := await self._source.task(each))]
        if changes:
            await self.tasks_changed(changes)
