"""Who may run, who waits for what, who never will: pauses, deadlines, overlap, order, depth."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from services.scheduler.admission import BUFFER, decide
from services.scheduler.waiting import (
    Candidate,
    Decision,
    Drop,
    QueueRule,
    Situation,
    Wait,
)
from shared.contracts.policy import Overlap
from shared.domain.occurrence import Outcome
from tests.support.cases import table
from tests.unit.candidates import (
    ADMIT,
    NOW,
    OTHER,
    SECOND,
    admitted,
    decisions,
    live,
    run,
    waiting,
)

LATE = {"start_deadline_seconds": 60}


@table(
    ("rule", "runs", "situation", "expected"),
    [
        ("without a rule against it a run is admitted", [waiting(1)], {}, [ADMIT]),
        (
            "nothing is admitted while everything is paused",
            [waiting(1, due=99, policy={"start_deadline_seconds": 5})],
            {"paused": True},
            [Wait("paused_all")],
        ),
        (
            "nothing of a paused queue is admitted",
            [waiting(1, queue="slow"), waiting(2)],
            {"queues": {"slow": QueueRule(paused=True)}},
            [Wait("queue_paused"), ADMIT],
        ),
        (
            "a run that waited beyond its deadline expires",
            [waiting(1, due=60, policy=LATE), waiting(2, due=61, policy=LATE)],
            {},
            [ADMIT, Drop(Outcome.EXPIRED, "start.deadline")],
        ),
        (
            "a next attempt never expires",
            [waiting(1, due=999, policy=LATE, attempt=2)],
            {},
            [ADMIT],
        ),
    ],
)
def test_pauses_and_deadlines(
    rule: str, runs: Sequence[Candidate], situation: dict[str, Any], expected: list[Decision]
) -> None:
    assert decisions(runs, **situation) == expected, rule


@table("fields", [{"due": -1}, {"not_before": NOW + SECOND, "waits_for": "retry"}])
def test_a_run_whose_time_has_not_come_is_not_judged(fields: dict[str, Any]) -> None:
    assert decide([waiting(1, **fields)], Situation(now=NOW)).decisions == {}


ONE_AT_ONCE = {"default": QueueRule(concurrency=1)}
ONE_WAITS = Drop(Outcome.SKIPPED_OVERLAP, "overlap.waiting")


def in_line(overlap: Overlap, *numbers: int, **fields: Any) -> list[Candidate]:  # noqa: ANN401 - whatever a candidate takes
    """Return runs of one task, of which those with lower numbers are due for longer."""
    return [waiting(n, due=9 - n, overlap=overlap, **fields) for n in numbers]


class TestOverlap:
    """Temporal's six, while another run of the task is live."""

    @table(
        ("overlap", "decision", "cancelled"),
        [
            (Overlap.SKIP, Drop(Outcome.SKIPPED_OVERLAP, "overlap.live"), False),
            (Overlap.BUFFER_ONE, Wait("overlap"), False),
            (Overlap.BUFFER_ALL, Wait("overlap"), False),
            (Overlap.CANCEL_OTHER, Wait("overlap"), True),
            (Overlap.TERMINATE_OTHER, ADMIT, True),
            (Overlap.ALLOW_ALL, ADMIT, False),
        ],
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

    @table("overlap", Overlap)
    def test_one_run_alone_is_admitted_under_each(self, overlap: Overlap) -> None:
        assert decisions([waiting(1, overlap=overlap)], live=[live(8, task=OTHER)]) == [ADMIT]

    @table("overlap", Overlap)
    def test_a_next_attempt_does_not_overlap_with_its_own_run(self, overlap: Overlap) -> None:
        own = live(1, between_attempts=True)

        verdict = decide([waiting(1, overlap=overlap, attempt=2)], Situation(now=NOW, live=[own]))

        assert verdict.decisions == {run(1): ADMIT}
        assert verdict.cancels == {}

    @table(
        ("rule", "runs", "situation", "expected"),
        [
            (
                "a run between two attempts keeps its task busy",
                in_line(Overlap.SKIP, 1),
                {"live": [live(7, between_attempts=True)]},
                [Drop(Outcome.SKIPPED_OVERLAP, "overlap.live")],
            ),
            (
                "skip leaves out what comes while another one waits",
                in_line(Overlap.SKIP, 1, 2),
                {"queues": ONE_AT_ONCE, "live_in_queue": {"default": 1}},
                [Wait("concurrency"), ONE_WAITS],
            ),
            (
                "buffer_one lets the first one wait and no other",
                in_line(Overlap.BUFFER_ONE, 1, 2, 3),
                {"live": [live(7)]},
                [Wait("overlap"), ONE_WAITS, ONE_WAITS],
            ),
            (
                "buffer_one lets one wait behind one that is admitted",
                in_line(Overlap.BUFFER_ONE, 1, 2),
                {},
                [ADMIT, Wait("overlap")],
            ),
            (
                "buffer_one counts who waits elsewhere",
                in_line(Overlap.BUFFER_ONE, 1, ahead=1),
                {"live": [live(7)]},
                [ONE_WAITS],
            ),
            (
                "buffer_all runs one after the other in order",
                in_line(Overlap.BUFFER_ALL, 3, 2, 1),
                {},
                [Wait("overlap"), Wait("overlap"), ADMIT],
            ),
        ],
    )
    def test_several_of_one_task(
        self,
        rule: str,
        runs: Sequence[Candidate],
        situation: dict[str, Any],
        expected: list[Decision],
    ) -> None:
        assert decisions(runs, **situation) == expected, rule

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

    @table("overlap", [Overlap.CANCEL_OTHER, Overlap.TERMINATE_OTHER])
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


@table(
    ("rule", "runs", "first"),
    [
        (
            "the higher priority",
            [waiting(1, due=20, priority=3), waiting(2, due=10, priority=2)],
            2,
        ),
        ("of the same priority who was due first", [waiting(1, due=10), waiting(2, due=20)], 2),
        ("of the same instant always the same", [waiting(2), waiting(1)], 1),
        (
            "who waits for a minute gains a step",
            [waiting(1, due=119, priority=3), waiting(2, due=0, priority=2)],
            1,
        ),
        (
            "and for two minutes two",
            [waiting(1, due=120, priority=3), waiting(2, due=0, priority=1)],
            1,
        ),
        (
            "nobody gains more than the highest priority",
            [waiting(1, due=9_000, priority=5), waiting(2, due=9_001, priority=1)],
            2,
        ),
    ],
)
def test_who_is_judged_first(rule: str, runs: Sequence[Candidate], first: int) -> None:
    assert admitted(runs, queues=ONE_AT_ONCE) == [first], rule


FULL = Drop(Outcome.THROTTLED, "queue.full:default")


def at_most(most: int, waiting: int = 0, **fields: Any) -> dict[str, QueueRule]:  # noqa: ANN401 - as above
    return {"default": QueueRule(max_depth=most, waiting=waiting, **fields)}


@table(
    ("rule", "line", "situation", "expected"),
    [
        (
            "the newest are throttled",
            in_line(Overlap.ALLOW_ALL, 0, 1, 2, 3),
            {"queues": at_most(2, concurrency=1)},
            [ADMIT, Wait("concurrency"), Wait("concurrency"), FULL],
        ),
        (
            "of none only what cannot start at once is throttled",
            in_line(Overlap.ALLOW_ALL, 0, 1),
            {"queues": at_most(0, concurrency=1)},
            [ADMIT, FULL],
        ),
        (
            "who waits already stays though a more pressing one comes",
            [
                waiting(1, waits_for="concurrency"),
                waiting(2, priority=1),
                waiting(3, attempt=2, waits_for="retry"),
            ],
            {"queues": at_most(1, 1, concurrency=1), "live_in_queue": {"default": 1}},
            [Wait("concurrency"), FULL, Wait("concurrency")],
        ),
        (
            "who is let go makes room",
            [waiting(1, due=2, waits_for="concurrency"), waiting(2)],
            {"queues": at_most(1, 1, concurrency=1)},
            [ADMIT, Wait("concurrency")],
        ),
        (
            "what waits beyond the page counts",
            [waiting(1)],
            {"queues": at_most(1000, 1000, concurrency=1), "live_in_queue": {"default": 1}},
            [FULL],
        ),
        (
            "a pause lets no more wait than that",
            in_line(Overlap.ALLOW_ALL, 0, 1),
            {"queues": at_most(1, paused=True)},
            [Wait("queue_paused"), FULL],
        ),
    ],
)
def test_so_many_may_wait_in_a_queue(
    rule: str, line: Sequence[Candidate], situation: dict[str, Any], expected: list[Decision]
) -> None:
    assert decisions(line, **situation) == expected, rule
