"""A checker that never fails proves nothing: every way to spoil a good history must be found."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from tests.support import checker
from tests.support.budget import ALL
from tests.support.cases import table
from tests.support.checker import measure
from tests.support.history import EVER, Effect, History, Occurrence, Version, every
from tests.unit.spoiled_history import MUTATIONS, READ, SECOND, START, Mutation, call_twice, good

SEEDS = range(8 if ALL else 2)


@table("seed", SEEDS)
def test_a_good_history_passes(seed: int) -> None:
    verdict = checker.judge(good(random.Random(seed)))  # noqa: S311 - no secret

    assert verdict.is_good, verdict.report()


@table("seed", SEEDS)
@table(("mutate", "kind"), MUTATIONS.items())
def test_a_spoiled_history_is_found_out(mutate: Mutation, kind: str, seed: int) -> None:
    dice = random.Random(seed)  # noqa: S311 - no secret
    verdict = checker.judge(mutate(dice, good(dice)))

    assert not verdict.is_good
    assert getattr(verdict, kind), verdict.report()
    assert kind in verdict.report()


def test_what_one_judgement_has_named_is_no_fault_of_the_next() -> None:
    dice = random.Random(1)  # noqa: S311 - no secret
    spoiled = call_twice(dice, good(dice))
    known: set[str] = set()
    for is_good in (False, True):
        verdict = checker.judge(spoiled)
        verdict.forget(known)
        assert verdict.is_good == is_good


def test_a_fault_of_an_executor_excuses_a_second_call_and_is_counted() -> None:
    dice = random.Random(1)  # noqa: S311 - no secret
    history = call_twice(dice, good(dice))
    again = history.effects[-1]
    fault = replace(history.faults[0], target="executor-1")

    verdict = checker.judge(replace(history, faults=[fault]))
    assert verdict.is_good, verdict.report()
    assert verdict.excused_doubles == 1

    late = replace(fault, began_at=again.at + SECOND, ended_at=again.at + 2 * SECOND)
    assert checker.judge(replace(history, faults=[late])).double_effect


def test_a_task_that_is_meant_to_end_badly_may_and_no_other() -> None:
    history = good(random.Random(1))  # noqa: S311 - no secret
    victim = next(row for row in history.log if row.status == checker.SUCCESS)
    log = [replace(row, status="failure") if row is victim else row for row in history.log]
    spoiled = replace(history, log=log, earlier_log=())

    assert checker.judge(spoiled).not_successful
    assert checker.judge(replace(spoiled, failing={victim.task_id})).is_good


def test_a_later_attempt_of_a_retried_task_may_call_again_but_none_twice() -> None:
    dice = random.Random(1)  # noqa: S311 - no secret
    history = call_twice(dice, good(dice))
    again = history.effects[-1]
    (task_id,) = (row.task_id for row in history.ledger if row.run_id == again.run_id)

    retried = replace(history, retried={task_id})
    assert checker.judge(retried).is_good

    twice = replace(again, at=again.at + SECOND)
    assert checker.judge(replace(retried, effects=[*history.effects, twice])).double_effect


def test_around_an_edit_a_fire_may_or_may_not_be_there() -> None:
    edit_sent, edit_answered = START + 9.4 * SECOND, START + 11.6 * SECOND
    task_id = UUID(int=7)
    old = Version(
        task_id=task_id,
        fires=every(SECOND),
        sent_at=START,
        answered_at=START,
        replaced_sent_at=edit_sent,
        replaced_answered_at=edit_answered,
    )
    new = replace(
        old,
        fires=every(10 * SECOND),
        sent_at=edit_sent,
        answered_at=edit_answered,
        replaced_sent_at=EVER,
        replaced_answered_at=EVER,
    )
    read_at = START + 40 * SECOND
    sure = [*old.fires(START, edit_sent), *new.fires(edit_answered, read_at - checker.EPSILON)]
    open_ = [*old.fires(edit_sent, edit_answered)]
    assert open_

    def verdict(times: list[datetime]) -> checker.Verdict:
        ledger = [
            Occurrence(
                run_id=UUID(int=n),
                task_id=task_id,
                trigger="schedule",
                scheduled_at=at,
                outcome="fired",
            )
            for n, at in enumerate(times)
        ]
        return checker.judge(
            History(versions=[old, new], ledger=ledger, log=[], effects=[], read_at=read_at)
        )

    assert not verdict(sure).missed
    assert not verdict(sure).unexpected
    assert not verdict(sure + open_).unexpected
    assert verdict(sure[1:]).missed
    assert verdict([*sure, START.replace(microsecond=0) + 20 * SECOND + SECOND]).unexpected


def test_figures_count_from_the_first_call_and_from_the_fault() -> None:
    history = good(random.Random(3))  # noqa: S311 - no secret
    row = min(history.ledger, key=lambda each: each.scheduled_at)
    late = Effect(run_id=row.run_id, attempt=1, at=row.scheduled_at + 4 * SECOND)
    again = replace(late, attempt=2, at=late.at + 5 * SECOND)
    others = [each for each in history.effects if each.run_id != row.run_id]

    figures = measure(replace(history, effects=[*others, again, late]), START, READ)

    assert figures.runs == len(history.ledger)
    assert figures.twice == 1
    assert figures.latest == 4
    assert 0 < figures.median < figures.p99 <= 4
    assert figures.on_time_again == (late.at - START).total_seconds()
    assert figures.redone == (again.at - START).total_seconds()
    assert 1 < figures.ended < 2


def test_figures_leave_out_what_was_over_before_the_fault() -> None:
    history = good(random.Random(4))  # noqa: S311 - no secret
    since = START + 100 * SECOND
    over = sum(row.completed_at is not None and row.completed_at < since for row in history.log)

    assert measure(history, since, READ).runs == len(history.ledger) - over
    assert measure(history, since, READ).under_way > 0
