"""Handle events: find who listens, ask the conditions, write what came of it, in one transaction.

Conditions are asked before the transaction, for they may be slow. If a task was edited between the
question and the lock of its job, the answer is worth nothing and all begins anew.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from services.scheduler import metrics
from services.scheduler.job import Entry, Job
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.triggers import TriggerStore
from services.scheduler.triggers.book import TriggerBook
from services.scheduler.triggers.firing import event_entry
from shared.bus.due import Dispatcher
from shared.db.pool import Connection
from shared.domain.event import Event
from shared.domain.triggering.flow import feed, keys_of
from shared.domain.triggering.records import StateKey, States, Watched
from shared.runtime.conditions import Answer, Asked

#: Pairs of an event and a task that are looked at in one transaction, unless one event has more.
MOST_PAIRS = 10_000
#: After so many edits in between, something else is wrong.
TRIES = 5

log = logging.getLogger(__name__)


class Received(NamedTuple):
    """An event, and when the bus had it."""

    event: Event
    at: datetime


class Match(NamedTuple):
    """An event, and a task for which its condition holds."""

    received: Received
    watched: Watched


class Edited(Exception):
    """A task is not any more what was judged."""


class Asking(Protocol):
    """What the engine needs of `shared.runtime.conditions`."""

    async def evaluate(self, asked: Sequence[Asked]) -> list[Answer]: ...


class Entering(Protocol):
    """What the engine needs of `services.scheduler.entering`."""

    async def enter(
        self, connection: Connection, entries: Sequence[Entry], jobs: dict[UUID, Job]
    ) -> list[Entry]: ...

    def committed(self, entries: Sequence[Entry]) -> list[str]: ...


class Engine:
    """From events to rows of the ledger."""

    def __init__(
        self,
        *,
        book: TriggerBook,
        conditions: Asking,
        jobs: JobStore,
        store: TriggerStore,
        entrance: Entering,
        dispatcher: Dispatcher,
        wake_timer: Callable[[], None],
    ) -> None:
        self._book = book
        self._conditions = conditions
        self._jobs = jobs
        self._store = store
        self._entrance = entrance
        self._dispatcher = dispatcher
        self._wake_timer = wake_timer

    async def handle(self, batch: Sequence[Received]) -> int:
        """Handle events in their order; return how many rows they added to the ledger.

        If it fails halfway, those before are handled, and do nothing when they come again.

        Raises:
            Edited: tasks kept changing.
        """
        rows, done, tries = 0, 0, 0
        while done < len(batch):
            await self._book.refresh()
            part, found = self._listeners(batch[done:])
            matches = await self._matching(found)
            try:
                entries = await self._commit(part, matches)
            except Edited:
                tries += 1
                if tries == TRIES:
                    raise
                continue
            await self._dispatcher.announce(self._entrance.committed(entries))
            metrics.EVENTS.inc(len(part))
            rows += len(entries)
            done += len(part)
        return rows

    def _listeners(self, batch: Sequence[Received]) -> tuple[Sequence[Received], list[Match]]:
        """Return as many events from the front as one transaction takes, and who listens."""
        found: list[Match] = []
        for number, received in enumerate(batch):
            found += (Match(received, each) for each in self._book.find(received.event))
            if len(found) >= MOST_PAIRS:
                return batch[: number + 1], found
        return batch, found

    async def _matching(self, found: list[Match]) -> list[Match]:
        """Return those whose condition holds."""
        # The same condition about the same event is asked once, whoever wants to know.
        places: dict[tuple[str, int], int] = {}
        questions: list[Asked] = []
        said = {id(each): each.event.as_json() for each in _received(found)}
        for received, watched in found:
            text = watched.trigger.condition
            if text is not None and (text, id(received)) not in places:
                places[text, id(received)] = len(questions)
                questions.append(Asked(text, said[id(received)]))
        answers = await self._conditions.evaluate(questions) if questions else []
        return [
            match
            for match in found
            if match.watched.trigger.condition is None
            or answers[places[match.watched.trigger.condition, id(match.received)]].holds
        ]

    async def _commit(self, batch: Sequence[Received], matches: list[Match]) -> list[Entry]:
        async with self._jobs.pool.acquire() as connection, connection.transaction():
            new = await self._store.see(
                connection, [(each.event.digest, each.at) for each in batch]
            )
            matches = _first_of_each(matches, new)
            if not matches:
                return []
            jobs = await self._jobs.lock(
                connection, sorted({each.watched.task_id for each in matches})
            )
            matches = [each for each in matches if _listens(each.watched, jobs)]
            now = await self._store.now(connection)
            states = await self._store.load(connection, _keys(matches))
            entries = [
                event_entry(jobs[watched.task_id], watched.trigger, firing, now)
                for received, watched in matches
                for firing in feed(watched, received.event, received.at, states)
            ]
            await self._store.store(connection, states)
            written = await self._entrance.enter(connection, entries, jobs)
        if _is_due_earlier(states):
            self._wake_timer()
        return written


def _first_of_each(matches: Sequence[Match], new: set[bytes]) -> list[Match]:
    """Return the matches of new events; of two that are the same, those of the first."""
    first: dict[bytes, int] = {}
    return [
        each
        for each in matches
        if (digest := each.received.event.digest) in new
        and first.setdefault(digest, id(each.received)) == id(each.received)
    ]


def _keys(matches: Sequence[Match]) -> list[StateKey]:
    said = {id(each): each.event.as_json() for each in _received(matches)}
    keys = {key for received, watched in matches for key in keys_of(watched, said[id(received)])}
    return sorted(keys)


def _received(matches: Sequence[Match]) -> Iterable[Received]:
    """Return the events, each once however many listen."""
    return {id(match.received): match.received for match in matches}.values()


def _listens(watched: Watched, jobs: dict[UUID, Job]) -> bool:
    """Return whether a task still listens, now that its job is locked.

    Raises:
        Edited: it does, but perhaps to something else.
    """
    job = jobs.get(watched.task_id)
    if job is None or job.deleted or not job.enabled or job.trigger_config is None:
        return False
    if job.version != watched.version:
        raise Edited
    return True


def _is_due_earlier(states: States) -> bool:
    return any(
        (state := states.found.get(key)) is not None and state.due_at is not None
        for key in states.changed
    )
