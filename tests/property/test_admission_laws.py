"""The laws of admission: whatever comes, waits, ends and fails in whatever order.

A small world is played round by round: runs come in, rounds are held, live runs end or fail and
come back as their next attempt. After each round the laws must hold.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import TypeVar
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.scheduler.admission import decide
from services.scheduler.waiting import (
    REASONS,
    Admit,
    Candidate,
    Conflict,
    Drop,
    Live,
    QueueRule,
    Rate,
    Situation,
    Verdict,
    Wait,
)
from shared.contracts.policy import Concurrency, Overlap, RateLimit, TaskPolicy
from shared.domain.occurrence import Outcome

Subject = TypeVar("Subject")

START = datetime(2026, 3, 1, tzinfo=UTC)
ALONE = set(Overlap) - {Overlap.ALLOW_ALL, Overlap.TERMINATE_OTHER}
KEYS = ("", "a", "b")
QUEUES = ("narrow", "slow", "free")
DEPTH = 3
RULES = {
    "narrow": QueueRule(concurrency=2, max_depth=DEPTH),
    "slow": QueueRule(rate=Rate(limit=2, period=timedelta(seconds=60))),
}

strategies = st.sampled_from(["queue", "skip", "cancel_oldest", "round_robin"])
policies = st.builds(
    TaskPolicy,
    concurrency=st.none()
    | st.builds(
        Concurrency, limit=st.integers(1, 3), key=st.just("{{ params.k }}"), strategy=strategies
    ),
    rate_limit=st.none()
    | st.builds(RateLimit, limit=st.integers(1, 3), period_seconds=st.sampled_from([5, 60])),
    start_deadline_seconds=st.none() | st.just(90),
)
CONFLICTS: tuple[Conflict, ...] = ("wait", "skip", "supersede")
locks = st.lists(
    st.tuples(st.sampled_from("xyz"), st.sampled_from(CONFLICTS)),
    max_size=2,
    unique_by=lambda lock: lock[0],
)


@dataclass(frozen=True, slots=True)
class Task:
    """A task of the world."""

    task_id: UUID
    policy: TaskPolicy
    overlap: Overlap
    queue: str
    locks: tuple[tuple[str, Conflict], ...]


@dataclass(slots=True)
class World:
    """Who waits, who is live, and what has happened."""

    now: datetime = START
    paused: bool = False
    waiting: dict[UUID, Candidate] = field(default_factory=dict)
    live: dict[UUID, Candidate] = field(default_factory=dict)
    cancelling: set[UUID] = field(default_factory=set)
    starts: dict[UUID, tuple[datetime, Candidate]] = field(default_factory=dict)
    admitted: Counter[tuple[UUID, int]] = field(default_factory=Counter)
    came: int = 0

    def comes(self, task: Task, key: str, priority: int) -> None:
        """Let a run of a task come in, due now."""
        self.came += 1
        run_id = UUID(int=self.came)
        self.waiting[run_id] = Candidate(
            run_id=run_id,
            task_id=task.task_id,
            due_at=self.now,
            scheduled_for=self.now,
            trigger="schedule",
            queue=task.queue,
            priority=priority,
            overlap=task.overlap,
            policy=task.policy,
            key=key if task.policy.concurrency else "",
            locks=task.locks,
        )

    def situation(self) -> Situation:
        begun = [each for each in self.waiting.values() if each.has_begun]
        return Situation(
            now=self.now,
            paused=self.paused,
            queues={
                name: replace(rule, waiting=self._waiting_in(name)) for name, rule in RULES.items()
            },
            live=[self._live(each) for each in self.live.values()]
            + [self._live(each, between=True) for each in begun],
            live_in_queue=Counter(each.queue for each in self.live.values()),
            task_starts=self._starts(lambda each: each.task_id),
            queue_starts=self._starts(lambda each: each.queue),
        )

    def _waiting_in(self, queue: str) -> int:
        return sum(
            each.queue == queue and not each.has_begun and each.waits_for in REASONS
            for each in self.waiting.values()
        )

    def _live(self, each: Candidate, *, between: bool = False) -> Live:
        return Live(
            run_id=each.run_id,
            task_id=each.task_id,
            since=each.due_at,
            key=each.key,
            locks=frozenset(lock for lock, _ in each.locks),
            cancelling=each.run_id in self.cancelling,
            between_attempts=between,
        )

    def _starts(self, of: Callable[[Candidate], Subject]) -> dict[Subject, list[datetime]]:
        found: dict[Subject, list[datetime]] = {}
        for at, each in sorted(self.starts.values(), key=lambda start: start[0]):
            found.setdefault(of(each), []).append(at)
        return found

    def round(self) -> Verdict:
        """Hold a round and carry out what it decides."""
        verdict = decide(self.waiting.values(), self.situation())
        assert set(verdict.cancels) <= self.live.keys() | self.waiting.keys()
        self.cancelling |= verdict.cancels.keys()
        for run_id, decision in verdict.decisions.items():
            candidate = self.waiting[run_id]
            if isinstance(decision, Admit):
                self._admit(candidate)
            elif isinstance(decision, Drop):
                assert not candidate.has_begun, "what has begun is never dropped"
                del self.waiting[run_id]
            else:
                self.waiting[run_id] = replace(
                    candidate, waits_for=decision.reason, not_before=decision.not_before
                )
        return verdict

    def _admit(self, candidate: Candidate) -> None:
        others = [
            each.run_id
            for each in [*self.live.values(), *self.waiting.values()]
            if each.task_id == candidate.task_id
            and each.run_id != candidate.run_id
            and (each.run_id in self.live or each.has_begun)
        ]
        if candidate.overlap in ALONE and not candidate.has_begun:
            assert not others, "it runs beside another run of its task"
        self.admitted[candidate.run_id, candidate.attempt] += 1
        if not candidate.has_begun:
            self.starts[candidate.run_id] = (self.now, candidate)
        self.live[candidate.run_id] = self.waiting.pop(candidate.run_id)

    def ends(self, number: int, *, fails: bool) -> None:
        """Let one of the live runs end, or go on with its next attempt."""
        if not self.live:
            return
        run_id = sorted(self.live)[number % len(self.live)]
        ended = self.live.pop(run_id)
        if fails and run_id not in self.cancelling:
            self.waiting[run_id] = replace(
                ended, attempt=ended.attempt + 1, waits_for="retry", not_before=self.now
            )

    def check(self) -> None:
        """Hold the laws against what there is."""
        assert set(self.admitted.values()) <= {1}, "admitted twice"
        slots = Counter((each.task_id, each.key) for each in self.live.values())
        queues = Counter(each.queue for each in self.live.values())
        holders = Counter(lock for each in self.live.values() for lock, _ in each.locks)
        for each in self.live.values():
            rule = each.policy.concurrency
            assert rule is None or slots[each.task_id, each.key] <= rule.limit
        assert queues["narrow"] <= 2
        assert self._waiting_in("narrow") <= DEPTH
        assert all(count == 1 for count in holders.values()), "a lock was given twice"
        self._check_rates()

    def _check_rates(self) -> None:
        for at, candidate in self.starts.values():
            rule = candidate.policy.rate_limit
            same = [
                when for when, each in self.starts.values() if each.task_id == candidate.task_id
            ]
            if rule is not None:
                period = timedelta(seconds=rule.period_seconds)
                assert sum(at - period < when <= at for when in same) <= rule.limit
            if candidate.queue == "slow":
                minute = timedelta(seconds=60)
                queue = [when for when, each in self.starts.values() if each.queue == "slow"]
                assert sum(at - minute < when <= at for when in queue) <= 2


@st.composite
def tasks(draw: st.DrawFn) -> list[Task]:
    return [
        Task(
            task_id=UUID(int=10_000 + number),
            policy=draw(policies),
            overlap=draw(st.sampled_from(Overlap)),
            queue=draw(st.sampled_from(QUEUES)),
            locks=tuple(draw(locks)),
        )
        for number in range(draw(st.integers(1, 4)))
    ]


events = st.lists(
    st.one_of(
        st.tuples(st.just("comes"), st.integers(0, 99), st.sampled_from(KEYS), st.integers(1, 5)),
        st.tuples(st.just("ends"), st.integers(0, 99), st.booleans()),
        st.tuples(st.just("time"), st.integers(0, 70)),
        st.tuples(st.just("pause"), st.booleans()),
        st.tuples(st.just("round")),
    ),
    max_size=60,
)


@given(tasks(), events)
def test_no_limit_is_ever_exceeded_and_nothing_is_admitted_twice(
    tasks: list[Task], events: list[tuple[object, ...]]
) -> None:
    world = World()
    for event in events:
        match event:
            case ("comes", int(number), str(key), int(priority)):
                world.comes(tasks[number % len(tasks)], key, priority)
            case ("ends", int(number), bool(fails)):
                world.ends(number, fails=fails)
            case ("time", int(seconds)):
                world.now += timedelta(seconds=seconds)
            case ("pause", bool(paused)):
                world.paused = paused
            case _:
                verdict = world.round()
                if world.paused:
                    full = {Drop(Outcome.THROTTLED, f"queue.full:{task.queue}") for task in tasks}
                    assert set(verdict.decisions.values()) <= {Wait("paused_all")} | full
                world.check()


@given(tasks(), events)
def test_what_waits_comes_to_its_end_once_nothing_new_comes(
    tasks: list[Task], events: list[tuple[object, ...]]
) -> None:
    world = World()
    for event in events:
        if event[0] == "comes":
            world.comes(tasks[int(str(event[1])) % len(tasks)], str(event[2]), int(str(event[3])))
    # One run at least per round, or a minute of a rate.
    for _ in range(2 * world.came + 2):
        world.round()
        world.check()
        while world.live:
            world.ends(0, fails=False)
        world.now += timedelta(seconds=60)

    assert not world.waiting


@given(st.integers(2, 5), st.integers(5, 90))
def test_ageing_keeps_the_lowest_priority_from_starving(priority: int, seconds: int) -> None:
    """Each round as many runs of the highest priority come as there are slots, for ever."""
    world = World()
    task = Task(UUID(int=10_000), TaskPolicy(), Overlap.ALLOW_ALL, "narrow", ())
    world.comes(task, "", priority)
    (low,) = world.waiting
    grown_up = START + timedelta(minutes=priority - 1)

    while low in world.waiting:
        assert world.now <= grown_up + timedelta(seconds=seconds)
        world.comes(task, "", 1)
        world.comes(task, "", 1)
        world.round()
        world.check()
        while world.live:
            world.ends(0, fails=False)
        world.now += timedelta(seconds=seconds)


@given(tasks(), events, st.randoms(use_true_random=False))
def test_the_order_in_which_candidates_are_read_decides_nothing(
    tasks: list[Task],
    events: list[tuple[object, ...]],
    dice: Random,
) -> None:
    world = World()
    for event in events:
        if event[0] == "comes":
            world.comes(tasks[int(str(event[1])) % len(tasks)], str(event[2]), int(str(event[3])))
            world.now += timedelta(seconds=1)
    candidates = list(world.waiting.values())
    first = decide(candidates, world.situation())

    dice.shuffle(candidates)

    assert decide(candidates, world.situation()) == first
