"""Schedulers, executors and producers of events on real servers, and a clock that can be moved.

An event is lost, doubled or delivered again on the bus itself; a process dies where it is told to.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID, uuid4

from nats.aio.msg import Msg
from nats.errors import MsgAlreadyAckdError
from nats.js import JetStreamContext
from nats.js.errors import NotFoundError

from services.api.store import open_runs
from services.executor.claimed import ClaimedRun
from services.executor.ending import next_attempt_at, stopped
from services.executor.store.leases import LeaseStore
from services.scheduler.cancel import Canceller
from services.scheduler.entering import Entrance
from services.scheduler.job import Entry, Job
from services.scheduler.loops.admitter import Admitter
from services.scheduler.store.ends import EndStore
from services.scheduler.store.recalls import RecallStore
from services.scheduler.triggers.engine import Engine, Received
from services.scheduler.triggers.intake import EventIntake, Handling, received_from
from shared.bus import topology
from shared.bus.declare import declare_on
from shared.contracts.cancel import CancelItem, CancelRequest, CancelState
from shared.db.pool import Connection
from shared.runtime.clock import utc_now
from shared.runtime.conditions import Conditions
from tests.integration.scheduler.desk import MINUTE, SECOND, Desk
from tests.integration.scheduler.promises.deeds import Deed, end_of, ending_of
from tests.integration.scheduler.promises.runs import Runs
from tests.integration.scheduler.trigger_parts import SUBJECT, make_engine, payload
from tests.support.unread import unread

LEASE = 10 * MINUTE
"""Longer than any life on any machine: only a moved clock lets it run out."""
Crash = Literal["never", "before the commit", "after the commit"]

_LATER = """
WITH rows AS (UPDATE scheduler.occurrences
              SET due_at = due_at - $1::interval, not_before = not_before - $1::interval)
UPDATE executor.leases SET retry_at = retry_at - $1::interval
"""


@dataclass(eq=False)
class Taken:
    """An attempt in the hands of an executor."""

    executor: LeaseStore
    run: ClaimedRun


class DyingEntrance(Entrance):
    """Dies with its scheduler after it has written, before that is committed."""

    def __init__(self, entrance: Entrance) -> None:
        self._entrance = entrance

    async def enter(
        self, connection: Connection, entries: Sequence[Entry], jobs: Mapping[UUID, Job]
    ) -> list[Entry]:
        await self._entrance.enter(connection, entries, jobs)
        raise ConnectionResetError

    def committed(self, entries: Sequence[Entry]) -> list[str]:
        return self._entrance.committed(entries)


@dataclass
class DiesAfterCommit:
    """Dies with its scheduler after the commit, before it has acknowledged anything."""

    engine: Engine

    async def handle(self, batch: Sequence[Received]) -> int:
        await self.engine.handle(batch)
        raise ConnectionResetError


@dataclass
class World:
    """One installation, taken apart."""

    desk: Desk
    conditions: Conditions
    runs: Runs = field(default_factory=Runs)
    held: list[Taken] = field(default_factory=list)
    frozen: list[Taken] = field(default_factory=list)
    """In the hands of executors that are taken for dead and are not."""
    passed: timedelta = timedelta(0)
    under_way: int = 0
    """Messages with events that were published, or not acknowledged."""

    def __post_init__(self) -> None:
        desk = self.desk
        self.executors = [self.executor() for _ in range(2)]
        self.canceller = Canceller(EndStore(desk.own), desk.dispatcher, desk.client)
        self.admitter: Admitter = desk.admitter()
        self.recalls = RecallStore(desk.own)
        self.engines = [make_engine(desk, self.conditions) for _ in range(2)]
        dying = replace(desk, entrance=DyingEntrance(desk.entrance))
        self.dying_engine = make_engine(dying, self.conditions)
        self.events: JetStreamContext.PullSubscription | None = None

    async def begin(self) -> None:
        """Empty everything that the life before has left."""
        await self.desk.pools.empty()
        await self.desk.js.purge_stream("EVENTS")
        with contextlib.suppress(NotFoundError):
            await self.desk.js.delete_consumer("EVENTS", topology.SCHEDULER_EVENTS.name)
        await declare_on(self.desk.js)
        self.events = await self.desk.js.pull_subscribe_bind(
            topology.SCHEDULER_EVENTS.name, stream="EVENTS"
        )
        await self.desk.long_up()

    @property
    def now(self) -> datetime:
        return utc_now() + self.passed

    async def time_passes(self, time: timedelta) -> None:
        """Let what waits come nearer; whoever lives renews its leases."""
        self.passed += time
        await self.desk.time_passes(time)
        await self.desk.pool.execute(_LATER, time)
        for executor in self.executors:
            mine = [(t.run.run_id, t.run.attempt) for t in self.held if t.executor is executor]
            await executor.renew(mine)

    # --- executors

    def executor(self) -> LeaseStore:
        return LeaseStore(self.desk.executors, uuid4(), LEASE)

    async def claim(self, number: int, most: int, *, two: bool = False) -> list[Taken]:
        """Let an executor take what is next; with *two*, the other one at the same moment."""
        executors = self.executors if two else [self.executors[number]]
        claims = await asyncio.gather(*(executor.claim(most) for executor in executors))
        taken: list[Taken] = []
        for executor, runs in zip(executors, claims, strict=True):
            for run in runs:
                self.runs.began(run, self.now)
                taken.append(Taken(executor, run))
        self.held += taken
        return taken

    async def lose_orders(self) -> None:
        """Leave runs as a scheduler of the version before this one let them go."""
        lost = await self.desk.pool.fetch("DELETE FROM scheduler.orders RETURNING run_id")
        self.runs.adrift |= {row["run_id"] for row in lost}
        await self.time_passes(2 * SECOND)

    async def come_back(self) -> None:
        """Let executors that seemed dead renew their leases, of runs that nobody else has yet."""
        seemed_dead, self.frozen = self.frozen, []
        for each in seemed_dead:
            attempt = (each.run.run_id, each.run.attempt)
            if attempt in await each.executor.renew([attempt]):
                self.runs.came_back(each.run)
                self.held.append(each)
            else:
                self.frozen.append(each)

    async def pause(self, number: int) -> None:
        """Let nothing begin for a moment, of whatever was let go."""
        await self.desk.pool.execute("UPDATE api.switches SET paused = true")
        await self.recalls.recall()
        for each in await self.claim(number, 20):
            self.runs.began_in_a_pause(each.run)
        await self.desk.pool.execute("UPDATE api.switches SET paused = false")

    async def end(self, taken: Taken, deed: Deed, *, looks: bool = True) -> None:
        """End an attempt; an executor that *looks* sees first whether it is to stop."""
        executor, run = taken.executor, taken.run
        reason = run.cancel_reason
        if looks and reason is None:
            reason = (await executor.cancels([run.run_id])).get(run.run_id)
        ending = ending_of(run, deed) if reason is None else stopped(reason)
        retry_at = next_attempt_at(run, ending, utc_now())
        stored = (await executor.store([end_of(run, ending, retry_at)])).attempts
        self.runs.ended(
            run,
            ending.status,
            retry_at + self.passed if retry_at else None,
            stored=(run.run_id, run.attempt) in stored,
        )

    async def lose(self, number: int, *, frozen: bool) -> None:
        """Let an executor die with all that it holds, or be silent for so long that it seems so."""
        await self.claim(number, 3)
        dead, self.executors[number] = self.executors[number], self.executor()
        gone = [each for each in self.held if each.executor is dead]
        self.held = [each for each in self.held if each.executor is not dead]
        if frozen:
            self.frozen += gone
        for each in gone:
            self.runs.lost(each.run)
        await self.time_passes(LEASE + SECOND)

    # --- schedulers

    async def close(self, schedulers: int = 1) -> None:
        """Let schedulers do what follows from ends, all at once."""
        await asyncio.gather(*(self.desk.closer().step() for _ in range(schedulers)))

    async def cancel(self, run_id: UUID, rival: Taken | None) -> None:
        """Ask for a run to be stopped, perhaps while its executor (*rival*) ends it."""
        outcome = (await self.desk.row(run_id))["outcome"]
        before = list(self.runs.ends[run_id])
        if rival is None:
            item = await self._cancel(run_id)
        else:
            item, _ = await asyncio.gather(
                self._cancel(run_id), self.end(rival, "succeed", looks=False)
            )
        self.runs.answered(item, outcome, before, raced=rival is not None)

    async def cancel_while_claimed(self, number: int) -> None:
        """Ask for each run in the line to be stopped while executors take them."""
        waiting = list(await self.desk.orders())
        before = {run_id: list(self.runs.ends[run_id]) for run_id in waiting}
        items, _ = await asyncio.gather(
            asyncio.gather(*map(self._cancel, waiting)), self.claim(number, 20, two=True)
        )
        for item in items:
            self.runs.answered(item, "fired", before[item.run_id], raced=False)

    async def _cancel(self, run_id: UUID) -> CancelItem:
        answer = await self.canceller.cancel(CancelRequest(run_ids=(run_id,), reason="ops"))
        (item,) = answer.items
        if item.state is not CancelState.ENDED or item.status is not None:
            return item
        async with self.desk.pool.acquire() as connection:  # as the API does
            status = (await open_runs.ends_of(connection, [run_id])).get(run_id)
        return item.model_copy(update={"status": status})

    # --- events

    async def publish(self, name: str, number: int, times: int = 1) -> None:
        self.under_way += times
        for _ in range(times):
            await self.desk.js.publish(SUBJECT, payload(name, n=number))

    async def hear(self, crash: Crash = "never", *, two: bool = False) -> list[Received]:
        """Let a scheduler handle the events that are there; return those that are committed.

        With *two*, another one got the same messages at the same time.
        """
        messages = await self._events()
        batch = [received_from(message) for message in messages]
        handling: dict[Crash, Handling] = {
            "never": self.engines[0],
            "before the commit": self.dying_engine,
            "after the commit": DiesAfterCommit(self.engines[0]),
        }
        intake = EventIntake(handling[crash])
        for message in messages:
            intake.arrived(message)
        working = [_work(intake), *([self._hear_too(batch)] if two else [])]
        died = [each for each in await asyncio.gather(*working, return_exceptions=True) if each]
        for message in messages if died else ():
            with contextlib.suppress(MsgAlreadyAckdError):  # what nobody acknowledges comes again
                await message.nak()
                self.under_way += 1
        if unforeseen := [each for each in died if not isinstance(each, ConnectionResetError)]:
            raise unforeseen[0]
        return [] if died and crash == "before the commit" and not two else batch

    async def _hear_too(self, batch: Sequence[Received]) -> None:
        await self.engines[1].handle(batch)

    async def _events(self) -> list[Msg]:
        """Return what is published or came back, and nobody has in hand."""
        assert self.events is not None
        count, patience = self.under_way, 5.0
        if not count:  # what was acknowledged a moment ago, or too late
            count, patience = await unread(self.desk.js, topology.SCHEDULER_EVENTS), 0.2
        messages: list[Msg] = []
        with contextlib.suppress(TimeoutError):
            messages = await self.events.fetch(count, timeout=patience) if count else []
        self.under_way = max(0, self.under_way - len(messages))
        return messages

    async def logged(self) -> tuple[dict[UUID, str], Counter[UUID]]:
        """Return what the log says of the end of each run, and how many it has counted."""
        ends = await self.desk.pool.fetch("SELECT run_id, status FROM log.runs WHERE final")
        counts = await self.desk.pool.fetch("SELECT task_id, run_count FROM log.task_statistics")
        return dict(map(tuple, ends)), Counter(dict(map(tuple, counts)))

    async def left(self) -> list[object]:
        """Return what is still to be done."""
        rows = await self.desk.pool.fetch(
            "SELECT o.run_id, o.trigger, o.outcome, o.attempt, o.held, o.waits_for, o.settled,"
            " l.attempt AS claimed, l.outcome AS ended, l.lease_until"
            " FROM scheduler.occurrences o LEFT JOIN executor.leases l USING (run_id)"
            " WHERE NOT o.settled OR l.run_id IS NOT NULL"
        )
        orders = await self.desk.orders()
        to_follow = await self.desk.pool.fetch("SELECT run_id FROM scheduler.run_ends")
        events = await unread(self.desk.js, topology.SCHEDULER_EVENTS)
        return [*rows, *orders.items(), *to_follow, *(["events"] * events), *self.held]


async def _work(intake: EventIntake) -> None:
    while await intake.step() == timedelta(0):
        pass
