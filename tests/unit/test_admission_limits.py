"""Who may run as far as rates, slots and locks allow: one row for each rule."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.scheduler.admission import decide
from services.scheduler.waiting import Candidate, Decision, Drop, QueueRule, Rate, Situation, Wait
from shared.contracts.policy import RateLimit
from shared.domain.occurrence import Outcome
from tests.support.cases import table
from tests.unit.candidates import (
    ADMIT,
    NOW,
    OTHER,
    SECOND,
    TASK,
    admitted,
    decisions,
    limited,
    live,
    locked,
    run,
    waiting,
)

TWICE_A_MINUTE = {"rate_limit": RateLimit(limit=2, period_seconds=60)}
FULL = {TASK: [NOW - 50 * SECOND, NOW - 20 * SECOND]}
NO_SLOT = Wait("concurrency")
LOCKED = Wait("lock")
HOLDER = live(7, task=OTHER, locks=frozenset({"x"}))


def until(seconds: int) -> Wait:
    return Wait("rate_limit", NOW + seconds * SECOND)


def keyed(strategy: str, keys: str, limit: int = 5) -> list[Candidate]:
    """Return runs of one task, the earliest first, each with its key."""
    return [
        waiting(n, due=9 - n, policy=limited(limit, strategy), key=key)
        for n, key in enumerate(keys)
    ]


def rated(*numbers: int, **fields: Any) -> list[Candidate]:  # noqa: ANN401 - whatever a candidate takes
    return [waiting(n, due=9 - n, policy=TWICE_A_MINUTE, **fields) for n in numbers]


@table(
    ("rule", "runs", "situation", "expected"),
    [
        (
            "a full window tells when it opens",
            rated(1, 2, 3),
            {"task_starts": FULL},
            [until(10), until(40), until(70)],
        ),
        (
            "what is admitted counts at once",
            rated(1, 2),
            {"task_starts": {TASK: [NOW - 20 * SECOND]}},
            [ADMIT, until(40)],
        ),
        (
            "a start leaves the window after the period",
            rated(1),
            {"task_starts": {TASK: [NOW - 60 * SECOND, NOW - 20 * SECOND]}},
            [ADMIT],
        ),
        (
            "the rate of a queue counts runs of all tasks",
            [waiting(1, due=2), waiting(2, due=1, task=OTHER)],
            {"queues": {"default": QueueRule(rate=Rate(limit=1, period=60 * SECOND))}},
            [ADMIT, until(60)],
        ),
        (
            "a limit that was raised counts at once",
            rated(1, waits_for="rate_limit", not_before=NOW + 99 * SECOND),
            {},
            [ADMIT],
        ),
        ("a next attempt is no start", rated(1, attempt=2), {"task_starts": FULL}, [ADMIT]),
    ],
)
def test_at_most_so_many_start_in_any_period(
    rule: str, runs: Sequence[Candidate], situation: dict[str, Any], expected: list[Decision]
) -> None:
    assert decisions(runs, **situation) == expected, rule


@table(
    ("rule", "runs", "situation", "expected"),
    [
        (
            "queue lets the others wait",
            keyed("queue", "  ", 2),
            {"live": [live(7, key=" ")]},
            [ADMIT, NO_SLOT],
        ),
        (
            "skip drops the others",
            keyed("skip", "  ", 2),
            {"live": [live(7, key=" ")]},
            [ADMIT, Drop(Outcome.THROTTLED, "concurrency.limit")],
        ),
        (
            "skip drops no next attempt",
            [waiting(1, policy=limited(1, "skip"), attempt=2)],
            {"live": [live(7)]},
            [NO_SLOT],
        ),
        ("each key has slots of its own", keyed("queue", "aab", 1), {}, [ADMIT, NO_SLOT, ADMIT]),
        (
            "a run between two attempts has no slot",
            [waiting(1, policy=limited(1))],
            {"live": [live(7, between_attempts=True)]},
            [ADMIT],
        ),
        (
            "a queue counts runs of all tasks",
            [waiting(1, due=2), waiting(2, due=1, task=OTHER)],
            {"queues": {"default": QueueRule(concurrency=3)}, "live_in_queue": {"default": 2}},
            [ADMIT, NO_SLOT],
        ),
    ],
)
def test_at_most_so_many_are_live(
    rule: str, runs: Sequence[Candidate], situation: dict[str, Any], expected: list[Decision]
) -> None:
    assert decisions(runs, **situation) == expected, rule


def test_cancel_oldest_stops_as_many_as_are_needed() -> None:
    runs = [waiting(n, due=9 - n, policy=limited(3, "cancel_oldest")) for n in (1, 2)]
    others = [live(7, since=30), live(8, since=20), live(9, since=40)]

    verdict = decide(runs, Situation(now=NOW, live=others))

    assert set(verdict.decisions.values()) == {NO_SLOT}
    assert verdict.cancels == dict.fromkeys([run(9), run(7)], "concurrency.cancel_oldest")


def test_cancel_oldest_stops_nobody_for_a_slot_that_is_being_freed() -> None:
    others = [live(7, since=30, cancelling=True), live(8, since=20)]

    verdict = decide(
        [waiting(1, policy=limited(2, "cancel_oldest"))], Situation(now=NOW, live=others)
    )

    assert verdict.decisions == {run(1): NO_SLOT}
    assert verdict.cancels == {}


@table(
    ("rule", "runs", "situation", "first"),
    [
        ("keys take turns", keyed("round_robin", "aaab"), {}, [0, 3]),
        ("or they do not", keyed("queue", "aaab"), {}, [0, 1]),
        (
            "it remembers whose turn it was",
            keyed("round_robin", "ab"),
            {"live_in_queue": {"default": 1}, "live": [live(7, key="a")]},
            [1],
        ),
        (
            "keys that take turns do not pass other tasks",
            [
                waiting(1, due=5, policy=limited(5, "round_robin"), key="a"),
                waiting(2, due=4, task=OTHER),
                waiting(3, due=3, policy=limited(5, "round_robin"), key="b"),
            ],
            {},
            [1, 2],
        ),
    ],
)
def test_round_robin(
    rule: str, runs: Sequence[Candidate], situation: dict[str, Any], first: list[int]
) -> None:
    two = {"default": QueueRule(concurrency=2)}

    assert admitted(runs, queues=two, **situation) == first, rule


@table(
    ("rule", "runs", "live_runs", "expected"),
    [
        (
            "wait",
            [locked(1, ("x", "wait"), due=2), locked(2, ("x", "wait"), due=1)],
            [],
            [ADMIT, LOCKED],
        ),
        (
            "skip",
            [locked(1, ("x", "skip"), due=2), locked(2, ("x", "skip"), due=1)],
            [],
            [ADMIT, Drop(Outcome.SKIPPED_LOCK, "lock.taken:x")],
        ),
        (
            "supersede does not touch who came later",
            [locked(1, ("x", "supersede"), due=3, priority=1), locked(2, ("x", "wait"), due=2)],
            [HOLDER],
            [LOCKED, LOCKED],
        ),
        (
            "a run gets all its locks or none, or others would pass it again and again",
            [locked(1, ("x", "wait"), ("y", "wait"), due=3), locked(2, ("y", "wait"), due=2)],
            [HOLDER],
            [LOCKED, LOCKED],
        ),
        (
            "both at once where they are free",
            [locked(1, ("x", "wait"), ("y", "wait"), due=3), locked(2, ("y", "wait"), due=2)],
            [],
            [ADMIT, LOCKED],
        ),
        (
            "a live run of any task has its locks",
            [locked(1, ("x", "wait")), locked(2, ("y", "wait"))],
            [HOLDER],
            [LOCKED, ADMIT],
        ),
    ],
)
def test_a_lock_belongs_to_one_live_run_whatever_its_task(
    rule: str, runs: Sequence[Candidate], live_runs: list[Any], expected: list[Decision]
) -> None:
    assert decisions(runs, live=live_runs) == expected, rule


def test_supersede_takes_the_place_of_who_waits_and_waits_for_who_is_live() -> None:
    runs = [
        locked(1, ("x", "wait"), due=3),
        locked(2, ("x", "supersede"), due=2),
        locked(3, ("x", "supersede"), due=1),
        locked(4, ("y", "wait"), due=4),
    ]
    superseded = Drop(Outcome.SUPERSEDED, "lock.superseded:x")

    verdict = decide(runs, Situation(now=NOW, live=[HOLDER]))

    found = [verdict.decisions[each.run_id] for each in runs]
    assert found == [superseded, superseded, LOCKED, ADMIT]
    assert verdict.cancels == {}
