"""What the ledger says after an outage, a pause, an edit."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from shared.domain.misfire import Backlog, Plan, PlannedOccurrence, plan, plan_edit
from shared.domain.occurrence import Outcome
from shared.domain.schedule import Schedule, due_at, fires, next_fire, parse_schedule
from shared.domain.texts.schedule import TEXTS
from tests.support.cases import table

TASK = "7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11"
NINE = datetime(2026, 11, 24, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def every_ten_minutes(jitter: int = 0, **misfire: object) -> Schedule:
    return parse_schedule({"interval_minutes": 10, "jitter_seconds": jitter, "misfire": misfire})


def planned(schedule: Schedule, late: timedelta, **options: object) -> Plan:
    return plan(schedule, task_id=TASK, next_fire_at=NINE, now=NINE + late, **options)  # type: ignore[arg-type]


def story(occurrences: tuple[PlannedOccurrence, ...]) -> list[tuple[str, str, str | None]]:
    return [(f"{o.scheduled_for:%H:%M}", o.outcome.value, o.reason) for o in occurrences]


def outcomes(occurrences: tuple[PlannedOccurrence, ...]) -> dict[str, int]:
    found = [o.outcome.value for o in occurrences]
    return {outcome: found.count(outcome) for outcome in found}


def test_before_it_is_due_nothing_happens() -> None:
    assert planned(every_ten_minutes(), -MINUTE) == Plan(
        occurrences=(), next_fire_at=NINE, next_due_at=NINE
    )


@table("late", [0, 60])
def test_up_to_the_threshold_a_fire_just_runs(late: int) -> None:
    result = planned(every_ten_minutes(), timedelta(seconds=late))

    assert result == Plan(
        occurrences=(PlannedOccurrence(scheduled_for=NINE, due_at=NINE, outcome=Outcome.FIRED),),
        next_fire_at=NINE + 10 * MINUTE,
        next_due_at=NINE + 10 * MINUTE,
    )


def test_fire_once_runs_the_latest_for_all_of_them() -> None:
    result = planned(every_ten_minutes(), 35 * MINUTE)

    assert story(result.occurrences) == [
        ("09:00", "coalesced", "misfire.coalesced"),
        ("09:10", "coalesced", "misfire.coalesced"),
        ("09:20", "coalesced", "misfire.coalesced"),
        ("09:30", "fired", "misfire.fired_once"),
    ]
    assert result.occurrences[-1].missed_count == 3
    assert result.occurrences[-1].missed_since == NINE


def test_fire_once_can_run_the_earliest() -> None:
    result = planned(every_ten_minutes(pick="earliest"), 35 * MINUTE)

    assert [o.outcome.value for o in result.occurrences] == ["fired"] + ["coalesced"] * 3
    assert result.occurrences[0].missed_count == 3
    assert result.occurrences[0].missed_since == NINE + 10 * MINUTE


def test_one_late_fire_stands_for_nothing_but_itself() -> None:
    (only,) = planned(every_ten_minutes(), 5 * MINUTE).occurrences

    assert (only.outcome, only.missed_count, only.missed_since) == (Outcome.FIRED, 0, None)


def test_the_fire_that_is_only_just_late_runs_besides_the_one_that_is_made_up_for() -> None:
    result = planned(every_ten_minutes(), 30 * MINUTE + timedelta(seconds=5))

    assert story(result.occurrences)[-2:] == [
        ("09:20", "fired", "misfire.fired_once"),
        ("09:30", "fired", None),
    ]


def test_skip_runs_none_of_the_late_ones() -> None:
    result = planned(every_ten_minutes(policy="skip"), 20 * MINUTE)

    assert story(result.occurrences) == [
        ("09:00", "missed", "misfire.policy_skip"),
        ("09:10", "missed", "misfire.policy_skip"),
        ("09:20", "fired", None),
    ]


def test_fire_all_runs_up_to_its_limit() -> None:
    result = planned(every_ten_minutes(policy="fire_all", limit=2), 35 * MINUTE)

    assert story(result.occurrences) == [
        ("09:00", "fired", "misfire.fired_all"),
        ("09:10", "fired", "misfire.fired_all"),
        ("09:20", "missed", "misfire.over_limit"),
        ("09:30", "missed", "misfire.over_limit"),
    ]


def test_beyond_the_window_a_fire_is_missed_for_good() -> None:
    schedule = every_ten_minutes(catchup_window_seconds=1_200)
    result = planned(schedule, 35 * MINUTE)

    assert story(result.occurrences) == [
        ("09:00", "missed", "misfire.older_than_window"),
        ("09:10", "missed", "misfire.older_than_window"),
        ("09:20", "coalesced", "misfire.coalesced"),
        ("09:30", "fired", "misfire.fired_once"),
    ]


def test_pause_is_not_downtime() -> None:
    result = planned(every_ten_minutes(), timedelta(days=2), enabled=False)

    assert outcomes(result.occurrences) == {"skipped_paused": 2 * 144 + 1}
    assert result.next_due_at == NINE + timedelta(days=2, minutes=10)


def test_a_long_backlog_takes_several_calls_that_say_what_one_would_say() -> None:
    schedule = every_ten_minutes()
    now = NINE + timedelta(hours=30)
    whole = plan(schedule, task_id=TASK, next_fire_at=NINE, now=now)
    step = plan(schedule, task_id=TASK, next_fire_at=NINE, now=now, limit=7)
    pieces = list(step.occurrences)
    while step.backlog is not None:
        assert len(step.occurrences) <= 7
        assert step.next_due_at == now  # look again at once
        stored = json.loads(json.dumps(step.backlog.to_json()))
        step = plan(
            schedule,
            task_id=TASK,
            next_fire_at=step.next_fire_at,
            now=now,
            backlog=Backlog.from_json(stored),
            limit=7,
        )
        pieces += step.occurrences

    assert sorted(pieces, key=lambda o: o.scheduled_for) == list(whole.occurrences)
    assert (step.next_fire_at, step.next_due_at) == (whole.next_fire_at, whole.next_due_at)


def test_a_stop_in_the_middle_of_a_backlog_does_not_run_what_became_too_old() -> None:
    schedule = every_ten_minutes(pick="earliest")
    first = planned(schedule, timedelta(hours=2), limit=5)
    assert first.backlog is not None
    assert first.backlog.candidate == NINE

    second = plan(
        schedule,
        task_id=TASK,
        next_fire_at=first.next_fire_at,
        now=NINE + timedelta(hours=25),
        backlog=first.backlog,
    )

    assert story(second.occurrences)[0] == ("09:00", "missed", "misfire.older_than_window")
    (made_up,) = [o for o in second.occurrences if o.reason == "misfire.fired_once"]
    assert made_up.scheduled_for == NINE + timedelta(hours=1)
    assert second.backlog is None


def test_a_task_paused_in_the_middle_of_a_backlog_runs_nothing_more() -> None:
    schedule = every_ten_minutes()
    first = planned(schedule, timedelta(hours=2), limit=5)
    second = plan(
        schedule,
        task_id=TASK,
        next_fire_at=first.next_fire_at,
        now=NINE + timedelta(hours=2),
        backlog=first.backlog,
        enabled=False,
    )

    assert outcomes(second.occurrences) == {"skipped_paused": 13 - 5}


def test_a_schedule_runs_its_course() -> None:
    schedule = parse_schedule({"at": "2026-11-24T09:00:00Z"})

    assert planned(schedule, MINUTE) == Plan(
        occurrences=(PlannedOccurrence(scheduled_for=NINE, due_at=NINE, outcome=Outcome.FIRED),),
        next_fire_at=None,
        next_due_at=None,
    )


def test_the_last_candidate_of_a_finished_schedule_is_not_forgotten() -> None:
    schedule = parse_schedule({"interval_minutes": 10, "end_at": "2026-11-24T09:10:00Z"})
    first = planned(schedule, timedelta(hours=1), limit=1)
    assert first.next_fire_at is None
    assert first.backlog is not None

    second = plan(
        schedule,
        task_id=TASK,
        next_fire_at=None,
        now=NINE + timedelta(hours=1),
        backlog=first.backlog,
        limit=1,
    )

    assert story(second.occurrences) == [("09:10", "fired", "misfire.fired_once")]
    assert (second.next_due_at, second.backlog) == (None, None)


def test_lateness_counts_from_the_due_time() -> None:
    schedule = every_ten_minutes(jitter=500)
    due = due_at(schedule, TASK, NINE)
    assert due > NINE + MINUTE

    too_early = plan(schedule, task_id=TASK, next_fire_at=NINE, now=due - timedelta(seconds=1))
    on_time = plan(schedule, task_id=TASK, next_fire_at=NINE, now=due)

    assert (too_early.occurrences, too_early.next_due_at) == ((), due)
    assert [(o.outcome, o.due_at) for o in on_time.occurrences] == [(Outcome.FIRED, due)]


def test_waiting_for_an_earlier_fire_with_more_jitter_is_not_lateness() -> None:
    schedule = parse_schedule({"interval_seconds": 60, "jitter_seconds": 3_600})
    step = plan(schedule, task_id=TASK, next_fire_at=NINE, now=NINE)
    found: list[PlannedOccurrence] = []
    while step.next_due_at is not None and len(found) < 200:
        step = plan(
            schedule,
            task_id=TASK,
            next_fire_at=step.next_fire_at,
            now=step.next_due_at,  # a ticker that is never late
            backlog=step.backlog,
            limit=3,
        )
        found += step.occurrences

    assert {(o.outcome, o.reason) for o in found} == {(Outcome.FIRED, None)}


def test_a_limit_below_one_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="limit"):
        planned(every_ten_minutes(), MINUTE, limit=0)


# --- edits


def edited(
    schedule: Schedule, after: timedelta, **options: object
) -> tuple[PlannedOccurrence, ...]:
    return plan_edit(
        schedule,
        task_id=TASK,
        next_fire_at=NINE,
        edited_at=NINE + after,
        **options,  # type: ignore[arg-type]
    )


def test_an_edit_does_not_catch_up() -> None:
    assert story(edited(every_ten_minutes(), 30 * MINUTE + timedelta(seconds=5))) == [
        ("09:00", "superseded", "schedule.superseded"),
        ("09:10", "superseded", "schedule.superseded"),
        ("09:20", "superseded", "schedule.superseded"),
        ("09:30", "fired", None),
    ]


def test_an_edit_before_the_next_fire_touches_nothing() -> None:
    assert edited(every_ten_minutes(), -MINUTE) == ()


def test_an_edit_settles_the_candidate() -> None:
    first = planned(every_ten_minutes(), timedelta(hours=1), limit=3)
    assert first.backlog is not None
    rest = plan_edit(
        every_ten_minutes(),
        task_id=TASK,
        next_fire_at=first.next_fire_at,
        edited_at=NINE + timedelta(hours=1),
        backlog=first.backlog,
    )

    recorded = [o.scheduled_for for o in (*first.occurrences, *rest)]
    assert recorded == [NINE + n * 10 * MINUTE for n in range(7)]


def test_an_edit_of_a_paused_task() -> None:
    assert outcomes(edited(every_ten_minutes(), 30 * MINUTE, enabled=False)) == {
        "skipped_paused": 4
    }


def test_a_fire_whose_jitter_lies_ahead_is_still_the_old_version_s() -> None:
    schedule = every_ten_minutes(jitter=500)
    (only,) = edited(schedule, timedelta(seconds=1))

    assert only.outcome is Outcome.FIRED
    assert only.due_at == due_at(schedule, TASK, NINE) > NINE + timedelta(seconds=1)


def test_an_edit_does_not_take_waiting_for_jitter_for_lateness() -> None:
    schedule = parse_schedule({"interval_seconds": 60, "jitter_seconds": 3_600})
    now = NINE + timedelta(hours=3)
    punctual = plan(schedule, task_id=TASK, next_fire_at=NINE, now=now)
    rest = plan_edit(schedule, task_id=TASK, next_fire_at=punctual.next_fire_at, edited_at=now)

    assert len(rest) > 10
    assert {o.outcome for o in rest} == {Outcome.FIRED}


def test_an_edit_after_a_very_long_outage_lists_the_newest_and_says_since_when() -> None:
    schedule = parse_schedule({"cron": "* * * * * *"})
    found = edited(schedule, timedelta(days=300), limit=50)

    assert [o.scheduled_for for o in found] == [
        NINE + timedelta(days=300, seconds=-n) for n in reversed(range(50))
    ]
    assert found[0].missed_since == NINE
    assert {o.missed_since for o in found[1:]} == {None}


def test_an_edit_finds_sparse_fires_too() -> None:
    schedule = parse_schedule({"cron": "0 9 1 1 *"})
    first = next_fire(schedule, NINE)
    assert first is not None

    found = plan_edit(
        schedule,
        task_id=TASK,
        next_fire_at=first.at,
        edited_at=datetime(2030, 6, 1, tzinfo=UTC),
        limit=50,
    )

    assert [o.scheduled_for for o in found] == [f.at for f in fires(schedule, NINE, 4)]


def test_every_reason_has_words() -> None:
    reasons = {
        o.reason
        for schedule in (
            every_ten_minutes(catchup_window_seconds=1_200),
            every_ten_minutes(policy="skip"),
            every_ten_minutes(policy="fire_all", limit=1),
        )
        for enabled in (True, False)
        for o in (
            *planned(schedule, timedelta(hours=1), enabled=enabled).occurrences,
            *edited(schedule, timedelta(hours=1), enabled=enabled),
        )
    } - {None}

    assert len(reasons) == 8
    assert reasons <= set(TEXTS)
