"""Let triggers fire what nobody else would: silences, batches that waited, storms that are over.

By the database's clock, but not before all events are handled that came before: one of them may be
what was waited for. States that are due are found without a lock, then read again under the locks
of their jobs: of two schedulers that look at the same time one finds them gone.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from uuid import UUID

from services.scheduler.job import Entry, Job
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.triggers import TriggerStore
from services.scheduler.triggers.book import TriggerBook
from services.scheduler.triggers.engine import Entering
from services.scheduler.triggers.firing import event_entry
from shared.bus.due import Dispatcher
from shared.db.pool import Connection
from shared.domain.errors import InvalidDefinition
from shared.domain.occurrence import Outcome
from shared.domain.trigger import compiled_trigger
from shared.domain.triggering.flow import armed, keys_of, pending_event, ripen
from shared.domain.triggering.machines import State
from shared.domain.triggering.records import COUNT, StateKey, States, Watched

#: States per step.
BATCH = 200
SHORTEST_REST = timedelta(milliseconds=10)
LONGEST_REST = timedelta(seconds=1)
#: While events are handled that came before what is due.
BEHIND_REST = timedelta(milliseconds=50)

log = logging.getLogger(__name__)


class TriggerTimer:
    """One step fires one batch of what is due."""

    def __init__(
        self,
        *,
        book: TriggerBook,
        jobs: JobStore,
        store: TriggerStore,
        entrance: Entering,
        dispatcher: Dispatcher,
        heard_until: Callable[[], Awaitable[datetime | None]],
    ) -> None:
        self._heard_until = heard_until
        self._book = book
        self._jobs = jobs
        self._store = store
        self._entrance = entrance
        self._dispatcher = dispatcher
        self._armed: dict[UUID, int] = {}
        """By task the version whose waiting has begun."""

    async def step(self) -> timedelta:
        """Fire what is due; return how long until something is."""
        await self._book.refresh()
        await self._arm()
        found = await self._store.due(BATCH)
        due = await self._heard(found)
        if due:
            entries = await self._fire(due)
            await self._dispatcher.announce(self._entrance.committed(entries))
        if len(due) < len(found):
            return BEHIND_REST
        if len(due) == BATCH:
            return timedelta(0)
        seconds = await self._store.seconds_until_due()
        if seconds is None:
            return LONGEST_REST
        return min(max(timedelta(seconds=seconds), SHORTEST_REST), LONGEST_REST)

    async def _arm(self) -> None:
        """Begin to wait for the events of triggers that are new or were edited."""
        waiting = self._book.waiting
        new = [each for each in waiting.values() if self._armed.get(each.task_id) != each.version]
        if new:
            async with self._jobs.pool.acquire() as connection, connection.transaction():
                jobs = await self._jobs.lock(connection, sorted(each.task_id for each in new))
                now = await self._store.now(connection)
                begun = [armed(each, now) for each in new]
                states = await self._store.load(connection, sorted(key for key, _ in begun))
                for key, state in begun:
                    known, job = states.get(key), jobs.get(key.task_id)
                    if job is None or job.version != state.version:
                        continue  # the book learns of it before the next step
                    if known is None or known.version != state.version:
                        states.put(key, state)
                await self._store.store(connection, states)
        self._armed = {task_id: each.version for task_id, each in waiting.items()}

    async def _heard(self, due: list[tuple[StateKey, State]]) -> list[tuple[StateKey, State]]:
        """Return those of *due* that no event can change any more."""
        until = await self._heard_until() if due else None
        if until is None:
            return due
        return [(key, state) for key, state in due if state.due_at and state.due_at <= until]

    async def _fire(self, due: list[tuple[StateKey, State]]) -> list[Entry]:
        async with self._jobs.pool.acquire() as connection, connection.transaction():
            jobs = await self._jobs.lock(connection, sorted({key.task_id for key, _ in due}))
            now = await self._store.now(connection)
            states = await self._load(connection, due, jobs)
            entries: list[Entry] = []
            for key, seen in due:
                state = states.get(key)
                if state is None or state != seen:
                    continue  # somebody was here in between; the next step sees what is left
                entries += _fired(key, jobs.get(key.task_id), states, now)
            await self._store.store(connection, states)
            return await self._entrance.enter(connection, entries, jobs)

    async def _load(
        self, connection: Connection, due: list[tuple[StateKey, State]], jobs: dict[UUID, Job]
    ) -> States:
        keys: set[StateKey] = set()
        for key, state in due:
            keys.add(key)
            watched = _watched(jobs.get(key.task_id))
            if watched is not None:
                keys.update(keys_of(watched, pending_event(watched, key, state)))
        return await self._store.load(connection, sorted(keys))


def _watched(job: Job | None) -> Watched | None:
    """Return what a job listens to as it is now, or None."""
    if job is None or job.deleted or job.trigger_config is None:
        return None
    try:
        return Watched(job.task_id, job.version, compiled_trigger(job.trigger_config))
    except InvalidDefinition:
        return None


def _fired(key: StateKey, job: Job | None, states: States, now: datetime) -> list[Entry]:
    """Return what becomes of a state that is due; a task that is off starts nothing."""
    watched = _watched(job)
    if job is None or watched is None:
        states.put(key, None)
        return []
    state = states.get(key)
    if key.kind == COUNT and (not job.enabled or state is None or state.version != job.version):
        states.put(key, None)  # an edit begins anew: a silence of the old version is nobody's
        return []
    firings = ripen(watched, key, states)
    if not job.enabled:
        firings = [
            each._replace(outcome=Outcome.SKIPPED_PAUSED, reason="task.disabled")
            for each in firings
        ]
    return [event_entry(job, watched.trigger, each, now) for each in firings]
