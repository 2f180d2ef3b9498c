"""The promises as invariants of a state machine, on real servers, whatever happens in any order.

Tasks are created, edited, paused, deleted and run by hand; schedulers tick, two at a time;
executors claim, finish, die; messages are lost and doubled. In the end all is drained, and then:

- every fire of every version of a task has exactly one row in the ledger, and there is no other;
- every run that fired ended exactly once;
- a run was begun twice only if the executor that had it died or its attempt failed.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test
from nats.js.errors import NotFoundError

from services.executor.claimed import ClaimedRun
from services.executor.store.leases import LeaseStore
from services.scheduler.job import AHEAD, Entry
from services.scheduler.loops.closer import Closer
from services.scheduler.loops.sweeper import Sweeper
from services.scheduler.store.ends import EndStore
from services.scheduler.store.ledger import LedgerStore
from shared.contracts.runs import RunDue, RunFinished, RunStatus
from shared.contracts.tasks import TaskChanged
from shared.db.pool import Connection
from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import LEASE, SECOND, Desk, changed, deleted, request
from tests.integration.scheduler.test_closer import Witness

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
OWED = 12 * SECOND
"""A task is created so long ago that its first tick owes a few fires, all within the threshold."""
ALLOW = {"overlap": "allow_all"}

pick = st.integers(min_value=0, max_value=10_000)


@dataclass
class Model:
    """A task as we defined it: each version with the time from which it holds."""

    task_id: UUID
    versions: list[tuple[datetime, int | None]] = field(default_factory=list)
    """(since, interval in seconds or None once deleted)"""
    enabled: bool = True
    by_hand: set[UUID] = field(default_factory=set)

    @property
    def is_gone(self) -> bool:
        return self.versions[-1][1] is None

    def fires(self, until: datetime, *, late_edits: timedelta = timedelta(0)) -> set[datetime]:
        """Return the fires up to *until*, if edits held *late_edits* later than they were made."""
        found: set[datetime] = set()
        ends = [since for since, _ in self.versions[1:]] + [until]
        for (since, seconds), end in zip(self.versions, ends, strict=True):
            if seconds is not None:
                period = timedelta(seconds=seconds)
                at = EPOCH + ((since - EPOCH) // period + 1) * period
                while at <= min(end + late_edits, until):
                    found.add(at)
                    at += period
        return found


class Promises(RuleBasedStateMachine):
    """One life of a scheduler and its executors; `desk` and `loop` are set by the test."""

    desk: Desk
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[Model] = []
        self.executors = [self.desk.executor() for _ in range(2)]
        self.held: list[tuple[LeaseStore, UUID, int]] = []
        self.begun: Counter[UUID] = Counter()
        self.excused: Counter[UUID] = Counter()
        self.sweeps = 0

    def do(self, what: Coroutine[Any, Any, Any]) -> Any:  # noqa: ANN401 - whatever it returns
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    @initialize()
    def nothing_is_there(self) -> None:
        self.do(
            self.desk.pool.execute(
                "TRUNCATE scheduler.jobs, scheduler.occurrences, executor.leases"
            )
        )
        self.do(self.desk.js.purge_stream("DUE"))
        self.do(self.desk.long_up())

    @rule(seconds=st.sampled_from([1, 2, 3]))
    def create(self, seconds: int) -> None:
        task = Model(uuid4(), [(utc_now() - OWED, seconds)])
        self.tasks.append(task)
        self._say(task, task.versions[0][0])

    @rule(number=pick, seconds=st.sampled_from([1, 2, 3]), twice=st.booleans())
    def edit(self, number: int, seconds: int, *, twice: bool) -> None:
        if task := self._living(number):
            task.versions.append((utc_now(), seconds))
            self._say(task, task.versions[-1][0], twice=twice)

    @rule(number=pick)
    def switch(self, number: int) -> None:
        if task := self._living(number):
            task.enabled = not task.enabled
            task.versions.append((utc_now(), task.versions[-1][1]))
            self._say(task, task.versions[-1][0])

    @rule(number=pick)
    def delete(self, number: int) -> None:
        if task := self._living(number):
            task.versions.append((utc_now(), None))
            self._apply(deleted(task.task_id, len(task.versions), task.versions[-1][0]))

    @rule(number=pick, twice=st.booleans())
    def run_by_hand(self, number: int, *, twice: bool) -> None:
        if task := self._living(number):
            wish = request(task.task_id, len(task.versions))
            task.by_hand.add(wish.run_id)
            for _ in range(1 + twice):
                self.do(self.desk.applier.runs_requested([wish]))

    @rule(two=st.booleans())
    def tick(self, *, two: bool) -> None:
        self.do(self.desk.catch_up(*(self.desk.ticker() for _ in range(1 + two))))

    @rule(number=pick, most=st.integers(1, 20))
    def claim(self, number: int, most: int) -> None:
        self._claim(self.executors[number % 2], most)

    @rule(number=pick)
    def finish(self, number: int) -> None:
        if self.held:
            executor, run_id, attempt = self.held.pop(number % len(self.held))
            self.do(executor.finish([_result(run_id, attempt)], [b"{}"]))

    @rule(number=pick)
    def die(self, number: int) -> None:
        """Let an executor vanish with all that it holds."""
        dead = self.executors[number % 2]
        self._claim(dead, 3)
        self.excused.update(run_id for each, run_id, _ in self.held if each is dead)
        self.held = [each for each in self.held if each[0] is not dead]
        self.executors[number % 2] = self.desk.executor()
        self._leases_run_out(dead)

    @rule()
    def lose_all_orders(self) -> None:
        self.tick(two=False)
        self.do(self.desk.js.purge_stream("DUE"))
        self.do(self.desk.time_passes(2 * SECOND))

    @rule()
    def sweep(self) -> None:
        self.do(self._sweeper().step())

    @rule()
    def close(self) -> None:
        self.do(_closer(self.desk).step())

    def teardown(self) -> None:
        self.do(self._drain())
        self._judge(self.do(self.desk.rows()))

    def _sweeper(self) -> Sweeper:
        """Return a sweeper long after the one before: the stream has forgotten its ids."""
        self.sweeps += 1
        later = self.sweeps * 10 * SECOND
        return Sweeper(
            self.desk.ledger,
            self.desk.dispatcher,
            self.desk.due_messages,
            lambda: utc_now() + later,
        )

    def _living(self, number: int) -> Model | None:
        living = [task for task in self.tasks if not task.is_gone]
        return living[number % len(living)] if living else None

    def _say(self, task: Model, at: datetime, *, twice: bool = False) -> None:
        schedule = {"interval_seconds": task.versions[-1][1]}
        event = changed(
            task.task_id, len(task.versions), at, schedule, enabled=task.enabled, policy=ALLOW
        )
        for _ in range(1 + twice):
            self._apply(event)

    def _apply(self, event: TaskChanged) -> None:
        self.do(self.desk.applier.tasks_changed([event]))

    def _claim(self, executor: LeaseStore, most: int) -> None:
        for run in self.do(self._take(executor, most)):
            self.begun[run.run_id] += 1
            self.held.append((executor, run.run_id, run.attempt))

    async def _take(self, executor: LeaseStore, most: int) -> list[ClaimedRun]:
        """Claim what the oldest orders name, twice each, and acknowledge these."""
        state = (await self.desk.js.stream_info("DUE")).state
        orders: list[tuple[UUID, int]] = []
        for sequence in range(state.first_seq, state.last_seq + 1) if state.messages else ():
            with contextlib.suppress(NotFoundError):
                message = await self.desk.js.get_msg("DUE", sequence)
                due = RunDue.decode(message.data or b"")
                orders += [(due.run_id, due.attempt)] * 2
                await self.desk.js.delete_msg("DUE", sequence)
            if len(orders) >= 2 * most:
                break
        return await executor.claim(orders) if orders else []

    def _leases_run_out(self, dead: LeaseStore) -> None:
        kept = [(run_id, attempt) for each, run_id, attempt in self.held if each is not dead]
        self.do(self.desk.time_passes(LEASE + SECOND))
        for executor in self.executors:
            self.do(executor.renew(kept))

    async def _drain(self) -> None:
        await self.desk.catch_up()
        for executor, run_id, attempt in self.held:
            await executor.finish([_result(run_id, attempt)], [b"{}"])
        last = self.desk.executor()
        for _ in range(50):
            await self.desk.time_passes(2 * SECOND)
            await _closer(self.desk).step()
            await self._sweeper().step()
            claimed = await self._take(last, 10_000)
            self.begun.update(run.run_id for run in claimed)
            results = [_result(run.run_id, run.attempt) for run in claimed]
            await last.finish(results, [b"{}"] * len(results))
            if not [row for row in await self.desk.rows() if not row["settled"]]:
                return
        raise AssertionError("not drained")

    def _judge(self, rows: list[Any]) -> None:
        by_task: dict[UUID, list[Any]] = {task.task_id: [] for task in self.tasks}
        for row in rows:
            by_task[row["task_id"]].append(row)
        for task in self.tasks:
            scheduled = [r["scheduled_for"] for r in by_task[task.task_id] if not r["moment"]]
            assert len(scheduled) == len(set(scheduled))
            # What was due in the last instants may or may not have been ticked, ahead of its time.
            sure, possible = utc_now() - 2 * SECOND, utc_now() + AHEAD
            assert set(scheduled) <= task.fires(possible, late_edits=AHEAD)
            assert task.fires(sure) <= set(scheduled)
            by_hand = {r["run_id"] for r in by_task[task.task_id] if r["moment"]}
            assert by_hand == task.by_hand
        ended = self.do(
            self.desk.pool.fetch("SELECT run_id FROM executor.leases WHERE outcome = 'success'")
        )
        fired = {row["run_id"] for row in rows if row["outcome"] == "fired"}
        assert {row["run_id"] for row in ended} == fired
        for run_id, times in self.begun.items():
            assert times <= 1 + self.excused[run_id]


def _closer(desk: Desk) -> Closer:
    return Closer(EndStore(desk.pool), desk.dispatcher, Witness(), wake_admitter=lambda: None)


def _result(run_id: UUID, attempt: int) -> RunFinished:
    now = utc_now()
    return RunFinished(
        run_id=run_id,
        task_id=uuid4(),
        attempt=attempt,
        trigger="schedule",
        scheduled_for=now,
        started_at=now,
        executor="executor-1",
        status=RunStatus.SUCCESS,
        completed_at=now,
    )


async def _live(desk: Desk, lives: int, *phases: Phase) -> None:
    Promises.desk, Promises.loop = desk, asyncio.get_running_loop()
    chosen = settings(
        max_examples=lives,
        stateful_step_count=30,
        deadline=None,
        phases=phases,
        suppress_health_check=list(HealthCheck),
        database=None,
    )
    await asyncio.to_thread(run_state_machine_as_test, Promises, settings=chosen)


async def test_the_promises_hold_whatever_happens_in_whatever_order(desk: Desk) -> None:
    await _live(desk, 25, Phase.generate, Phase.shrink)


async def _nothing(*_: object) -> None:
    pass


async def _all_but_one(
    self: LedgerStore, connection: Connection, entries: Sequence[Entry]
) -> set[UUID]:
    return await INSERT(self, connection, entries[1:])


INSERT = LedgerStore.insert
SABOTAGE: dict[str, tuple[type, str, object]] = {
    "a fire is not written down": (LedgerStore, "insert", _all_but_one),
    "lost orders stay lost": (Sweeper, "_repair", _nothing),
    "runs of dead executors stay lost": (Sweeper, "_rescue", _nothing),
}


@pytest.mark.parametrize("what", list(SABOTAGE))
async def test_a_sabotaged_scheduler_is_caught(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(*SABOTAGE[what])
    Promises.desk, Promises.loop = desk, asyncio.get_running_loop()

    def life() -> None:
        """Give each kind of sabotage something to spoil."""
        promises = Promises()
        promises.nothing_is_there()
        promises.create(1)
        promises.tick(two=False)
        promises.die(0)
        promises.lose_all_orders()
        promises.teardown()

    with pytest.raises(AssertionError):
        await asyncio.to_thread(life)
