"""Start what depends on runs that ended.

The closer calls `enter` in the transaction that takes ends off the list of those that nothing has
followed: either both are true or neither. The dependants' jobs are locked, in order of id, before
anything about them is read, so that of two upstreams that end at once on two schedulers exactly one
completes the round.

A dependant that starts nothing (`upstream_failed`, skipped) is an end as well. It is put on that
list, and taken in a transaction of its own: one step of the chain at a time, however long it is.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from services.scheduler.edges import Surroundings, follow
from services.scheduler.entering import Entrance
from services.scheduler.job import Entry
from services.scheduler.store import dependencies as store
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.run_ends import Ended
from shared.db.pool import Connection

log = logging.getLogger(__name__)


class Dependants:
    """What is started by the ends of runs."""

    def __init__(self, jobs: JobStore, entrance: Entrance) -> None:
        self._jobs = jobs
        self._entrance = entrance

    async def enter(self, connection: Connection, ended: Sequence[Ended]) -> list[Entry]:
        """Write what follows from *ended* into the ledger; return the rows that are new.

        Some of them may be held. An end that is told twice changes nothing the second time.
        """
        upstreams = {each.task_id for each in ended}
        downstreams = await store.downstream_of(connection, upstreams) if upstreams else []
        if not downstreams:
            return []
        jobs = await self._jobs.lock(connection, downstreams)
        edges = await store.edges_around(connection, upstreams, downstreams)
        around = Surroundings(
            jobs=jobs,
            edges=edges,
            seats=await store.seats(connection, downstreams),
            gone=await store.gone(connection, {each.upstream for each in edges} - upstreams),
        )
        consequences = follow(ended, around)
        for upstream, missing in consequences.missing:
            log.warning(
                "a task that is to be started does not exist",
                extra={"task_id": str(missing), "upstream": str(upstream)},
            )
        await store.save_seats(connection, consequences.seats)
        entries = list(consequences.entries.values())
        return await self._entrance.enter(connection, entries, jobs)
