"""Who is told what: every name of a rule, and what the two switches mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.notifier import facts, rules
from services.notifier.facts import Fact, Incident, Kind, Task
from services.notifier.rules import Decision, decide
from shared.contracts.policy import NotifyRule, Retry, TaskPolicy
from shared.contracts.runs import RunFinished, RunStatus
from shared.domain.occurrence import Outcome

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
TASK = UUID(int=1)


def a_rule(*events: str, **fields: Any) -> NotifyRule:  # noqa: ANN401 - fields of a rule
    return NotifyRule.model_validate({"on": events, "channels": ("ops",), **fields})


def a_task(*told: NotifyRule, retry: bool = False, **fields: Any) -> Task:  # noqa: ANN401 - fields of a task
    policy = TaskPolicy(notify=told, retry=Retry() if retry else None)
    switches = {"notify_on_failure": False, **fields}
    return Task(id=TASK, name="Report", policy=policy, **switches)


def an_end(status: RunStatus, *, minute: int = 0, **fields: Any) -> Fact:  # noqa: ANN401 - fields of a fact
    at = NOON + timedelta(minutes=minute)
    given = {"started_at": at, "attempt": 1, "trigger": "schedule", **fields}
    return Fact(
        kind=Kind.ENDED,
        run_id=uuid4(),
        task_id=TASK,
        at=at,
        scheduled_for=at,
        status=status,
        **given,
    )


def an_outcome(outcome: Outcome) -> Fact:
    return Fact(
        kind=Kind.OUTCOME,
        run_id=uuid4(),
        task_id=TASK,
        at=NOON,
        trigger="schedule",
        scheduled_for=NOON,
        outcome=outcome,
    )


def play(task: Task, *events: Fact) -> list[list[tuple[str, str]]]:
    """Return who was told what of each fact, one after the other."""
    told, opened = [], dict[UUID, Incident]()
    for fact in events:
        decision = decide(task, fact, open_ones(opened), uuid4)
        opened |= {each.id: each for each in decision.incidents}
        told.append(said(decision))
    return told


def open_ones(incidents: dict[UUID, Incident]) -> list[Incident]:
    return [each for each in incidents.values() if each.closed_at is None]


def said(decision: Decision) -> list[tuple[str, str]]:
    return [(each.event, each.recipient) for each in decision.notices]


def failures(count: int) -> Sequence[Fact]:
    return [an_end(RunStatus.FAILURE, minute=number) for number in range(count)]


@pytest.mark.parametrize(
    ("event", "fact"),
    [
        ("start", replace(an_end(RunStatus.SUCCESS), kind=Kind.STARTED, status=None)),
        ("success", an_end(RunStatus.SUCCESS)),
        ("failure", an_end(RunStatus.FAILURE)),
        ("failure", an_end(RunStatus.TIMED_OUT)),
        ("needs_operator", an_end(RunStatus.NEEDS_OPERATOR)),
        ("cancelled", an_end(RunStatus.CANCELLED)),
        ("cancelled", an_outcome(Outcome.CANCELLED)),
        ("missed", an_outcome(Outcome.MISSED)),
        ("missed", an_outcome(Outcome.EXPIRED)),
        ("skipped", an_outcome(Outcome.SKIPPED_OVERLAP)),
        ("skipped", an_outcome(Outcome.UPSTREAM_FAILED)),
        ("late", replace(an_outcome(Outcome.MISSED), kind=Kind.LATE, outcome=None)),
        ("late", an_end(RunStatus.SUCCESS, started_at=NOON + timedelta(minutes=2))),
    ],
    ids=lambda each: each if isinstance(each, str) else each.status or each.outcome or each.kind,
)
def test_each_event_is_told_to_whoever_asked_for_it_and_to_nobody_else(
    event: str, fact: Fact
) -> None:
    others = {"start", "success", "failure", "needs_operator", "cancelled", "missed", "skipped"}
    others |= {"late", "recovered", "dead"}

    assert play(a_task(a_rule(event)), fact) == [[(event, "ops")]]
    assert (event, "ops") not in play(a_task(a_rule(*(others - {event}))), fact)[0]


@pytest.mark.parametrize(
    "outcome", [Outcome.COALESCED, Outcome.SUPERSEDED, Outcome.SKIPPED_PAUSED, Outcome.DEDUPED]
)
def test_what_another_run_does_or_a_person_wanted_is_no_news(outcome: Outcome) -> None:
    everything = a_rule("missed", "skipped", "cancelled")

    assert play(a_task(everything), an_outcome(outcome)) == [[]]


def test_an_attempt_that_is_followed_by_another_is_no_end() -> None:
    run = RunFinished(
        run_id=uuid4(),
        task_id=TASK,
        attempt=1,
        trigger="schedule",
        scheduled_for=NOON,
        started_at=NOON,
        executor="executor-1",
        status=RunStatus.FAILURE,
        completed_at=NOON,
        retry_at=NOON,
    )

    assert facts.ended(run) is None
    assert facts.ended(run.model_copy(update={"retry_at": None})) is not None


def test_dead_is_told_when_retries_are_used_up() -> None:
    failed = an_end(RunStatus.FAILURE, attempt=3)

    assert play(a_task(a_rule("dead"), retry=True), failed) == [[("dead", "ops")]]
    assert play(a_task(a_rule("dead"), retry=False), failed) == [[]]


def test_the_first_of_a_series_is_told_once_per_series() -> None:
    first = a_rule("failure", exact=True)
    series = [*failures(3), an_end(RunStatus.SUCCESS, minute=3)]
    again = an_end(RunStatus.FAILURE, minute=4)

    told = play(a_task(first), *series, again)

    assert told == [[("failure", "ops")], [], [], [], [("failure", "ops")]]


def test_from_the_nth_on() -> None:
    told = play(a_task(a_rule("failure", after_failures=3)), *failures(5))

    assert [len(each) for each in told] == [0, 0, 1, 1, 1]


def test_exactly_the_nth() -> None:
    told = play(a_task(a_rule("failure", after_failures=3, exact=True)), *failures(5))

    assert [len(each) for each in told] == [0, 0, 1, 0, 0]


def test_failures_of_several_classes_are_one_series_but_several_incidents() -> None:
    ends = [an_end(RunStatus.FAILURE), an_end(RunStatus.TIMED_OUT, minute=1)]
    opened: dict[UUID, Incident] = {}
    task = a_task(a_rule("failure", after_failures=2))
    told = []
    for fact in ends:
        decision = decide(task, fact, open_ones(opened), uuid4)
        opened |= {each.id: each for each in decision.incidents}
        told.append(said(decision))

    assert told == [[], [("failure", "ops")]]
    assert {each.failure_class: each.count for each in opened.values()} == {
        "failure": 1,
        "timed_out": 1,
    }


def test_a_recovery_is_told_only_if_a_failure_was() -> None:
    task = a_task(a_rule("failure", after_failures=3), a_rule("recovered", channels=("boss",)))
    well = an_end(RunStatus.SUCCESS, minute=9)

    assert play(task, *failures(2), well)[-1] == []
    assert play(task, *failures(3), well)[-1] == [("recovered", "boss")]
    assert play(task, *failures(3), well, well)[-1] == []


def test_a_missed_time_opens_an_incident_that_the_next_success_closes() -> None:
    task = a_task(a_rule("missed", "recovered"))

    told = play(task, an_outcome(Outcome.MISSED), an_end(RunStatus.SUCCESS, minute=1))

    assert told == [[("missed", "ops")], [("recovered", "ops")]]


def test_a_missed_time_is_no_failure_in_a_row() -> None:
    task = a_task(a_rule("failure", after_failures=2))

    assert play(task, an_outcome(Outcome.MISSED), *failures(1))[-1] == []


def test_the_switch_for_failures_tells_the_first_one_and_the_recovery() -> None:
    task = a_task(notify_on_failure=True, recipients=("ops@example.com", "chat"))
    told = play(task, *failures(3), an_end(RunStatus.SUCCESS, minute=3))

    assert told == [
        [("failure", "ops@example.com"), ("failure", "chat")],
        [],
        [],
        [("recovered", "ops@example.com"), ("recovered", "chat")],
    ]


def test_the_switch_for_failures_repeats_itself_once_an_hour() -> None:
    task = a_task(notify_on_failure=True, recipients=("chat",))
    every_twenty_minutes = [an_end(RunStatus.FAILURE, minute=20 * n) for n in range(7)]

    told = [len(each) for each in play(task, *every_twenty_minutes)]

    assert told == [1, 0, 0, 1, 0, 0, 1]


def test_the_switch_for_failures_says_when_a_person_is_needed() -> None:
    task = a_task(notify_on_failure=True, recipients=("chat",))

    assert play(task, an_end(RunStatus.NEEDS_OPERATOR)) == [[("needs_operator", "chat")]]


def test_the_switch_for_success_tells_each() -> None:
    task = a_task(notify_on_success=True, recipients=("chat",))
    well = [an_end(RunStatus.SUCCESS, minute=n) for n in range(2)]

    assert play(task, *well) == [[("success", "chat")]] * 2


def test_without_recipients_the_creator_is_told_if_there_is_a_way() -> None:
    failed = an_end(RunStatus.FAILURE)

    assert play(a_task(notify_on_failure=True, creator="ann@example.com"), failed) == [
        [("failure", "ann@example.com")]
    ]
    assert play(a_task(notify_on_failure=True), failed) == [[]]


def test_a_rule_without_channels_tells_the_recipients() -> None:
    task = a_task(a_rule("success", channels=()), recipients=("chat",))

    assert play(task, an_end(RunStatus.SUCCESS)) == [[("success", "chat")]]


def test_two_rules_tell_one_channel_once() -> None:
    task = a_task(a_rule("failure"), a_rule("failure", "dead"), recipients=("ops",))
    task = replace(task, notify_on_failure=True)

    assert play(task, an_end(RunStatus.FAILURE)) == [[("failure", "ops")]]


def test_a_short_run_tells_its_beginning_with_its_end() -> None:
    task = a_task(a_rule("start", "success"))

    assert play(task, an_end(RunStatus.SUCCESS)) == [[("start", "ops"), ("success", "ops")]]


@pytest.mark.parametrize(
    ("fields", "trouble", "quiet"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"notify_on_success": True}, False, False),
    ],
    ids=["nobody waits", "an incident is open", "somebody waits"],
)
def test_a_success_that_nobody_waits_for_is_quiet(
    fields: dict[str, bool], *, trouble: bool, quiet: bool
) -> None:
    well = an_end(RunStatus.SUCCESS)

    assert rules.is_quiet(a_task(**fields), well, open_incidents=trouble) is quiet
    assert not rules.is_quiet(a_task(**fields), an_end(RunStatus.FAILURE), open_incidents=trouble)
    assert not rules.is_quiet(a_task(a_rule("recovered")), well, open_incidents=trouble)
