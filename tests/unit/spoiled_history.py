"""A good history, and every way that we know to spoil it; for the test of the checker.

A good one is made at random from a seed; a mutation spoils a copy of it at a random place.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from tests.support import checker
from tests.support.history import (
    Effect,
    Fault,
    History,
    LogRow,
    Occurrence,
    Version,
    cron,
    every,
)

START = datetime(2026, 3, 1, 12, 0, 0, 500_000, tzinfo=UTC)
READ = START + timedelta(minutes=5)
SECOND = timedelta(seconds=1)
#: Far enough from the read for every rule to hold.
SETTLED = READ - 2 * checker.QUIESCE

Mutation = Callable[[random.Random, History], History]


def good(dice: random.Random) -> History:
    """Make a history in which nothing is wrong: two interval tasks, a cron task, manual runs."""
    versions = [
        Version(task_id=_id(dice), fires=fires, sent_at=START, answered_at=START + SECOND / 10)
        for fires in (
            every(timedelta(seconds=2)),
            every(timedelta(seconds=5)),
            cron("*/7 * * * * *"),
        )
    ]
    ledger = [
        Occurrence(
            run_id=_id(dice),
            task_id=version.task_id,
            trigger="schedule",
            scheduled_at=at,
            outcome="fired",
        )
        for version in versions
        for at in version.fires(version.answered_at, READ - SECOND)
    ]
    manual = [
        Occurrence(
            run_id=_id(dice),
            task_id=versions[0].task_id,
            trigger="manual",
            scheduled_at=START + timedelta(seconds=dice.uniform(1, 280)),
            outcome="fired",
        )
        for _ in range(20)
    ]
    ledger += manual
    log, effects = [], []
    for row in ledger:
        began_at = row.scheduled_at + timedelta(seconds=dice.uniform(0, 0.4))
        effects.append(Effect(run_id=row.run_id, attempt=1, at=began_at))
        log.append(
            LogRow(
                run_id=row.run_id,
                task_id=row.task_id,
                status="success",
                attempt=1,
                started_at=began_at,
                completed_at=began_at + timedelta(seconds=dice.uniform(0, 1)),
            )
        )
    return History(
        versions=versions,
        ledger=ledger,
        log=log,
        effects=effects,
        read_at=READ,
        acknowledged={row.run_id: row.scheduled_at for row in manual},
        counted={
            version.task_id: sum(row.task_id == version.task_id for row in ledger)
            for version in versions
        },
        earlier_log=log[: len(log) // 2],
    )


def _id(dice: random.Random) -> UUID:
    return UUID(int=dice.getrandbits(128))


def _settled(dice: random.Random, history: History, trigger: str = "schedule") -> Occurrence:
    return dice.choice(
        [r for r in history.ledger if r.trigger == trigger and r.scheduled_at < SETTLED]
    )


def _without(history: History, run_id: UUID) -> History:
    """Remove every trace of a run but its acknowledgement."""
    return replace(
        history,
        ledger=[row for row in history.ledger if row.run_id != run_id],
        log=[row for row in history.log if row.run_id != run_id],
        effects=[each for each in history.effects if each.run_id != run_id],
        earlier_log=(),
        counted={},
    )


def _with_log(history: History, run_id: UUID, **changes: object) -> History:
    return replace(
        history,
        log=[replace(row, **changes) if row.run_id == run_id else row for row in history.log],  # type: ignore[arg-type]
        earlier_log=(),
        counted={},
    )


def _with_row(history: History, run_id: UUID, **changes: object) -> History:
    return replace(
        history,
        ledger=[replace(row, **changes) if row.run_id == run_id else row for row in history.ledger],  # type: ignore[arg-type]
    )


def drop_a_fire(dice: random.Random, history: History) -> History:
    return _without(history, _settled(dice, history).run_id)


def drop_an_acknowledged_run(dice: random.Random, history: History) -> History:
    return _without(history, _settled(dice, history, "manual").run_id)


def skip_a_fire(dice: random.Random, history: History) -> History:
    run_id = _settled(dice, history).run_id
    kept = [row for row in history.ledger if row.run_id == run_id]
    spoiled = _without(history, run_id)
    return _with_row(replace(spoiled, ledger=[*spoiled.ledger, *kept]), run_id, outcome="missed")


def fire_twice(dice: random.Random, history: History) -> History:
    row = replace(_settled(dice, history), run_id=_id(dice))
    end = LogRow(
        run_id=row.run_id,
        task_id=row.task_id,
        status="success",
        attempt=1,
        started_at=row.scheduled_at,
        completed_at=row.scheduled_at,
    )
    effect = Effect(run_id=row.run_id, attempt=1, at=row.scheduled_at)
    return replace(
        history,
        ledger=[*history.ledger, row],
        log=[*history.log, end],
        effects=[*history.effects, effect],
        counted={},
    )


def repeat_a_ledger_row(dice: random.Random, history: History) -> History:
    row = _settled(dice, history, "manual")
    return replace(history, ledger=[*history.ledger, replace(row, task_id=_id(dice))])


def fire_at_a_wrong_time(dice: random.Random, history: History) -> History:
    row = _settled(dice, history)
    moved = timedelta(milliseconds=dice.randrange(100, 900))
    extra = replace(row, run_id=_id(dice), scheduled_at=row.scheduled_at - moved)
    return replace(history, ledger=[*history.ledger, extra])


def lose_an_end(dice: random.Random, history: History) -> History:
    run_id = _settled(dice, history).run_id
    kept = [row for row in history.log if row.run_id != run_id]
    return replace(history, log=kept, earlier_log=(), counted={})


def never_end(dice: random.Random, history: History) -> History:
    run_id = _settled(dice, history).run_id
    return _with_log(history, run_id, status="running", completed_at=None)


def end_twice(dice: random.Random, history: History) -> History:
    row = dice.choice(history.log)
    return replace(history, log=[*history.log, replace(row, attempt=2)], counted={})


def count_twice(dice: random.Random, history: History) -> History:
    task_id = dice.choice(list(history.counted))
    return replace(history, counted={**history.counted, task_id: history.counted[task_id] + 1})


def rewrite_an_end(dice: random.Random, history: History) -> History:
    row = dice.choice(history.earlier_log)
    before = [replace(row, started_at=row.started_at - SECOND)]
    return replace(history, earlier_log=before)


def invent_an_end(dice: random.Random, history: History) -> History:
    row = dice.choice(history.log)
    return replace(history, log=[*history.log, replace(row, run_id=_id(dice))], counted={})


def fail(dice: random.Random, history: History) -> History:
    return _with_log(history, _settled(dice, history).run_id, status="timed_out")


def claim_success(dice: random.Random, history: History) -> History:
    run_id = dice.choice(history.effects).run_id
    return replace(history, effects=[each for each in history.effects if each.run_id != run_id])


def claim_success_of_another_attempt(dice: random.Random, history: History) -> History:
    return _with_log(history, dice.choice(history.log).run_id, attempt=2)


def call_without_a_row(dice: random.Random, history: History) -> History:
    extra = replace(dice.choice(history.effects), run_id=_id(dice))
    return replace(history, effects=[*history.effects, extra])


def call_twice(dice: random.Random, history: History) -> History:
    effect = dice.choice(history.effects)
    again = replace(effect, attempt=2, at=effect.at + 3 * SECOND)
    other = Fault(kind="kill", target="nats", began_at=effect.at, ended_at=again.at)
    return replace(history, effects=[*history.effects, again], faults=[other])


def call_too_early(dice: random.Random, history: History) -> History:
    row = _settled(dice, history)
    effects = [
        replace(each, at=row.scheduled_at - SECOND / 5) if each.run_id == row.run_id else each
        for each in history.effects
    ]
    return replace(history, effects=effects)


def end_before_the_beginning(dice: random.Random, history: History) -> History:
    row = dice.choice(history.log)
    return _with_log(history, row.run_id, completed_at=row.started_at - SECOND)


MUTATIONS: dict[Mutation, str] = {
    drop_a_fire: "missed",
    drop_an_acknowledged_run: "forgotten",
    skip_a_fire: "not_fired",
    fire_twice: "duplicate",
    repeat_a_ledger_row: "duplicate",
    fire_at_a_wrong_time: "unexpected",
    lose_an_end: "lost",
    never_end: "stuck",
    end_twice: "double_final",
    count_twice: "double_final",
    rewrite_an_end: "double_final",
    invent_an_end: "unledgered",
    fail: "not_successful",
    claim_success: "false_success",
    claim_success_of_another_attempt: "false_success",
    call_without_a_row: "phantom",
    call_twice: "double_effect",
    call_too_early: "early",
    end_before_the_beginning: "backwards",
}
