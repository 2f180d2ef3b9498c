"""Who is told what: one decision for one fact, from the task's rules and its open incidents. Pure.

    began                start, and late if it began long after its time
    went well            success; recovered, if a failure of this series was told
    went wrong for good  failure (after the last retry); dead, if retries were used up;
                         needs_operator, if only a person can help
    cancelled            cancelled
    will not run         missed, skipped or cancelled, by the ledger's word
    does not begin       late
    nobody entered it    silent, by the watchdog's word; its schedule goes on: recovered

Failures in a row belong to an *incident*, one per task and class of failure. A rule tells the first
one, exactly the Nth, or each from the Nth on, and of an incident that goes on at most one every
five minutes, with their number: a task that fails a thousand times a second is one incident and not
a thousand messages. The switch `notify_on_failure` tells the first one and then one an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from uuid import UUID

from services.notifier.facts import TASK_CHANGED, Fact, Incident, Kind, Task
from shared.contracts.policy import NotifyRule
from shared.contracts.runs import RunStatus
from shared.domain.occurrence import Outcome

#: How often a rule tells of an incident that goes on (Alertmanager's `group_interval`), ...
RULE_REPEATS = timedelta(minutes=5)
#: ... and how often the switch `notify_on_failure` does.
SWITCH_REPEATS = timedelta(hours=1)

MISSED = "missed"
SILENT = "silent"
#: Classes of incidents that are no failures: no run ended badly, so they do not count in a row.
NO_RUN = frozenset({MISSED, SILENT})

FAILED = frozenset({RunStatus.FAILURE, RunStatus.TIMED_OUT, RunStatus.NEEDS_OPERATOR})

#: What an outcome of the ledger is called in rules. The others are nothing to tell: the same run is
#: there already, another late one ran in its stead, or a person switched the task off.
OUTCOMES: Mapping[Outcome, str] = {
    Outcome.MISSED: MISSED,
    Outcome.EXPIRED: MISSED,
    Outcome.SKIPPED_OVERLAP: "skipped",
    Outcome.SKIPPED_BLACKOUT: "skipped",
    Outcome.SKIPPED_CONDITION: "skipped",
    Outcome.SKIPPED_LOCK: "skipped",
    Outcome.THROTTLED: "skipped",
    Outcome.UPSTREAM_FAILED: "skipped",
    Outcome.CANCELLED: "cancelled",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One event that somebody is told."""

    event: str
    recipient: str
    """A channel's name or an e-mail address."""
    incident: Incident | None
    others: tuple[Incident, ...] = ()
    """Of a recovery: what else is over with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows from one fact."""

    notices: tuple[Notice, ...] = ()
    incidents: tuple[Incident, ...] = ()
    """Those that are new or changed."""


def decide(
    task: Task, fact: Fact, incidents: Sequence[Incident], new_id: Callable[[], UUID]
) -> Decision:
    """Return what follows from *fact* while *incidents* of its task are open."""
    match fact.kind:
        case Kind.STARTED:
            return Decision(notices=_plain(task, _beginnings(fact), None))
        case Kind.LATE:
            return Decision(notices=_plain(task, ["late"], None))
        case Kind.OUTCOME:
            return _outcome(task, fact, incidents, new_id)
        case Kind.SILENT:
            return _silence(task, fact, incidents, new_id)
        case Kind.HEARD:
            return _heard(task, fact, incidents)
        case Kind.ENDED:
            pass
    began = _plain(task, _beginnings(fact), None)
    if fact.status in FAILED:
        decision = _failure(task, fact, incidents, new_id)
    elif fact.status is RunStatus.SUCCESS:
        decision = _success(task, fact, incidents)
    else:
        decision = Decision(notices=_plain(task, ["cancelled"], None))
    return replace(decision, notices=_once((*began, *decision.notices)))


def is_quiet(task: Task, fact: Fact, *, open_incidents: bool) -> bool:
    """Return whether nobody waits for *fact*: it needs no decision."""
    if fact.kind is Kind.STARTED:
        return not any(event in task.asked for event in _beginnings(fact))
    if fact.status is not RunStatus.SUCCESS:
        return False
    return not (task.notify_on_success or task.rules or open_incidents)


def _beginnings(fact: Fact) -> list[str]:
    """Return what is told of a beginning; of a short run its end is all that is heard."""
    return ["start", "late"] if fact.began_late else ["start"]


def _outcome(
    task: Task, fact: Fact, incidents: Sequence[Incident], new_id: Callable[[], UUID]
) -> Decision:
    event = OUTCOMES.get(fact.outcome) if fact.outcome else None
    if event is None:
        return Decision()
    if event != MISSED:
        return Decision(notices=_plain(task, [event], None))
    before = _open_one(incidents, MISSED)
    incident = _continued(before, fact, MISSED, new_id)
    notices = _plain(task, [event], incident) if _is_time_again(before, fact, RULE_REPEATS) else ()
    return Decision(notices=notices, incidents=(_told(incident, fact, notices),))


def _silence(
    task: Task, fact: Fact, incidents: Sequence[Incident], new_id: Callable[[], UUID]
) -> Decision:
    incident = _continued(_open_one(incidents, SILENT), fact, SILENT, new_id)
    notices = list(_plain(task, [SILENT], incident))
    if task.notify_on_failure:
        notices += _to(task, (), SILENT, incident)
    return Decision(notices=_once(notices), incidents=(_told(incident, fact, notices),))


def _heard(task: Task, fact: Fact, incidents: Sequence[Incident]) -> Decision:
    decision = _closing(task, fact, [each for each in incidents if each.failure_class == SILENT])
    # Of a task that was switched off or edited nobody can say that it works again.
    return replace(decision, notices=()) if fact.reason == TASK_CHANGED else decision


def _success(task: Task, fact: Fact, incidents: Sequence[Incident]) -> Decision:
    closing = _closing(task, fact, incidents)
    return replace(closing, notices=_once((*_plain(task, ["success"], None), *closing.notices)))


def _closing(task: Task, fact: Fact, incidents: Sequence[Incident]) -> Decision:
    """Close *incidents*; the recovery is told once, for all of them that were told."""
    closed = tuple(
        replace(each, closed_at=fact.at, closed_by=fact.run_id, updated_at=fact.at)
        for each in incidents
    )
    told = sorted((each for each in closed if each.told_at), key=_weight, reverse=True)
    if not told:
        return Decision(incidents=closed)
    notices = tuple(
        replace(each, others=tuple(told[1:])) for each in _plain(task, ["recovered"], told[0])
    )
    return Decision(notices=notices, incidents=closed)


def _weight(incident: Incident) -> tuple[bool, int]:
    return incident.failure_class not in NO_RUN, incident.count


def _failure(
    task: Task, fact: Fact, incidents: Sequence[Incident], new_id: Callable[[], UUID]
) -> Decision:
    assert fact.status is not None  # noqa: S101 - it is in FAILED
    before = _open_one(incidents, fact.status.value)
    incident = _continued(before, fact, fact.status.value, new_id)
    others = (each for each in incidents if each.failure_class != incident.failure_class)
    in_a_row = incident.count + sum(
        each.count for each in others if each.failure_class not in NO_RUN
    )
    events = ["failure"]
    if fact.status is RunStatus.NEEDS_OPERATOR:
        events.append("needs_operator")
    elif task.retries:
        events.append("dead")
    again = _is_time_again(before, fact, RULE_REPEATS)
    notices: list[Notice] = []
    for rule in task.rules:
        for event in events:
            counts = _counts(rule, in_a_row, again=again) if event == "failure" else again
            if event in rule.on and counts:
                notices += _to(task, rule.channels, event, incident)
    if task.notify_on_failure and _is_time_again(before, fact, SWITCH_REPEATS):
        notices += _to(task, (), events[-1] if events[-1] != "dead" else "failure", incident)
    return Decision(notices=_once(notices), incidents=(_told(incident, fact, notices),))


def _counts(rule: NotifyRule, in_a_row: int, *, again: bool) -> bool:
    if in_a_row == rule.after_failures:
        return True
    return not rule.exact and in_a_row > rule.after_failures and again


def _is_time_again(before: Incident | None, fact: Fact, every: timedelta) -> bool:
    """Return whether *fact* is the first of its incident, or the first in a while of it.

    Whiles are counted from the incident's beginning, so nothing has to be remembered of each
    receiver. What nobody was told of yet is told.
    """
    if before is None or before.told_at is None:
        return True
    return (fact.at - before.opened_at) // every > (before.updated_at - before.opened_at) // every


def _open_one(incidents: Sequence[Incident], failure_class: str) -> Incident | None:
    return next((each for each in incidents if each.failure_class == failure_class), None)


def _continued(
    before: Incident | None, fact: Fact, failure_class: str, new_id: Callable[[], UUID]
) -> Incident:
    if before is not None:
        return replace(
            before,
            updated_at=max(before.updated_at, fact.at),
            count=before.count + 1,
            last_run_id=fact.run_id,
            last_error=fact.error,
        )
    return Incident(
        id=new_id(),
        task_id=fact.task_id,
        failure_class=failure_class,
        opened_at=fact.at,
        updated_at=fact.at,
        count=1,
        first_run_id=fact.run_id,
        last_run_id=fact.run_id,
        last_error=fact.error,
    )


def _told(incident: Incident, fact: Fact, notices: Sequence[Notice]) -> Incident:
    return replace(incident, told_at=fact.at) if notices else incident


def _plain(task: Task, events: Sequence[str], incident: Incident | None) -> tuple[Notice, ...]:
    """Return the notices of events that no count decides about."""
    found: list[Notice] = []
    for event in events:
        for rule in task.rules:
            if event in rule.on:
                found += _to(task, rule.channels, event, incident)
        by_switch = (event == "success" and task.notify_on_success) or (
            event == "recovered" and task.notify_on_failure
        )
        if by_switch:
            found += _to(task, (), event, incident)
    return _once(found)


def _to(
    task: Task, channels: Sequence[str], event: str, incident: Incident | None
) -> Iterator[Notice]:
    creator = (task.creator,) if task.creator else ()
    for recipient in tuple(channels) or task.recipients or creator:
        yield Notice(event=event, recipient=recipient, incident=incident)


def _once(notices: Sequence[Notice]) -> tuple[Notice, ...]:
    """Return one notice for each event and recipient."""
    return tuple({(each.event, each.recipient): each for each in notices}.values())
