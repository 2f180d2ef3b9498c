"""One life of an installation: the rules that may happen in any order, and the end of it."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, Literal, TypeVar, get_args

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from shared.contracts.tasks import TaskChanged
from shared.runtime.clock import utc_now
from shared.runtime.conditions import Conditions
from tests.integration.scheduler.desk import MINUTE, SECOND, Desk, changed, deleted, request
from tests.integration.scheduler.promises.deeds import Deed
from tests.integration.scheduler.promises.model import (
    PAUSE,
    Counting,
    Dependant,
    Limited,
    Listening,
    Scheduled,
    Span,
    Task,
    Upstream,
)
from tests.integration.scheduler.promises.runs import Promise, check
from tests.integration.scheduler.promises.world import Crash, World

OWED = 5 * SECOND
"""A task is created so long ago that its first tick owes a few fires, all within the threshold."""
ROUNDS, MANY = 20, 5
"""Of draining: the longest way to an end takes a few of them; what is done until all succeeds."""

Kind = Literal["scheduled", "listening", "counting", "limited", "after each end", "after success"]
KINDS: tuple[Kind, ...] = get_args(Kind)
Edit = Literal["edit", "switch", "delete"]

T = TypeVar("T")

pick = st.integers(min_value=0, max_value=10_000)
small = st.integers(min_value=0, max_value=3)
changes: st.SearchStrategy[Edit] = st.sampled_from(("edit", "edit", "switch", "switch", "delete"))
crashes: st.SearchStrategy[Crash] = st.sampled_from(
    ("never", "never", "before the commit", "after the commit")
)
deeds: st.SearchStrategy[Deed] = st.sampled_from(("succeed", "fail", "fail", "snooze"))


class Promises(RuleBasedStateMachine):
    """`desk`, `conditions` and `loop` are set by the test."""

    desk: Desk
    conditions: Conditions
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.tasks: list[Task] = []
        self.published: dict[str, int] = {}
        self.handled: set[str] = set()
        self.ticked_at = utc_now()
        self.last_deed: Deed = "succeed"
        """What becomes of all that is under way in the end; a snooze comes to its end, too."""
        self.world: World = self.do(self._new_world())

    async def _new_world(self) -> World:
        return World(self.desk, self.conditions)

    def do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self.loop).result(60)

    def begin(self) -> None:
        """Forget the life before."""
        self.do(self.world.begin())

    @initialize(kinds=st.lists(st.sampled_from(KINDS), min_size=3, max_size=8), last_deed=deeds)
    def furnish(self, kinds: list[Kind], last_deed: Deed) -> None:
        self.begin()
        self.last_deed = last_deed
        for kind in kinds:
            self.create(kind)
        self.run_by_hand(len(self.tasks) - 1)

    # --- tasks

    @rule(kind=st.sampled_from(KINDS))
    def create(self, kind: Kind) -> None:
        match kind:
            case "scheduled":
                self._new(Scheduled(seconds=1, since=[(utc_now() - OWED, 1)]))
            case "listening":
                self._new(Listening(least=1))
            case "counting":
                self._new(Counting())
            case "limited":
                self._new(Limited())
            case "after each end" | "after success":
                upstream = Upstream()
                dependant = Dependant(upstream=upstream, always=kind == "after each end")
                if not dependant.always:
                    upstream.dependants = (dependant.task_id,)
                self._new(dependant)
                self._new(upstream)

    @rule(number=pick, change=changes, value=small, twice=st.booleans())
    def edit(self, number: int, change: Edit, value: int, *, twice: bool = False) -> None:
        found = [task for task in self.tasks if not task.is_gone and not task.is_steady]
        if not found:
            return
        task = found[number % len(found)]
        match task, change:
            case _, "delete":
                task.is_gone = True
            case _, "switch":
                task.enabled = not task.enabled
            case Scheduled(), _:
                task.seconds = 1 + value % 3
            case Listening(), _:
                task.least = value
        self._change(task, twice=twice)

    @rule(number=pick, count=st.integers(1, 3), twice=st.booleans())
    def run_by_hand(self, number: int, count: int = 1, *, twice: bool = False) -> None:
        living = [task for task in self.tasks if not task.is_gone]
        for _ in range(count if living else 0):
            task = living[number % len(living)]
            wish = request(task.task_id, task.version)
            task.by_hand.add(wish.run_id)
            for _ in range(1 + twice):
                self.do(self.desk.applier.runs_requested([wish]))

    # --- events

    @rule(number=small, times=st.integers(1, 2))
    def publish(self, number: int, times: int = 1) -> None:
        name = f"e{len(self.published)}"
        self.published[name] = number
        self.do(self.world.publish(name, number, times))

    @rule(which=pick)
    def publish_again(self, which: int) -> None:
        if self.published:
            name = list(self.published)[which % len(self.published)]
            self.do(self.world.publish(name, self.published[name]))

    @rule(crash=crashes, two=st.booleans())
    def hear(self, crash: Crash = "never", *, two: bool = False) -> None:
        for name in [each.event.id for each in self.do(self.world.hear(crash, two=two))]:
            if name not in self.handled:
                self.handled.add(name)
                for task in self.tasks:
                    if isinstance(task, Listening):
                        task.hears(name, self.published[name])

    # --- schedulers

    @rule(two=st.booleans())
    def tick(self, *, two: bool = False) -> None:
        self.ticked_at = utc_now()
        self.do(self.desk.catch_up(*(self.desk.ticker() for _ in range(1 + two))))

    @rule()
    def lose_all_orders(self) -> None:
        self.tick()
        self.do(self.world.lose_orders())

    @rule()
    def sweep(self) -> None:
        self.do(self.desk.sweeper().step())

    @rule(number=pick)
    def pause(self, number: int) -> None:
        self.do(self.world.pause(number % 2))

    @rule(schedulers=st.integers(1, 2))
    def close(self, schedulers: int = 1) -> None:
        self.do(self.world.close(schedulers))

    @rule()
    def admit(self) -> None:
        self.do(self.world.admitter.step())

    @rule(number=pick, racing=st.booleans())
    def cancel(self, number: int, *, racing: bool = False) -> None:
        world = self.world
        held = [each for each in world.held if each.run.run_id not in world.runs.doomed]
        rival = held[number % len(held)] if racing and held else None
        if rival is not None:
            world.held.remove(rival)
            self.do(world.cancel(rival.run.run_id, rival))
        elif rows := self.do(self.desk.rows()):
            self.do(world.cancel(rows[number % len(rows)]["run_id"], None))

    @rule(number=pick)
    def cancel_while_claimed(self, number: int) -> None:
        self.do(self.world.cancel_while_claimed(number % 2))

    # --- executors

    @rule(number=pick, most=st.integers(1, 20), deed=deeds)
    def work(self, number: int, most: int, deed: Deed) -> None:
        self.claim(number, most)
        self.end(number, deed, most // 2)

    @rule(number=pick, most=st.integers(1, 20), two=st.booleans())
    def claim(self, number: int, most: int = 20, *, two: bool = False) -> None:
        self.do(self.world.claim(number % 2, most, two=two))
        self._count_live()

    @rule(number=pick, deed=deeds, most=st.integers(1, 20))
    def end(self, number: int, deed: Deed = "succeed", most: int = 1) -> None:
        held = self.world.held
        for _ in range(min(most, len(held))):
            self.do(self.world.end(held.pop(number % len(held)), deed))

    @rule(number=pick, frozen=st.booleans())
    def lose_executor(self, number: int, *, frozen: bool = False) -> None:
        self.do(self.world.lose(number % 2, frozen=frozen))
        self._count_live()

    @rule()
    def come_back(self) -> None:
        """Let executors that seemed dead go on with what is still theirs."""
        self.do(self.world.come_back())
        self._count_live()

    @rule()
    def thaw(self) -> None:
        """Let executors that seemed dead say how the runs ended that they still think theirs."""
        while self.world.frozen:
            self.do(self.world.end(self.world.frozen.pop(), "succeed"))

    @rule()
    def wait(self) -> None:
        """Let the time of all come who wait for their next attempt."""
        self.close()
        self.do(self.world.time_passes((PAUSE + 1) * SECOND))
        self.admit()

    # --- the end

    def teardown(self) -> None:
        """Let everything come to its end, twice; then compare with what was promised."""
        self._drain()
        for task in self.tasks:
            if isinstance(task, Limited) and not task.is_gone:
                self._fill(task)
        self._drain()
        rows = self.do(self.desk.rows())
        for task in self.tasks:
            its = [row for row in rows if row["task_id"] == task.task_id]
            task.judge(its, self.world.runs, Span(self.ticked_at, utc_now()))
        fired = {row["run_id"] for row in rows if row["outcome"] == "fired"}
        self.world.runs.judge(fired, *self.do(self.world.logged()))
        check(self.handled == set(self.published), Promise.EVENTS, self.handled)

    def _drain(self) -> None:
        self.tick()
        self.thaw()
        for number in range(ROUNDS):
            self.end(0, self.last_deed if number < MANY else "succeed", len(self.world.held))
            self.hear()
            self.wait()
            self.sweep()
            while self.do(self.world.claim(0, 10_000)):  # last chances come one by one
                pass
            left = self.do(self.world.left())
            if not left:
                return
        check(False, Promise.OVER, *left)  # noqa: FBT003 - what it is about

    def _fill(self, task: Limited) -> None:
        """Ask for as many runs as there are slots: all of them are free."""
        wishes = [request(task.task_id, task.version) for _ in range(task.limit)]
        task.by_hand |= {wish.run_id for wish in wishes}
        self.do(self.desk.applier.runs_requested(wishes))
        self.admit()
        held = [self.do(self.desk.row(wish.run_id))["held"] for wish in wishes]
        check(not any(held), Promise.OVER, "a slot is missing", task)

    def _count_live(self) -> None:
        for task in self.tasks:
            if isinstance(task, Limited):
                live = self.world.runs.live(task.task_id)
                check(len(live) <= task.limit, Promise.LIMIT, task, live)

    def _new(self, task: Task) -> None:
        self.tasks.append(task)
        at = task.since[0][0] if isinstance(task, Scheduled) else utc_now() - MINUTE
        self._apply(changed(task.task_id, 1, at, task.schedule, **task.definition))

    def _change(self, task: Task, *, twice: bool = False) -> None:
        at = utc_now()
        task.changed(at)
        event = changed(
            task.task_id, task.version, at, task.schedule, enabled=task.enabled, **task.definition
        )
        for _ in range(1 + twice):
            self._apply(deleted(task.task_id, task.version, at) if task.is_gone else event)

    def _apply(self, event: TaskChanged) -> None:
        self.do(self.desk.applier.tasks_changed([event]))
