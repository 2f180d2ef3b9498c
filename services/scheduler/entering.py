"""The one door into the ledger: what fired is written, and goes on to the executors or waits.

Most runs go straight through. A run is *held*, to be admitted later (`admission.py`), if its task
has limits or locks, its queue has limits or is paused, everything is paused, or it may not run
beside another run of its task that is live or waits. All that is asked of the database for this is
one statement per batch.

    entries = await entrance.enter(connection, entries, jobs)     in the transaction
    queues = entrance.committed(entries)                          after its commit
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from uuid import UUID

from services.scheduler import metrics
from services.scheduler.job import Entry, Job, queues_of
from services.scheduler.policies import PLAIN, needs_admission, overlap_of, policy_of
from services.scheduler.store.gates import Gates, GateStore
from services.scheduler.store.ledger import LedgerStore
from services.scheduler.store.run_ends import note_runless
from services.scheduler.store.same import SameStore
from services.scheduler.traces import Opened, traced
from services.scheduler.unique import unique_key
from shared.contracts.policy import Overlap, TaskPolicy
from shared.db.pool import Connection
from shared.domain.occurrence import Outcome

#: The second time, what stood in the way of a run is committed and can be seen.
TRIES = 3


def gated(entry: Entry, policy: TaskPolicy, gates: Gates, busy: set[UUID]) -> Entry:
    """Return *entry* as it is to be written: held or not; *busy* grows by what fired."""
    if entry.outcome != Outcome.FIRED:
        return entry
    alone = overlap_of(entry.trigger, entry.overlap, policy) is not Overlap.ALLOW_ALL
    overlaps = alone and entry.task_id in busy
    busy.add(entry.task_id)
    if entry.held:
        return entry
    if entry.queue in gates.queues or needs_admission(policy):
        return entry._replace(held=True)
    if gates.paused:
        return entry._replace(held=True, waits_for="paused_all")
    return entry._replace(held=True, waits_for="overlap") if overlaps else entry


def judged_by_overlap(entries: Sequence[Entry], policies: Mapping[UUID, TaskPolicy]) -> list[UUID]:
    """Return the tasks for which it matters whether another run of them is live."""
    return list(
        {
            each.task_id
            for each in entries
            if each.outcome == Outcome.FIRED
            and overlap_of(each.trigger, each.overlap, policies[each.task_id])
            is not Overlap.ALLOW_ALL
        }
    )


class Entrance:
    """Writes ledger rows."""

    def __init__(
        self,
        ledger: LedgerStore,
        gates: GateStore,
        same: SameStore,
        *,
        wake_admitter: Callable[[], None],
    ) -> None:
        self._ledger = ledger
        self._gates = gates
        self._same = same
        self._wake_admitter = wake_admitter
        self._opened = Opened()

    async def enter(
        self, connection: Connection, entries: Sequence[Entry], jobs: Mapping[UUID, Job]
    ) -> list[Entry]:
        """Write *entries* of *jobs*, whose locks the caller has; return those that are new.

        A row that is there already stays as it is. What is returned is as it was written.
        """
        if not entries:
            return []
        entries, opened = traced(entries)
        policies = {
            each.task_id: policy_of(jobs[each.task_id].policy) if each.task_id in jobs else PLAIN
            for each in entries
        }
        if any(each.outcome == Outcome.FIRED for each in entries):
            gates = await self._gates.read(connection, judged_by_overlap(entries, policies))
            busy = set(gates.busy)
            entries = [gated(each, policies[each.task_id], gates, busy) for each in entries]
        keyed = [
            each._replace(
                unique_key=unique_key(each, policies[each.task_id].unique, jobs.get(each.task_id))
            )
            if policies[each.task_id].unique
            else each
            for each in entries
        ]
        new = await self._write(connection, keyed, policies)
        runless = [each.run_id for each in new if each.outcome != Outcome.FIRED]
        await note_runless(connection, runless)
        self._opened.keep(opened, new)
        return new

    async def _write(
        self, connection: Connection, entries: list[Entry], policies: Mapping[UUID, TaskPolicy]
    ) -> list[Entry]:
        uniques = {task_id: each.unique for task_id, each in policies.items() if each.unique}
        new: list[Entry] = []
        for _ in range(TRIES):
            if uniques:
                entries = await self._same.make_way(connection, entries, uniques)
            inserted = await self._ledger.insert(connection, entries)
            new += (each for each in entries if each.run_id in inserted)
            entries = [
                each
                for each in entries
                if each.unique_key is not None and each.run_id not in inserted
            ]
            if not entries or not (entries := await self._same.missing(connection, entries)):
                return new
        # The transaction is rolled back, and tried anew by whoever wanted it.
        raise RuntimeError(f"{len(entries)} runs found others like them again and again")

    def committed(self, entries: Sequence[Entry]) -> list[str]:
        """See to it that what was entered goes on; return the queues of what was let go."""
        metrics.entered(entries)
        self._opened.tell(entries)
        if any(each.held for each in entries):
            self._wake_admitter()
        return queues_of(entries)
