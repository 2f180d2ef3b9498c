"""Broken builds: one at least per promise, with the life that finds it out, surely and soon.

Each life is also lived with the sound build, so that it is the sabotage that is found out.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from types import ModuleType
from typing import NamedTuple
from uuid import UUID, uuid4

import pytest
from nats.aio.msg import Msg

from services.scheduler import edges
from services.scheduler.dependencies import Dependants
from services.scheduler.job import Entry
from services.scheduler.loops.sweeper import Sweeper
from services.scheduler.store import admission, ends, ledger
from services.scheduler.store.admission import AdmissionStore
from services.scheduler.store.ends import EndStore, NextAttempts
from services.scheduler.store.ledger import LedgerStore
from services.scheduler.store.recalls import RecallStore
from services.scheduler.store.run_ends import Ended
from services.scheduler.store.triggers import TriggerStore
from services.scheduler.triggers import firing
from services.scheduler.triggers.intake import EventIntake
from services.scheduler.waiting import Candidate, Live
from shared.db.pool import Connection, Pool
from tests.integration.scheduler.promises import lives
from tests.integration.scheduler.promises.machine import Promises
from tests.integration.scheduler.promises.runs import Promise


class Patch(NamedTuple):
    """What is put in the place of what."""

    target: object
    name: str
    value: object


class Function(NamedTuple):
    """What is put in the place of what in a function of the database."""

    name: str
    old: str
    new: str

    async def broken(self, pool: Pool) -> str:
        """Put it there; return what defines the sound function."""
        sound: str = await pool.fetchval("SELECT pg_get_functiondef($1::text::regproc)", self.name)
        assert sound.count(self.old) == 1, f"{self.name} does not say {self.old!r} (any more)"
        await pool.execute(sound.replace(self.old, self.new))
        return sound


class Sabotage:
    """A broken build."""

    def __init__(
        self, breaks: Promise, life: Callable[[Promises], None], *patches: Patch | Function
    ) -> None:
        self.breaks = breaks
        self.life = life
        self._patches = patches

    @asynccontextmanager
    async def done(self, pool: Pool) -> AsyncIterator[None]:
        """Let this build be the one that runs."""
        async with AsyncExitStack() as undo:
            patched = undo.enter_context(pytest.MonkeyPatch.context())
            for patch in self._patches:
                if isinstance(patch, Function):
                    undo.push_async_callback(pool.execute, await patch.broken(pool))
                else:
                    patched.setattr(*patch)
            yield


def sql(module: ModuleType, name: str, old: str, new: str) -> Patch:
    """Return a change of one statement."""
    statement = getattr(module, name)
    assert statement.count(old) == 1, f"{name} does not say {old!r} (any more)"
    return Patch(module, name, statement.replace(old, new))


# --- what is put in the place of sound code

INSERT, HANDLE, ENTER = LedgerStore.insert, EventIntake._handle, Dependants.enter  # noqa: SLF001 - to break them


def _any_id(*_: object) -> UUID:
    return uuid4()


async def _nothing(*_: object) -> None:
    pass


async def _all_but_one(
    self: LedgerStore, connection: Connection, entries: Sequence[Entry]
) -> set[UUID]:
    return await INSERT(self, connection, entries[1:])


async def _acknowledge_first(self: EventIntake, batch: list[Msg]) -> None:
    for message in batch:
        await message.ack()
    await HANDLE(self, batch)


async def _all_are_new(
    _: TriggerStore, __: Connection, events: Sequence[tuple[bytes, datetime]]
) -> set[bytes]:
    return {key for key, _ in events}


async def _no_queues(_: LedgerStore) -> list[str]:
    return []


async def _calls_nothing_back(_: RecallStore) -> int:
    return 0


async def _no_ends(_: Connection, __: Sequence[UUID]) -> None:
    pass


async def _no_next_attempts(_: EndStore) -> NextAttempts:
    return NextAttempts(0, [])


async def _enter_nothing(_: Dependants, __: Connection, ___: Sequence[Ended]) -> list[Entry]:
    return []


async def _enter_twice(
    self: Dependants, connection: Connection, ended: Sequence[Ended]
) -> list[Entry]:
    return [
        *await ENTER(self, connection, ended),
        *await ENTER(self, connection, ended),
    ]


async def _nobody_is_live(
    _: AdmissionStore, __: Connection, ___: Sequence[Candidate]
) -> list[Live]:
    return []


_FENCE = "AND l.attempt = e.attempt AND l.executor_id = store_ends.executor"
_FAILED = "failed = l.failed + CASE WHEN l.outcome = 'retry' THEN 1 ELSE 0 END"

SABOTAGE: dict[str, Sabotage] = {
    "a fire is not written down": Sabotage(
        Promise.FIRES, lives.fires_and_losses, Patch(LedgerStore, "insert", _all_but_one)
    ),
    "a request is not written down": Sabotage(
        Promise.BY_HAND, lives.by_hand, Patch(LedgerStore, "insert", _all_but_one)
    ),
    "lost orders stay lost": Sabotage(
        Promise.OVER, lives.fires_and_losses, Patch(Sweeper, "_repair", _nothing)
    ),
    "a run whose executor came back too late stays lost": Sabotage(
        Promise.OVER, lives.back_from_the_dead, Patch(Sweeper, "_repair", _nothing)
    ),
    "runs of dead executors stay lost": Sabotage(
        Promise.OVER, lives.fires_and_losses, Patch(LedgerStore, "take_expired", _no_queues)
    ),
    "events are acknowledged before the commit": Sabotage(
        Promise.EVENTS, lives.crash_while_hearing, Patch(EventIntake, "_handle", _acknowledge_first)
    ),
    "an event that comes again fires again": Sabotage(
        Promise.EVENTS,
        lives.crash_after_hearing,
        Patch(TriggerStore, "see", _all_are_new),
        Patch(firing, "run_id_for", _any_id),
    ),
    "an event that comes again is counted again": Sabotage(
        Promise.COUNTED, lives.same_event_later, Patch(TriggerStore, "see", _all_are_new)
    ),
    "a failed attempt is not followed by another": Sabotage(
        Promise.OVER, lives.failure, Patch(EndStore, "next_attempts", _no_next_attempts)
    ),
    "a number is left out": Sabotage(
        Promise.NUMBERED,
        lives.failure_and_pause,
        sql(ends, "_NEXT_ATTEMPT", "attempt = l.attempt + 1", "attempt = l.attempt + 2"),
    ),
    "an attempt begins while the one before it runs": Sabotage(
        Promise.APART,
        lives.swept_while_it_runs,
        sql(ledger, "_TAKE_EXPIRED", "l.lease_until < now()", "true"),
        Function(
            "executor.claim", "e.outcome IS NULL AND e.lease_until < clock_timestamp()", "true"
        ),
    ),
    "an attempt does not wait": Sabotage(
        Promise.PAUSE,
        lives.failure,
        sql(ends, "_NEXT_ATTEMPT", "not_before = l.retry_at", "not_before = NULL"),
    ),
    "a snooze uses up an attempt": Sabotage(
        Promise.TRIES, lives.snooze_then_failure, Function("executor.claim", _FAILED, "failed = 1")
    ),
    "a late result counts": Sabotage(
        Promise.ENDS,
        lives.late_result,
        Function("executor.store_ends", _FENCE, ""),
    ),
    "a run that is over is said to be stopped": Sabotage(
        Promise.CANCEL,
        lives.cancelled_too_late,
        sql(ends, "_FOUND", "settled,", "false AS settled,"),
    ),
    "a run that was taken back runs": Sabotage(
        Promise.CANCEL,
        lives.cancelled_in_time,
        sql(ends, "_TAKEN_BACK", "WHERE run_id = ANY", "WHERE $2 = '' AND run_id = ANY"),
    ),
    "a run that is to stop goes on": Sabotage(
        Promise.CANCEL,
        lives.cancelled_while_it_runs,
        sql(ends, "_MARK", "WHERE o.run_id = before.run_id", "WHERE false AND o.run_id IS NULL"),
    ),
    "an end does not settle its run": Sabotage(
        Promise.ENDS, lives.chain, Function("executor.store_ends", "settled = true", "held = false")
    ),
    "an end leaves its lease": Sabotage(
        Promise.OVER,
        lives.chain,
        Function("executor.store_ends", "l.ctid = ANY (leases)", "l.ctid IS NULL"),
    ),
    "an end is not in the log": Sabotage(
        Promise.ENDS, lives.chain, Function("executor.store_ends", "log.record_ends(ends)", "0")
    ),
    "an end is counted twice": Sabotage(
        Promise.ENDS,
        lives.chain,
        Function("log.record_ends", "task_id, count(*), count(", "task_id, 2, count("),
    ),
    "an end is not noted for its dependants": Sabotage(
        Promise.DEPENDANTS,
        lives.chain,
        Function("executor.store_ends", "AND e.task_id IN (", "AND NULL IN ("),
    ),
    "an end starts nothing": Sabotage(
        Promise.DEPENDANTS, lives.chain, Patch(Dependants, "enter", _enter_nothing)
    ),
    "an end is heard twice": Sabotage(
        Promise.DEPENDANTS,
        lives.chain,
        Patch(Dependants, "enter", _enter_twice),
        Patch(edges, "run_id_for", _any_id),
    ),
    "a run that was taken back is no end": Sabotage(
        Promise.DEPENDANTS, lives.cancelled_in_time, Patch(ends, "note_runless", _no_ends)
    ),
    "a pause calls nothing back": Sabotage(
        Promise.PAUSED, lives.pause, Patch(RecallStore, "recall", _calls_nothing_back)
    ),
    "who is live takes no slot": Sabotage(
        Promise.LIMIT, lives.more_than_the_limit, Patch(AdmissionStore, "_live", _nobody_is_live)
    ),
    "a slot is never given back": Sabotage(
        Promise.OVER,
        lives.more_than_the_limit,
        sql(admission, "_LIVE", admission._IS_LIVE, "o.outcome = 'fired'"),  # noqa: SLF001 - as above
    ),
}
