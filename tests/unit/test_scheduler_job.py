"""What a change of a task does to its job and to the ledger: decided without clock or database."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.scheduler.job import AHEAD, MANUAL, SCHEDULE, Change, Job, decide_change
from services.scheduler.loops.ticker import POSTPONED, tick, tick_or_postpone
from shared.contracts.tasks import TaskChanged, TaskDefinition, TaskType
from shared.domain.instant import format_instant
from shared.domain.misfire import Backlog
from shared.domain.occurrence import Outcome, fire_id
from tests.support.cases import table

TASK = UUID("7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11")
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
MILLISECOND = timedelta(milliseconds=1)
EVERY_TEN = {"interval_minutes": 10}


def changed(
    version: int,
    at: datetime,
    schedule: dict[str, Any] | None = None,
    **fields: Any,  # noqa: ANN401 - whatever the contract takes
) -> TaskChanged:
    definition = {
        "name": f"version {version}",
        "task_type": TaskType.SCHEDULED if schedule else TaskType.MANUAL,
        "task_action": "probe",
        "schedule_config": schedule,
        **fields,
    }
    return TaskChanged(
        change="created" if version == 1 else "updated",
        task_id=TASK,
        version=version,
        changed_at=at,
        task=TaskDefinition(**definition),
    )


def deleted(version: int, at: datetime) -> TaskChanged:
    return TaskChanged(change="deleted", task_id=TASK, version=version, changed_at=at, task=None)


def decided(change: TaskChanged, old: Job | None = None, **options: Any) -> Change:  # noqa: ANN401 - as above
    decision = decide_change(change, old, **options)
    assert decision is not None
    return decision


def job(*events: TaskChanged) -> Job:
    known: Job | None = None
    for event in events:
        known = decided(event, known).job
    assert known is not None
    return known


def story(change: Change) -> list[tuple[str, str, str | None]]:
    return [(f"{e.scheduled_for:%H:%M}", str(e.outcome), e.reason) for e in change.entries]


def test_a_new_task_begins_after_its_creation() -> None:
    found = job(changed(1, NINE, EVERY_TEN, timeout_seconds=7, action_config={"名": 1}))

    assert found == Job(
        task_id=TASK,
        version=1,
        deleted=False,
        enabled=True,
        name="version 1",
        action="probe",
        action_config='{"名": 1}',
        timeout_seconds=7,
        queue="default",
        priority=3,
        schedule='{"interval_minutes": 10}',
        next_fire_at=NINE + 10 * MINUTE,
        next_due_at=NINE + 10 * MINUTE,
        backlog=None,
        changed_at=NINE,
        policy="{}",
        trigger_config=None,
    )


def test_a_new_task_owes_the_ledger_nothing_and_takes_nothing_back() -> None:
    change = decided(changed(1, NINE, EVERY_TEN))

    assert change.entries == ()
    assert change.cancel is None


def test_a_task_without_a_time_of_its_own_is_never_due() -> None:
    assert job(changed(1, NINE)).next_due_at is None
    assert job(changed(1, NINE, task_type=TaskType.TRIGGERED)).next_due_at is None


def test_a_schedule_counts_only_for_scheduled_tasks() -> None:
    found = job(changed(1, NINE, EVERY_TEN, task_type=TaskType.MANUAL))

    assert (found.schedule, found.next_fire_at) == (None, None)


def test_jitter_delays_when_it_is_looked_at_but_not_its_name() -> None:
    found = job(changed(1, NINE, {**EVERY_TEN, "jitter_seconds": 300}))

    assert found.next_fire_at == NINE + 10 * MINUTE
    assert found.next_due_at is not None
    assert timedelta(0) <= found.next_due_at - found.next_fire_at < timedelta(seconds=300)


def test_a_schedule_that_is_over_is_never_due() -> None:
    found = job(changed(1, NINE, {"at": format_instant(NINE - MINUTE)}))

    assert (found.next_fire_at, found.next_due_at) == (None, None)


def test_a_schedule_that_cannot_be_read_is_never_due_and_told(
    caplog: pytest.LogCaptureFixture,
) -> None:
    found = job(changed(1, NINE, {"cron": "no such thing"}))

    assert (found.next_fire_at, found.next_due_at) == (None, None)
    assert "cannot be read" in caplog.text


@table("version", [1, 2, 3])
def test_what_is_not_newer_tells_nothing(version: int) -> None:
    known = job(changed(3, NINE, EVERY_TEN))

    assert decide_change(changed(version, NINE + MINUTE, EVERY_TEN), known) is None
    assert decide_change(deleted(version, NINE + MINUTE), known) is None


def test_versions_may_be_missing() -> None:
    assert decided(changed(9, NINE, EVERY_TEN), job(changed(1, NINE, EVERY_TEN))).job.version == 9


def test_fires_before_an_edit_belong_to_the_old_version() -> None:
    known = job(changed(1, NINE - MINUTE, EVERY_TEN))
    edit = decided(changed(2, NINE + timedelta(seconds=30), {"interval_minutes": 1}), known)

    assert story(edit) == [("09:00", "fired", None)]
    assert edit.entries[0].version == 1
    assert edit.entries[0].run_id == fire_id(TASK, NINE)
    assert edit.entries[0].trigger == SCHEDULE != MANUAL
    assert edit.job.version == 2
    assert edit.job.next_fire_at == NINE + MINUTE


def test_an_edit_in_the_instant_of_a_fire_comes_after_it() -> None:
    known = job(changed(1, NINE - MINUTE, EVERY_TEN))
    edit = decided(changed(2, NINE, EVERY_TEN), known)

    assert story(edit) == [("09:00", "fired", None)]
    assert edit.job.next_fire_at == NINE + 10 * MINUTE


def test_an_edit_is_judged_when_it_became_true_not_when_it_is_heard() -> None:
    """A bus that is an hour slow moves no fire from one version to the other."""
    known = job(changed(1, NINE - MINUTE, EVERY_TEN))
    edit = decided(changed(2, NINE - timedelta(seconds=30), {"interval_hours": 1}), known)

    assert edit.entries == ()
    assert edit.job.next_fire_at == NINE


def test_nothing_is_caught_up_across_an_edit() -> None:
    known = job(changed(1, NINE - MINUTE, EVERY_TEN))
    edit = decided(changed(2, NINE + 35 * MINUTE, EVERY_TEN), known)

    assert story(edit) == [
        (f"09:{minute}", "superseded", "schedule.superseded") for minute in ("00", "10", "20", "30")
    ]
    assert edit.job.backlog is None


def test_a_catch_up_in_hand_is_settled_by_an_edit() -> None:
    """Its candidate is in no row yet; and the schedule may have run its course meanwhile."""
    backlog = Backlog(ready_at=NINE, candidate=NINE, candidate_ready_at=NINE, coalesced=4)
    for next_fire_at in (NINE + 10 * MINUTE, None):
        known = job(changed(1, NINE - MINUTE, EVERY_TEN))._replace(
            next_fire_at=next_fire_at, backlog=json.dumps(backlog.to_json())
        )
        edit = decided(changed(2, NINE + 5 * MINUTE, EVERY_TEN), known)

        assert story(edit) == [("09:00", "superseded", "schedule.superseded")]
        assert edit.job.backlog is None


def test_switching_off_takes_back_what_waits() -> None:
    known = job(changed(1, NINE - MINUTE, EVERY_TEN))
    pause = decided(changed(2, NINE + MINUTE, EVERY_TEN, enabled=False), known)

    assert story(pause) == [("09:00", "fired", None)]  # and then taken back, with what waited
    assert pause.cancel is not None
    assert pause.cancel.outcome is Outcome.SKIPPED_PAUSED
    assert pause.cancel.reason == "task.disabled"
    assert pause.cancel.requests_too
    assert not pause.cancel.early_too
    assert not pause.job.enabled

    edit = decided(changed(3, NINE + 2 * MINUTE, EVERY_TEN, enabled=False), pause.job)
    assert edit.cancel is not None
    assert not edit.cancel.requests_too  # asked for since: it is meant


def test_a_paused_task_keeps_its_place_so_that_every_skip_gets_its_row() -> None:
    found = job(changed(1, NINE - MINUTE, EVERY_TEN, enabled=False))

    # Looked at when it is due, not ahead of it: it may be switched on until then.
    assert found.next_due_at == NINE + AHEAD
    assert tick(found, NINE + AHEAD - MILLISECOND, 500)[0] == []
    rows, step = tick(found, NINE + AHEAD, 500)
    assert [(row.outcome, row.reason) for row in rows] == [("skipped_paused", "task.paused")]
    assert step.next_due_at == NINE + 10 * MINUTE + AHEAD


def test_resuming_runs_nothing_that_fell_into_the_pause_and_says_so() -> None:
    known = job(changed(1, NINE - MINUTE, EVERY_TEN, enabled=False))
    resumed = decided(changed(2, NINE + timedelta(seconds=5), EVERY_TEN), known)

    assert story(resumed) == [("09:00", "skipped_paused", "task.paused")]
    assert resumed.cancel is None
    assert resumed.job.next_fire_at == NINE + 10 * MINUTE


def test_deleting_leaves_a_tombstone_and_takes_everything_back() -> None:
    known = job(changed(1, NINE - MINUTE, EVERY_TEN))
    gone = decided(deleted(2, NINE + MINUTE), known)

    assert gone.job.deleted
    assert gone.job.version == 2
    assert (gone.job.schedule, gone.job.next_fire_at, gone.job.next_due_at) == (None, None, None)
    assert gone.job.name == "version 1"
    assert story(gone) == [("09:00", "fired", None)]
    assert gone.cancel is not None
    assert gone.cancel.outcome is Outcome.SUPERSEDED
    assert gone.cancel.reason == "task.deleted"
    assert gone.cancel.requests_too
    assert gone.cancel.early_too


def test_a_late_creation_does_not_wake_the_dead() -> None:
    tombstone = job(deleted(2, NINE))

    assert decide_change(changed(1, NINE - MINUTE, EVERY_TEN), tombstone) is None


def test_a_task_that_comes_back_owes_nothing_for_the_time_it_was_gone() -> None:
    back = decided(changed(3, NINE + timedelta(hours=5), EVERY_TEN), job(deleted(2, NINE)))

    assert back.entries == ()
    assert not back.job.deleted


def test_a_lost_job_table_begins_anew_instead_of_owing_all_history() -> None:
    now = NINE + timedelta(days=30)

    assert decided(changed(1, NINE, EVERY_TEN), unknown_since=now).job.next_fire_at == (
        now + 10 * MINUTE
    )
    assert decided(changed(1, now + MINUTE, EVERY_TEN), unknown_since=now).job.next_fire_at == (
        now + 10 * MINUTE
    )


def test_a_known_job_does_not_begin_anew() -> None:
    known = job(changed(1, NINE, EVERY_TEN))
    edit = decided(changed(2, NINE, EVERY_TEN), known, unknown_since=NINE + timedelta(days=1))

    assert edit.job.next_fire_at == NINE + 10 * MINUTE


def test_the_rest_of_a_backlog_is_settled_after_the_last_fire() -> None:
    """Exactly as many fires as fit leave the candidate behind, and the schedule is over."""
    over = {**EVERY_TEN, "end_at": format_instant(NINE + 50 * MINUTE)}
    known = job(changed(1, NINE - MINUTE, over))

    rows, step = tick(known, NINE + timedelta(hours=2), 5)
    assert [row.outcome for row in rows] == ["coalesced"] * 5
    assert step.next_fire_at is None
    assert step.next_due_at is not None

    left = known._replace(next_fire_at=None, next_due_at=step.next_due_at, backlog=step.backlog)
    rows, step = tick(left, NINE + timedelta(hours=2), 5)
    assert [(row.outcome, row.scheduled_for) for row in rows] == [("fired", NINE + 50 * MINUTE)]
    assert (step.next_fire_at, step.next_due_at, step.backlog) == (None, None, None)


def test_a_job_that_cannot_be_ticked_is_put_off_unchanged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    broken = job(changed(1, NINE - MINUTE, EVERY_TEN))._replace(schedule='{"cron": "broken"}')

    rows, step = tick_or_postpone(broken, NINE, 500)

    assert rows == []
    assert step.read_fire_at == step.next_fire_at == NINE
    assert step.next_due_at == NINE + POSTPONED
    assert "cannot be ticked" in caplog.text
