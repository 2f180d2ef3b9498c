"""Who listens to what: the triggers of all enabled tasks, in memory, as new as the API's tasks.

Whoever was told that a task was created, changed or deleted may publish an event in the same
moment; the news of the task comes over the bus and may be later. So before each batch of events one
query asks the API's view what has been committed, and what the job table has not heard of yet is
applied to it first. A task is entitled to every event that is accepted after its change was
committed, and is judged by that change; an event from just before it may be judged by it, too.

The job table itself is read once and then by what changed in it, with a second query: so whatever
another scheduler has applied counts as well.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from uuid import UUID

from services.scheduler.store.triggers import Listener, TriggerStore
from services.scheduler.store.unheard import look, unheard
from shared.contracts.tasks import TaskChanged
from shared.domain.errors import InvalidDefinition
from shared.domain.event import Event
from shared.domain.trigger import compiled_trigger
from shared.domain.trigger_subject import SubjectIndex
from shared.domain.triggering.flow import is_proactive_as_a_whole
from shared.domain.triggering.records import Watched

#: Tasks that are applied in one transaction.
APPLIED_AT_ONCE = 500

Apply = Callable[[Sequence[TaskChanged]], Awaitable[object]]

log = logging.getLogger(__name__)


class TriggerBook:
    """The index of triggers by subject."""

    def __init__(self, store: TriggerStore, apply: Apply) -> None:
        self._store = store
        self._apply = apply
        self._horizon: str | None = None
        self._reading = asyncio.Lock()
        self._watched: dict[UUID, Watched] = {}
        self._versions: dict[UUID, int] = {}
        self._index: SubjectIndex[UUID] = SubjectIndex()
        self.waiting: dict[UUID, Watched] = {}
        """Those that fire when nothing comes, from the moment they are there."""

    async def refresh(self) -> None:
        """Learn what has changed since the last time."""
        async with self._reading:
            horizon, changed = await look(self._store.pool, self._horizon)
            for first in range(0, len(changed), APPLIED_AT_ONCE):
                news = await unheard(self._store.pool, changed[first : first + APPLIED_AT_ONCE])
                if news:
                    await self._apply(news)
            # From before the look: what is committed in between is read twice rather than never.
            if self._horizon is None:
                listeners = await self._store.listeners()
            else:
                listeners = await self._store.changed(self._horizon)
            self._horizon = horizon
            self.learn(listeners)

    def learn(self, listeners: Iterable[Listener]) -> None:
        """Take in jobs as they are now."""
        for each in listeners:
            known = self._versions.get(each.task_id)
            if known is None or known < each.version:
                self._replace(each)

    def find(self, event: Event) -> list[Watched]:
        """Return who listens to the subject and the type of *event*, in order of id."""
        found = (self._watched[task_id] for task_id in self._index.find(event.subject))
        return sorted(
            (each for each in found if each.trigger.takes_type(event.type)),
            key=lambda each: each.task_id,
        )

    def get(self, task_id: UUID) -> Watched | None:
        """Return a task that listens, or None."""
        return self._watched.get(task_id)

    def __len__(self) -> int:
        return len(self._watched)

    def _replace(self, listener: Listener) -> None:
        old = self._watched.pop(listener.task_id, None)
        if old is not None:
            self._index.remove(old.trigger.subject, listener.task_id)
            self.waiting.pop(listener.task_id, None)
        self._versions[listener.task_id] = listener.version
        if listener.config is None:
            return
        try:
            trigger = compiled_trigger(listener.config)
        except InvalidDefinition as error:
            # Stored under older rules; a task that cannot be understood starts nothing.
            log.warning("the trigger of task %s cannot be read: %s", listener.task_id, error)
            return
        watched = Watched(listener.task_id, listener.version, trigger)
        self._watched[listener.task_id] = watched
        self._index.add(trigger.subject, listener.task_id)
        if is_proactive_as_a_whole(trigger):
            self.waiting[listener.task_id] = watched
