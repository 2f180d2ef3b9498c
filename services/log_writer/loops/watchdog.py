"""Goes round all scheduled tasks, page by page, and says which did not fire.

    round over ─► what was late or missed since the last one ─► page ─► page ─► … ─► round over

Each round looks at what was due between the end of the last one and a minute ago, so each fire is
looked at once, by one log writer. A round is noted as far as its events are in the stream; one that
is walked twice says the same events under the same ids. Many tasks make a round slower, never
heavier: one page at a time, with a rest after each.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.log_writer import watchdog
from services.log_writer.store import silences
from services.log_writer.store import watchdog as store
from services.log_writer.watchdog import GRACE, Finding, Task, Window
from shared.bus.publisher import Publisher
from shared.db.pool import Connection, Pool

PAGE = 200
#: After each page: a round over 10,000 tasks takes seconds, one over a million ten minutes.
REST = timedelta(milliseconds=100)
#: Between two rounds.
PAUSE = timedelta(seconds=15)
#: After a long sleep of all log writers nobody wants to hear of everything.
LONGEST = timedelta(hours=1)
#: Shorter than the time after which the server ends an idle transaction (see `open_pool`).
PUBLISH_SECONDS = 1.5
#: Tasks worked out before others get their turn.
_SLICE = 20
_FIRST = UUID(int=0)

log = logging.getLogger(__name__)


class NotAcknowledged(Exception):
    """The bus did not take what was to be said: nothing of it may be noted as said."""

    def __init__(self, count: int) -> None:
        super().__init__(count)
        self.count = count


class _Looked(NamedTuple):
    """What one look found, and how far it got."""

    found: Sequence[Finding] = ()
    behind: UUID | None = None


class Watchdog:
    """One step: begin a round, or look at one page of it."""

    def __init__(self, pool: Pool, publisher: Publisher, *, page: int = PAGE) -> None:
        self._pool = pool
        self._publisher = publisher
        self._page = page

    async def step(self) -> timedelta:
        """Look at what comes next; stay with it until its events are in the stream."""
        try:
            async with self._pool.acquire() as connection, connection.transaction():
                looked = await self._look(connection)
        except NotAcknowledged as error:
            log.warning("%d events not acknowledged; looking again", error.count)
            return REST
        for finding in looked.found:
            log.warning("%s: task %s", finding.kind, finding.task_id)
        return REST if looked.behind else PAUSE

    async def _look(self, connection: Connection) -> _Looked:
        walk = await store.take(connection)
        if walk is None:
            return _Looked()
        if walk.behind is None:
            end = walk.now - GRACE
            if end <= walk.window.end:
                return _Looked()
            window = Window(max(walk.window.end, end - LONGEST), end)
            found = await _of_the_whole(connection, window)
            behind: UUID | None = _FIRST
        else:
            window = walk.window
            tasks = await store.page(connection, walk.behind, self._page)
            found = await silent(connection, tasks, window)
            behind = tasks[-1].id if len(tasks) == self._page else None
        messages = watchdog.spoken(found, walk.now)
        unknown = await self._publisher.publish(messages, timeout=PUBLISH_SECONDS)
        if unknown:
            raise NotAcknowledged(len(unknown))
        await store.note(connection, window, behind)
        return _Looked(found, behind)


async def _of_the_whole(connection: Connection, window: Window) -> list[Finding]:
    await silences.let_go(connection)
    missed = await store.missed(connection, window)
    return missed + await store.late(connection, window, GRACE)


async def silent(connection: Connection, tasks: Sequence[Task], window: Window) -> list[Finding]:
    """Note which of *tasks* fell silent and which go on; return what is to be said of that."""
    missing = await _missing(connection, tasks, window)
    names = {task.id: task.name for task in tasks}
    known = {each.task_id: each for each in await silences.open_of(connection, list(names))}
    new = [watchdog.silence_of(task, left) for task, left in missing.items()]
    await silences.go_on(connection, [each for each in new if each.task_id in known])
    begun = [each for each in new if each.task_id not in known]
    await silences.begin(connection, begun)
    still = {each.task_id for each in new}
    quiet = [each for each in known.values() if each.task_id not in still]
    over = await silences.end(connection, quiet) if quiet else set()
    said = [watchdog.began(each, names[each.task_id]) for each in begun]
    return said + [
        watchdog.ended(each, names[each.task_id]) for each in quiet if each.task_id in over
    ]


async def _missing(
    connection: Connection, tasks: Sequence[Task], window: Window
) -> dict[Task, list[datetime]]:
    """Return the fires of *tasks* that should be in the ledger and are not."""
    wanted: dict[Task, list[datetime]] = {}
    for number, task in enumerate(tasks):
        if number % _SLICE == 0:
            await asyncio.sleep(0)
        times = watchdog.expected(task, window)
        if times:
            wanted[task] = times
    fires = [(task.id, at) for task, times in wanted.items() for at in times]
    if not fires:
        return {}
    known = await store.entered(connection, fires)
    missing = {
        task: left
        for task, times in wanted.items()
        if (left := [at for at in times if (task.id, at) not in known])
    }
    # A task that was changed meanwhile owes nothing of what it was.
    same = await store.still(connection, list(missing)) if missing else set()
    return {task: left for task, left in missing.items() if task.id in same}
