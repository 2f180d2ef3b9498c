"""Who is told what: every name of a rule, and what the two switches mean."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.notifier import facts, rules
from services.notifier.facts import Fact, Incident, Kind, Task
from services.notifier.rules import Decision, decide
from shared.contracts.policy import NotifyRule, Retry, TaskPolicy
from shared.contracts.runs import RunStatus
from shared.domain.occurrence import Outcome
from tests.support.cases import table

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
    """Return failures so far apart that each may be told."""
    return [an_end(RunStatus.FAILURE, minute=6 * number) for number in range(count)]


@table(
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
        ("silent", replace(an_outcome(Outcome.MISSED), kind=Kind.SILENT, outcome=None)),
        ("late", an_end(RunStatus.SUCCESS, started_at=NOON + timedelta(minutes=2))),
    ],
)
def test_each_event_is_told_to_whoever_asked_for_it_and_to_nobody_else(
    event: str, fact: Fact
) -> None:
    others = {"start", "success", "failure", "needs_operator", "cancelled", "missed", "skipped"}
    others |= {"late", "recovered", "dead", "silent"}

    assert play(a_task(a_rule(event)), fact) == [[(event, "ops")]]
    assert (event, "ops") not in play(a_task(a_rule(*(others - {event}))), fact)[0]


@table("outcome", [Outcome.COALESCED, Outcome.SUPERSEDED, Outcome.SKIPPED_PAUSED, Outcome.DEDUPED])
def test_what_another_run_does_or_a_person_wanted_is_no_news(outcome: Outcome) -> None:
    everything = a_rule("missed", "skipped", "cancelled")

    assert play(a_task(everything), an_outcome(outcome)) == [[]]


def a_silence(kind: Kind = Kind.SILENT, **fields: Any) -> Fact:  # noqa: ANN401 - fields of a fact
    return replace(an_outcome(Outcome.MISSED), kind=kind, outcome=None, **fields)


FAILED, WELL = an_end(RunStatus.FAILURE), an_end(RunStatus.SUCCESS, minute=30)
MISSED = an_outcome(Outcome.MISSED)
ON_FAILURE = a_task(notify_on_failure=True, recipients=("chat",))
THIRD = a_task(a_rule("failure", after_failures=3), a_rule("recovered", channels=("boss",)))
PLAYS: list[tuple[str, Task, Sequence[Fact], str]] = [
    (
        "dead when retries are used up",
        a_task(a_rule("dead"), retry=True),
        [an_end(RunStatus.FAILURE, attempt=3)],
        "dead>ops",
    ),
    (
        "and not where there are none",
        a_task(a_rule("dead")),
        [an_end(RunStatus.FAILURE, attempt=3)],
        "-",
    ),
    (
        "the first of a series once per series",
        a_task(a_rule("failure", exact=True)),
        [*failures(3), WELL, an_end(RunStatus.FAILURE, minute=40)],
        "failure>ops - - - failure>ops",
    ),
    (
        "from the nth on",
        a_task(a_rule("failure", after_failures=3)),
        failures(5),
        "- - failure>ops failure>ops failure>ops",
    ),
    (
        "exactly the nth",
        a_task(a_rule("failure", after_failures=3, exact=True)),
        failures(5),
        "- - failure>ops - -",
    ),
    ("no recovery where no failure was told", THIRD, [*failures(2), WELL], "- - -"),
    (
        "a recovery once where one was",
        THIRD,
        [*failures(3), WELL, WELL],
        "- - failure>ops recovered>boss -",
    ),
    (
        "a missed time opens an incident that the next success closes",
        a_task(a_rule("missed", "recovered")),
        [MISSED, WELL],
        "missed>ops recovered>ops",
    ),
    (
        "a missed time is no failure in a row",
        a_task(a_rule("failure", after_failures=2)),
        [MISSED, FAILED],
        "- -",
    ),
    (
        "a schedule that goes on after a silence is a recovery",
        a_task(a_rule("silent", "recovered")),
        [a_silence(), a_silence(Kind.HEARD)],
        "silent>ops recovered>ops",
    ),
    (
        "a success after a silence is the recovery",
        a_task(a_rule("silent", "recovered")),
        [a_silence(), WELL, a_silence(Kind.HEARD)],
        "silent>ops recovered>ops -",
    ),
    (
        "that a schedule goes on is no recovery of its failures",
        a_task(a_rule("failure", "recovered")),
        [FAILED, a_silence(), a_silence(Kind.HEARD)],
        "failure>ops - -",
    ),
    (
        "a silence is no failure in a row",
        a_task(a_rule("failure", after_failures=2)),
        [a_silence(), FAILED],
        "- -",
    ),
    ("the switch for failures tells of a silence", ON_FAILURE, [a_silence()], "silent>chat"),
    (
        "the first failure and the recovery, to all recipients",
        a_task(notify_on_failure=True, recipients=("a@b.c", "chat")),
        [*failures(3), an_end(RunStatus.SUCCESS, minute=13)],
        "failure>a@b.c,failure>chat - - recovered>a@b.c,recovered>chat",
    ),
    (
        "a failure again once an hour",
        ON_FAILURE,
        [an_end(RunStatus.FAILURE, minute=20 * n) for n in range(7)],
        "failure>chat - - failure>chat - - failure>chat",
    ),
    (
        "and that a person is needed",
        ON_FAILURE,
        [an_end(RunStatus.NEEDS_OPERATOR)],
        "needs_operator>chat",
    ),
    (
        "the switch for success tells each",
        a_task(notify_on_success=True, recipients=("chat",)),
        [an_end(RunStatus.SUCCESS, minute=n) for n in range(2)],
        "success>chat success>chat",
    ),
    (
        "without recipients the creator is told if there is a way",
        a_task(notify_on_failure=True, creator="ann@example.com"),
        [FAILED],
        "failure>ann@example.com",
    ),
    ("and nobody if there is none", a_task(notify_on_failure=True), [FAILED], "-"),
    (
        "a rule without channels tells the recipients",
        a_task(a_rule("success", channels=()), recipients=("chat",)),
        [WELL],
        "success>chat",
    ),
    (
        "two rules and the switch tell one channel once",
        replace(
            a_task(a_rule("failure"), a_rule("failure", "dead"), recipients=("ops",)),
            notify_on_failure=True,
        ),
        [FAILED],
        "failure>ops",
    ),
    (
        "a short run tells its beginning with its end",
        a_task(a_rule("start", "success")),
        [WELL],
        "start>ops,success>ops",
    ),
]


@table(("rule", "task", "events", "expected"), PLAYS)
def test_who_is_told_what_of_each_fact(
    rule: str, task: Task, events: Sequence[Fact], expected: str
) -> None:
    told = [",".join(f"{event}>{to}" for event, to in each) for each in play(task, *events)]

    assert " ".join(each or "-" for each in told) == expected, rule


@table(
    ("event", "fact"),
    [
        ("failure", an_end(RunStatus.FAILURE)),
        ("dead", an_end(RunStatus.FAILURE)),
        ("needs_operator", an_end(RunStatus.NEEDS_OPERATOR)),
        ("missed", an_outcome(Outcome.MISSED)),
    ],
)
def test_what_goes_on_is_told_once_in_five_minutes(event: str, fact: Fact) -> None:
    """A thousand failures are one incident, not a thousand messages."""
    every_second = [
        replace(fact, run_id=uuid4(), at=NOON + timedelta(seconds=number)) for number in range(601)
    ]

    told = play(a_task(a_rule(event), retry=True), *every_second)

    assert [number for number, each in enumerate(told) if each] == [0, 300, 600]


def test_a_rule_and_the_switch_keep_their_own_time() -> None:
    task = a_task(a_rule("failure"), notify_on_failure=True, recipients=("boss",))
    every_ten_minutes = [an_end(RunStatus.FAILURE, minute=10 * number) for number in range(7)]

    told = play(task, *every_ten_minutes)

    assert [("failure", "ops") in each for each in told] == [True] * 7
    assert [("failure", "boss") in each for each in told] == [True, *[False] * 5, True]


def test_a_rule_made_while_an_incident_is_open_is_told_of_it_at_once() -> None:
    opened = decide(a_task(), an_end(RunStatus.FAILURE), [], uuid4).incidents

    decision = decide(a_task(a_rule("failure")), an_end(RunStatus.FAILURE), opened, uuid4)

    assert said(decision) == [("failure", "ops")]


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


def test_a_recovery_names_every_incident_that_is_over() -> None:
    ends = [an_end(RunStatus.TIMED_OUT), an_end(RunStatus.FAILURE, minute=1)]
    task, opened = a_task(a_rule("failure", "recovered")), dict[UUID, Incident]()
    for fact in ends:
        decision = decide(task, fact, open_ones(opened), uuid4)
        opened |= {each.id: each for each in decision.incidents}

    (notice,) = decide(task, an_end(RunStatus.SUCCESS, minute=2), open_ones(opened), uuid4).notices

    assert notice.incident is not None
    classes = {each.failure_class for each in (notice.incident, *notice.others)}
    assert classes == {"failure", "timed_out"}


def test_a_silence_that_ends_because_the_task_was_changed_is_no_recovery() -> None:
    task, opened = a_task(a_rule("silent", "recovered")), dict[UUID, Incident]()
    for fact in (a_silence(), a_silence(Kind.HEARD, reason=facts.TASK_CHANGED)):
        decision = decide(task, fact, open_ones(opened), uuid4)
        opened |= {each.id: each for each in decision.incidents}

    assert (said(decision), open_ones(opened)) == ([], [])


def test_a_run_that_was_due_later_than_its_nominal_time_is_not_late() -> None:
    began = an_end(RunStatus.SUCCESS, started_at=NOON + timedelta(minutes=2))
    jittered = replace(began, due_at=NOON + timedelta(minutes=2))

    assert began.began_late
    assert not jittered.began_late


@table(
    ("fields", "trouble", "quiet"),
    [
        ({}, False, True),
        ({}, True, False),
        ({"notify_on_success": True}, False, False),
    ],
)
def test_a_success_that_nobody_waits_for_is_quiet(
    fields: dict[str, bool], *, trouble: bool, quiet: bool
) -> None:
    well = an_end(RunStatus.SUCCESS)

    assert rules.is_quiet(a_task(**fields), well, open_incidents=trouble) is quiet
    assert not rules.is_quiet(a_task(**fields), an_end(RunStatus.FAILURE), open_incidents=trouble)
    assert not rules.is_quiet(a_task(a_rule("recovered")), well, open_incidents=trouble)


@table(("event", "quiet"), [("start", False), ("late", True), ("failure", True)])
def test_a_beginning_that_nobody_waits_for_is_quiet(event: str, *, quiet: bool) -> None:
    began = replace(an_end(RunStatus.SUCCESS), kind=Kind.STARTED, status=None)
    late = replace(began, started_at=NOON + timedelta(minutes=2))

    assert rules.is_quiet(a_task(a_rule(event)), began, open_incidents=False) is quiet
    assert rules.is_quiet(a_task(a_rule(event)), late, open_incidents=False) is (event == "failure")
