"""Every rule of admission, one example each: who may run, who waits for what, who never will."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

import pytest

from services.scheduler.admission import BUFFER, decide
from services.scheduler.waiting import (
    Admit,
    Candidate,
    Conflict,
    Decision,
    Drop,
    Live,
    QueueRule,
    Rate,
    Situation,
    Wait,
)
from shared.contracts.policy import Concurrency, Overlap, RateLimit, TaskPolicy
from shared.domain.occurrence import Outcome

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)
TASK, OTHER = UUID(int=1), UUID(int=2)
ADMIT = Admit()


def run(number: int) -> UUID:
    return UUID(int=1000 + number)


def waiting(
    number: int,
    *,
    task: UUID = TASK,
    due: float = 0,
    overlap: Overlap = Overlap.ALLOW_ALL,
    **fields: Any,  # noqa: ANN401 - whatever a candidate takes
) -> Candidate:
    """Return a run that has been due for some seconds."""
    policy = fields.pop("policy", {})
    due_at = NOW - due * SECOND
    values: dict[str, Any] = {
        "queue": "default",
        "priority": 3,
        "trigger": "schedule",
        "scheduled_for": due_at,
        **fields,
    }
    return Candidate(
        run_id=run(number),
        task_id=task,
        due_at=due_at,
        overlap=overlap,
        policy=TaskPolicy(**policy),
        **values,
    )


def live(number: int, *, task: UUID = TASK, since: float = 10, **fields: Any) -> Live:  # noqa: ANN401 - as above
    return Live(run_id=run(number), task_id=task, since=NOW - since * SECOND, **fields)


def decisions(candidates: Sequence[Candidate], **situation: Any) -> list[Decision]:  # noqa: ANN401 - as above
    """Return what is decided about each, in the order in which they are given."""
    verdict = decide(candidates, Situation(now=NOW, **situation))
    return [verdict.decisions[each.run_id] for each in candidates]


def admitted(candidates: Sequence[Candidate], **situation: Any) -> list[int]:  # noqa: ANN401 - as above
    """Return the numbers of those that are admitted, in order."""
    verdict = decide(candidates, Situation(now=NOW, **situation))
    return [
        run_id.int - 1000
        for run_id, decision in verdict.decisions.items()
        if isinstance(decision, Admit)
    ]


def limited(limit: int, strategy: str = "queue") -> dict[str, Any]:
    return {"concurrency": Concurrency.model_validate({"limit": limit, "strategy": strategy})}


def locked(number: int, *locks: tuple[str, Conflict], **fields: Any) -> Candidate:  # noqa: ANN401 - as above
    return waiting(number, task=UUID(int=number), locks=locks, **fields)


def test_without_a_rule_against_it_a_run_is_admitted() -> None:
    assert decisions([waiting(1)]) == [ADMIT]


@pytest.mark.parametrize(
    "fields",
    [{"due": -1}, {"not_before": NOW + SECOND, "waits_for": "retry"}],
    ids=["not due", "not before"],
)
def test_a_run_whose_time_has_not_come_is_not_judged(fields: dict[str, Any]) -> None:
    assert decide([waiting(1, **fields)], Situation(now=NOW)).decisions == {}


def test_nothing_is_admitted_while_everything_is_paused() -> None:
    late = waiting(1, due=99, policy={"start_deadline_seconds": 5})

    assert decisions([late], paused=True) == [Wait("paused_all")]


def test_nothing_of_a_paused_queue_is_admitted() -> None:
    queues = {"slow": QueueRule(paused=True)}

    assert decisions([waiting(1, queue="slow"), waiting(2)], queues=queues) == [
        Wait("queue_paused"),
        ADMIT,
    ]


def test_a_run_that_waited_beyond_its_deadline_expires() -> None:
    policy = {"start_deadline_seconds": 60}

    assert decisions([waiting(1, due=60, policy=policy), waiting(2, due=61, policy=policy)]) == [
        ADMIT,
        Drop(Outcome.EXPIRED, "start.deadline"),
    ]


def test_a_next_attempt_never_expires() -> None:
    policy = {"start_deadline_seconds": 60}

    assert decisions([waiting(1, due=999, policy=policy, attempt=2)]) == [ADMIT]


class TestOverlap:
    """Temporal's six, while another run of the task is live."""

    @pytest.mark.parametrize(
        ("overlap", "decision", "cancelled"),
        [
            (Overlap.SKIP, Drop(Outcome.SKIPPED_OVERLAP, "overlap.live"), False),
            (Overlap.BUFFER_ONE, Wait("overlap"), False),
            (Overlap.BUFFER_ALL, Wait("overlap"), False),
            (Overlap.CANCEL_OTHER, Wait("overlap"), True),
            (Overlap.TERMINATE_OTHER, ADMIT, True),
            (Overlap.ALLOW_ALL, ADMIT, False),
        ],
        ids=str,
    )
    def test_one_run_beside_a_live_one(
        self, overlap: Overlap, decision: Decision, *, cancelled: bool
    ) -> None:
        verdict = decide(
            [waiting(1, overlap=overlap)],
            Situation(now=NOW, live=[live(7), live(8, task=OTHER)]),
        )

        assert verdict.decisions == {run(1): decision}
        assert set(verdict.cancels) == ({run(7)} if cancelled else set())

    @pytest.mark.parametrize("overlap", Overlap, ids=str)
    def test_one_run_alone_is_admitted_under_each(self, overlap: Overlap) -> None:
        assert decisions([waiting(1, overlap=overlap)], live=[live(8, task=OTHER)]) == [ADMIT]

    @pytest.mark.parametrize("overlap", Overlap, ids=str)
    def test_a_next_attempt_does_not_overlap_with_its_own_run(self, overlap: Overlap) -> None:
        own = live(1, between_attempts=True)

        verdict = decide([waiting(1, overlap=overlap, attempt=2)], Situation(now=NOW, live=[own]))

        assert verdict.decisions == {run(1): ADMIT}
        assert verdict.cancels == {}

    def test_a_run_between_two_attempts_keeps_its_task_busy(self) -> None:
        own = live(7, between_attempts=True)

        assert decisions([waiting(1, overlap=Overlap.SKIP)], live=[own]) == [
            Drop(Outcome.SKIPPED_OVERLAP, "overlap.live")
        ]

    def test_skip_leaves_out_what_comes_while_another_one_waits(self) -> None:
        first, second = (waiting(n, due=9 - n, overlap=Overlap.SKIP) for n in (1, 2))
        queues = {"default": QueueRule(concurrency=1)}

        assert decisions([first, second], queues=queues, live_in_queue={"default": 1}) == [
            Wait("concurrency"),
            Drop(Outcome.SKIPPED_OVERLAP, "overlap.waiting"),
        ]

    def test_buffer_one_lets_the_first_one_wait_and_no_other(self) -> None:
        runs = [waiting(n, due=9 - n, overlap=Overlap.BUFFER_ONE) for n in (1, 2, 3)]
        skipped = Drop(Outcome.SKIPPED_OVERLAP, "overlap.waiting")

        assert decisions(runs, live=[live(7)]) == [Wait("overlap"), skipped, skipped]

    def test_buffer_one_lets_one_wait_behind_one_that_is_admitted(self) -> None:
        runs = [waiting(n, due=9 - n, overlap=Overlap.BUFFER_ONE) for n in (1, 2)]

        assert decisions(runs) == [ADMIT, Wait("overlap")]

    def test_buffer_one_counts_who_waits_elsewhere(self) -> None:
        assert decisions([waiting(1, overlap=Overlap.BUFFER_ONE, ahead=1)], live=[live(7)]) == [
            Drop(Outcome.SKIPPED_OVERLAP, "overlap.waiting")
        ]

    def test_buffer_all_runs_one_after_the_other_in_order(self) -> None:
        runs = [waiting(n, due=n, overlap=Overlap.BUFFER_ALL) for n in (1, 2, 3)]

        assert decisions(runs) == [Wait("overlap"), Wait("overlap"), ADMIT]

    def test_buffer_all_throttles_what_does_not_fit_into_the_buffer(self) -> None:
        runs = [waiting(n, due=999 - n, overlap=Overlap.BUFFER_ALL) for n in range(BUFFER + 2)]

        found = decisions(runs, live=[live(-1)])

        assert found[:BUFFER] == [Wait("overlap")] * BUFFER
        assert found[BUFFER:] == [Drop(Outcome.THROTTLED, "overlap.buffer_full")] * 2

    def test_a_backfill_may_wait_as_a_whole_in_nominal_order(self) -> None:
        runs = [
            waiting(
                n,
                due=9,
                overlap=Overlap.BUFFER_ALL,
                trigger="backfill",
                scheduled_for=NOW - n * SECOND,
            )
            for n in range(BUFFER + 2)
        ]

        found = decisions(runs)

        assert found == [Wait("overlap")] * (BUFFER + 1) + [ADMIT]

    @pytest.mark.parametrize("overlap", [Overlap.CANCEL_OTHER, Overlap.TERMINATE_OTHER], ids=str)
    def test_of_several_that_cover_others_the_newest_counts(self, overlap: Overlap) -> None:
        old, new = waiting(1, due=9, overlap=overlap), waiting(2, due=1, overlap=overlap)

        assert decisions([old, new]) == [Drop(Outcome.SUPERSEDED, "overlap.newer"), ADMIT]

    def test_a_next_attempt_is_stopped_by_a_newer_run_and_never_dropped(self) -> None:
        begun = waiting(7, due=9, overlap=Overlap.CANCEL_OTHER, attempt=2)
        verdict = decide(
            [begun, waiting(1, due=1, overlap=Overlap.CANCEL_OTHER)],
            Situation(now=NOW, live=[live(7, between_attempts=True)]),
        )

        assert verdict.decisions == {run(7): ADMIT, run(1): Wait("overlap")}
        assert verdict.cancels == {run(7): "overlap.cancel_other"}

    def test_who_is_being_cancelled_is_not_cancelled_again(self) -> None:
        verdict = decide(
            [waiting(1, overlap=Overlap.CANCEL_OTHER)],
            Situation(now=NOW, live=[live(7, cancelling=True)]),
        )

        assert verdict.decisions == {run(1): Wait("overlap")}
        assert verdict.cancels == {}


class TestRate:
    """At most so many starts in any period."""

    policy: ClassVar = {"rate_limit": RateLimit(limit=2, period_seconds=60)}
    starts: ClassVar = {TASK: [NOW - 50 * SECOND, NOW - 20 * SECOND]}

    def test_a_full_window_tells_when_it_opens(self) -> None:
        runs = [waiting(n, due=9 - n, policy=self.policy) for n in (1, 2, 3)]

        assert decisions(runs, task_starts=self.starts) == [
            Wait("rate_limit", NOW + 10 * SECOND),
            Wait("rate_limit", NOW + 40 * SECOND),
            Wait("rate_limit", NOW + 70 * SECOND),
        ]

    def test_what_is_admitted_counts_at_once(self) -> None:
        runs = [waiting(n, due=9 - n, policy=self.policy) for n in (1, 2)]

        assert decisions(runs, task_starts={TASK: [NOW - 20 * SECOND]}) == [
            ADMIT,
            Wait("rate_limit", NOW + 40 * SECOND),
        ]

    def test_a_start_leaves_the_window_after_the_period(self) -> None:
        starts = {TASK: [NOW - 60 * SECOND, NOW - 20 * SECOND]}

        assert decisions([waiting(1, policy=self.policy)], task_starts=starts) == [ADMIT]

    def test_the_rate_of_a_queue_counts_runs_of_all_tasks(self) -> None:
        queues = {"default": QueueRule(rate=Rate(limit=1, period=60 * SECOND))}
        runs = [waiting(1, due=2), waiting(2, due=1, task=OTHER)]

        assert decisions(runs, queues=queues) == [ADMIT, Wait("rate_limit", NOW + 60 * SECOND)]

    def test_a_limit_that_was_raised_counts_at_once(self) -> None:
        forecast = waiting(
            1, policy=self.policy, waits_for="rate_limit", not_before=NOW + 99 * SECOND
        )

        assert decisions([forecast]) == [ADMIT]

    def test_a_next_attempt_is_no_start(self) -> None:
        run_again = waiting(1, policy=self.policy, attempt=2)

        assert decisions([run_again], task_starts=self.starts) == [ADMIT]


class TestConcurrency:
    """At most so many live at once."""

    def test_queue_lets_the_others_wait(self) -> None:
        runs = [waiting(n, due=9 - n, policy=limited(2)) for n in (1, 2)]

        assert decisions(runs, live=[live(7)]) == [ADMIT, Wait("concurrency")]

    def test_skip_drops_the_others(self) -> None:
        runs = [waiting(n, due=9 - n, policy=limited(2, "skip")) for n in (1, 2)]

        assert decisions(runs, live=[live(7)]) == [
            ADMIT,
            Drop(Outcome.THROTTLED, "concurrency.limit"),
        ]

    def test_skip_drops_no_next_attempt(self) -> None:
        again = waiting(1, policy=limited(1, "skip"), attempt=2)

        assert decisions([again], live=[live(7)]) == [Wait("concurrency")]

    def test_cancel_oldest_stops_as_many_as_are_needed(self) -> None:
        runs = [waiting(n, due=9 - n, policy=limited(3, "cancel_oldest")) for n in (1, 2)]
        others = [live(7, since=30), live(8, since=20), live(9, since=40)]

        verdict = decide(runs, Situation(now=NOW, live=others))

        assert set(verdict.decisions.values()) == {Wait("concurrency")}
        assert verdict.cancels == dict.fromkeys([run(9), run(7)], "concurrency.cancel_oldest")

    def test_cancel_oldest_stops_nobody_for_a_slot_that_is_being_freed(self) -> None:
        others = [live(7, since=30, cancelling=True), live(8, since=20)]

        verdict = decide(
            [waiting(1, policy=limited(2, "cancel_oldest"))], Situation(now=NOW, live=others)
        )

        assert verdict.decisions == {run(1): Wait("concurrency")}
        assert verdict.cancels == {}

    def test_each_key_has_slots_of_its_own(self) -> None:
        runs = [waiting(n, due=9 - n, policy=limited(1), key=key) for n, key in enumerate("aab")]

        assert decisions(runs) == [ADMIT, Wait("concurrency"), ADMIT]

    def test_a_run_between_two_attempts_has_no_slot(self) -> None:
        assert decisions(
            [waiting(1, policy=limited(1))], live=[live(7, between_attempts=True)]
        ) == [ADMIT]

    def test_a_queue_counts_runs_of_all_tasks(self) -> None:
        runs = [waiting(1, due=2), waiting(2, due=1, task=OTHER)]
        queues = {"default": QueueRule(concurrency=3)}

        assert decisions(runs, queues=queues, live_in_queue={"default": 2}) == [
            ADMIT,
            Wait("concurrency"),
        ]

    @pytest.mark.parametrize(
        ("strategy", "first"), [("round_robin", [0, 3]), ("queue", [0, 1])], ids=str
    )
    def test_round_robin_lets_the_keys_take_turns(self, strategy: str, first: list[int]) -> None:
        runs = [
            waiting(n, due=9 - n, policy=limited(5, strategy), key=key)
            for n, key in enumerate("aaab")
        ]

        assert admitted(runs, queues={"default": QueueRule(concurrency=2)}) == first

    def test_round_robin_remembers_whose_turn_it_was(self) -> None:
        runs = [
            waiting(n, due=9 - n, policy=limited(5, "round_robin"), key=key)
            for n, key in enumerate("ab")
        ]
        queues = {"default": QueueRule(concurrency=2)}

        assert admitted(
            runs, queues=queues, live_in_queue={"default": 1}, live=[live(7, key="a")]
        ) == [1]

    def test_keys_that_take_turns_do_not_pass_other_tasks(self) -> None:
        runs = [
            waiting(1, due=5, policy=limited(5, "round_robin"), key="a"),
            waiting(2, due=4, task=OTHER),
            waiting(3, due=3, policy=limited(5, "round_robin"), key="b"),
        ]
        queues = {"default": QueueRule(concurrency=2)}

        assert admitted(runs, queues=queues) == [1, 2]


class TestLocks:
    """A thing that only one live run has, whatever its task."""

    def test_wait(self) -> None:
        runs = [locked(1, ("x", "wait"), due=2), locked(2, ("x", "wait"), due=1)]

        assert decisions(runs) == [ADMIT, Wait("lock")]

    def test_skip(self) -> None:
        runs = [locked(1, ("x", "skip"), due=2), locked(2, ("x", "skip"), due=1)]

        assert decisions(runs) == [ADMIT, Drop(Outcome.SKIPPED_LOCK, "lock.taken:x")]

    def test_supersede_takes_the_place_of_who_waits_and_waits_for_who_is_live(self) -> None:
        holder = live(7, task=OTHER, locks=frozenset({"x"}))
        runs = [
            locked(1, ("x", "wait"), due=3),
            locked(2, ("x", "supersede"), due=2),
            locked(3, ("x", "supersede"), due=1),
            locked(4, ("y", "wait"), due=4),
        ]
        superseded = Drop(Outcome.SUPERSEDED, "lock.superseded:x")

        verdict = decide(runs, Situation(now=NOW, live=[holder]))

        assert [verdict.decisions[each.run_id] for each in runs] == [
            superseded,
            superseded,
            Wait("lock"),
            ADMIT,
        ]
        assert verdict.cancels == {}

    def test_supersede_does_not_touch_who_came_later(self) -> None:
        holder = live(7, task=OTHER, locks=frozenset({"x"}))
        runs = [
            locked(1, ("x", "supersede"), due=3, priority=1),
            locked(2, ("x", "wait"), due=2),
        ]

        assert decisions(runs, live=[holder]) == [Wait("lock"), Wait("lock")]

    def test_a_run_gets_all_its_locks_or_none(self) -> None:
        holder = live(7, task=OTHER, locks=frozenset({"x"}))
        runs = [
            locked(1, ("x", "wait"), ("y", "wait"), due=3),
            locked(2, ("y", "wait"), due=2),  # would pass the first one again and again
        ]

        assert decisions(runs, live=[holder]) == [Wait("lock"), Wait("lock")]
        assert decisions(runs) == [ADMIT, Wait("lock")]

    def test_a_live_run_of_any_task_has_its_locks(self) -> None:
        holder = live(7, task=OTHER, locks=frozenset({"x"}))

        assert decisions([locked(1, ("x", "wait")), locked(2, ("y", "wait"))], live=[holder]) == [
            Wait("lock"),
            ADMIT,
        ]


class TestOrder:
    """Who is judged first."""

    queues: ClassVar = {"default": QueueRule(concurrency=1)}

    def test_the_higher_priority_comes_first(self) -> None:
        runs = [waiting(1, due=20, priority=3), waiting(2, due=10, priority=2)]

        assert admitted(runs, queues=self.queues) == [2]

    def test_of_the_same_priority_who_was_due_first(self) -> None:
        assert admitted([waiting(1, due=10), waiting(2, due=20)], queues=self.queues) == [2]

    def test_of_the_same_instant_always_the_same(self) -> None:
        assert admitted([waiting(2), waiting(1)], queues=self.queues) == [1]

    def test_who_waits_long_gains_priority(self) -> None:
        runs = [waiting(1, due=119, priority=3), waiting(2, due=0, priority=2)]
        longer = [waiting(1, due=120, priority=3), waiting(2, due=0, priority=1)]

        assert admitted(runs, queues=self.queues) == [1]
        assert admitted(longer, queues=self.queues) == [1]

    def test_nobody_gains_more_than_the_highest_priority(self) -> None:
        runs = [waiting(1, due=9_000, priority=5), waiting(2, due=9_001, priority=1)]

        assert admitted(runs, queues=self.queues) == [2]


class TestDepth:
    """How many runs may wait in a queue."""

    def rule(self, most: int, waiting: int = 0, **fields: Any) -> dict[str, QueueRule]:  # noqa: ANN401 - as above
        return {"default": QueueRule(max_depth=most, waiting=waiting, **fields)}

    def test_the_newest_are_throttled(self) -> None:
        line = [waiting(number, due=9 - number) for number in range(4)]

        assert decisions(line, queues=self.rule(2, concurrency=1)) == [
            ADMIT,
            Wait("concurrency"),
            Wait("concurrency"),
            Drop(Outcome.THROTTLED, "queue.full:default"),
        ]

    def test_of_none_only_what_cannot_start_at_once_is_throttled(self) -> None:
        line = [waiting(number, due=9 - number) for number in range(2)]

        first, second = decisions(line, queues=self.rule(0, concurrency=1))

        assert (first, second) == (ADMIT, Drop(Outcome.THROTTLED, "queue.full:default"))

    def test_who_waits_already_stays_though_a_more_pressing_one_comes(self) -> None:
        line = [
            waiting(1, waits_for="concurrency"),
            waiting(2, priority=1),
            waiting(3, attempt=2, waits_for="retry"),
        ]
        queues = self.rule(1, 1, concurrency=1)

        assert decisions(line, queues=queues, live_in_queue={"default": 1}) == [
            Wait("concurrency"),
            Drop(Outcome.THROTTLED, "queue.full:default"),
            Wait("concurrency"),
        ]

    def test_who_is_let_go_makes_room(self) -> None:
        line = [waiting(1, due=2, waits_for="concurrency"), waiting(2)]

        found = decisions(line, queues=self.rule(1, 1, concurrency=1))

        assert found == [ADMIT, Wait("concurrency")]

    def test_what_waits_beyond_the_page_counts(self) -> None:
        queues = self.rule(1000, 1000, concurrency=1)

        (found,) = decisions([waiting(1)], queues=queues, live_in_queue={"default": 1})

        assert found == Drop(Outcome.THROTTLED, "queue.full:default")

    def test_a_pause_lets_no_more_wait_than_that(self) -> None:
        line = [waiting(number, due=9 - number) for number in range(2)]

        assert decisions(line, queues=self.rule(1, paused=True)) == [
            Wait("queue_paused"),
            Drop(Outcome.THROTTLED, "queue.full:default"),
        ]
