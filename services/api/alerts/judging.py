"""Judges one rule by what was measured: one transaction, under the lock of the rule.

The machine is `shared/domain/alerting`; here are its memory, its clock (the database's) and its
voice: `event.alert.pending|firing|resolved`, left in the outbox in the same transaction.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from services.api.alerts.rules import as_rule
from services.api.alerts.transitions import Transition, event_data
from services.api.bus.said import Event, say_events
from services.api.platform.asking import Asker
from services.api.store import alert_checks as checks
from services.api.store import alert_rules as rules
from services.api.store import alerts as store
from services.api.store import tasks
from shared.contracts.alerts_commands import Judged, JudgeRule, MetSample
from shared.db.pool import Connection
from shared.domain.alerting.labels import annotations_of, labels_of
from shared.domain.alerting.machine import Change, Found, Instance, Instances, changes
from shared.domain.alerting.reading import Reading, evaluate, too_many
from shared.domain.alerting.rule import Rule
from shared.domain.alerting.samples import fingerprint

#: How events of alerts are signed.
SOURCE = "alert"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Cause:
    """What changed alerts: the check of a run, or what a person did to their rule."""

    at: datetime
    run_id: UUID | None = None
    task_id: UUID | None = None
    because: str | None = None
    actor: str | None = None


async def judge(connection: Connection, question: JudgeRule, asker: Asker) -> Judged:
    """Carry out one judgement; the same run's second one is the first one's answer.

    An attempt that could measure nothing may be followed by one that can.
    """
    row = await rules.lock(connection, question.rule_id)
    if row is None or not row.written.enabled:
        return Judged(outcome="gone")
    earlier = await checks.of_run(connection, row.id, asker.run_id)
    if earlier is not None and is_final(earlier, asker.attempt):
        return Judged.model_validate_json(earlier.answer)
    if row.version != question.version:
        return Judged(outcome="changed")
    last = await checks.last(connection, row.id)
    if last is not None and last.began_at > question.began_at:
        return Judged(outcome="overtaken")
    rule, at = as_rule(row), await tasks.now(connection)
    reading = replace(
        _read(rule, question, _errors_before(last, asker)),
        usual=(last and last.since_last) or timedelta(0),
    )
    opened = await store.open_of_rule(connection, rule.id)
    before = {key: each.instance for key, each in opened.items()}
    after = evaluate(rule, before, reading, at)
    cause = _Cause(at=at, run_id=asker.run_id, task_id=asker.task_id)
    happened = await _write(connection, rule, opened, after, cause)
    judged = _told(after, happened, reading.error)
    check = checks.CheckRow(
        asker.run_id,
        asker.attempt,
        question.began_at,
        at,
        _since_last(last, asker, at),
        reading.error,
        reading.errors_in_a_row,
        judged.model_dump_json(),
    )
    await checks.keep(connection, rule.id, check, samples=reading.samples)
    return judged


def is_final(check: checks.CheckRow, attempt: int) -> bool:
    """Return whether a run's judgement stands for its *attempt*, too."""
    return check.error is None or check.attempt == attempt


async def close_all(connection: Connection, rule: Rule, *, because: str, actor: str) -> None:
    """End all alerts of a rule that is looked at no more."""
    opened = await store.open_of_rule(connection, rule.id)
    if not opened:
        return
    at = await tasks.now(connection)
    before = {key: each.instance for key, each in opened.items()}
    after = {
        key: replace(each, state="resolved", resolved_at=at)
        for key, each in before.items()
        if each.state == "firing"
    }
    cause = _Cause(at=at, because=because, actor=actor)
    await _write(connection, rule, opened, after, cause)


def _errors_before(last: checks.CheckRow | None, asker: Asker) -> int:
    """Return how many checks in a row went wrong before this run; its attempts are one check."""
    if last is None:
        return 0
    own = last.error is not None and last.run_id == asker.run_id
    return last.errors_in_a_row - own


def _since_last(last: checks.CheckRow | None, asker: Asker, at: datetime) -> timedelta | None:
    """Return how long after the check before this one is; attempts of a run are one check."""
    if last is None or last.run_id == asker.run_id:
        return last and last.since_last
    return at - last.checked_at


def _read(rule: Rule, question: JudgeRule, errors_before: int) -> Reading:
    error = question.error or too_many(question.met_count)
    return Reading(
        samples=question.samples,
        met={} if error else _found(rule, question.met),
        error=error,
        errors_in_a_row=errors_before + 1 if error else 0,
    )


def _found(rule: Rule, met: Sequence[MetSample]) -> dict[str, Found]:
    return {
        fingerprint(rule.id, each.labels): Found(series=each.labels, value=float(each.value))
        for each in met
    }


async def _write(
    connection: Connection,
    rule: Rule,
    opened: Mapping[str, store.OpenAlert],
    after: Instances,
    cause: _Cause,
) -> list[Change]:
    """Store the instances, note and say what has happened; return that."""
    happened = changes({key: each.instance for key, each in opened.items()}, after)
    ids = {key: each.id for key, each in opened.items()}
    alerts = {
        key: _stored(rule, ids.get(key) or uuid4(), key, each)
        for key, each in sorted(after.items())
    }
    await store.write(
        connection,
        list(alerts.values()),
        rule_id=rule.id,
        rule_name=rule.name,
        level=rule.level,
        at=cause.at,
        because=cause.because,
    )
    gone = [ids[each.fingerprint] for each in happened if each.state == "gone"]
    await store.remove(connection, gone)
    said = [
        Transition(
            alert_id=alerts[each.fingerprint].id,
            fingerprint=each.fingerprint,
            state=each.state,
            rule=rule,
            instance=each.instance,
            labels=alerts[each.fingerprint].labels,
            annotations=alerts[each.fingerprint].annotations,
            because=cause.because,
        )
        for each in happened
        if each.state != "gone"
    ]
    if said:
        await _say(connection, said, cause)
    return happened


async def _say(connection: Connection, said: Sequence[Transition], cause: _Cause) -> None:
    await store.note(
        connection,
        [(each.alert_id, each.state, each.value) for each in said],
        at=cause.at,
        run_id=cause.run_id,
        actor=cause.actor,
    )
    await say_events(
        connection,
        [Event(each.state, str(each.alert_id), event_data(each)) for each in said],
        source=SOURCE,
        causes=(cause.task_id,) if cause.task_id else (),
    )


def _stored(rule: Rule, identity: UUID, key: str, instance: Instance) -> store.Stored:
    labels = labels_of(rule, instance.series, instance.reason)
    annotations = annotations_of(rule, labels, instance.value)
    return store.Stored(identity, key, instance, labels, annotations)


def _told(after: Instances, happened: Sequence[Change], error: str | None) -> Judged:
    states = [each.state for each in after.values()]
    return Judged(
        outcome="judged",
        pending=states.count("pending"),
        firing=states.count("firing"),
        resolved=sum(each.state == "resolved" for each in happened),
        error=error,
    )
