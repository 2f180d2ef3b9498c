"""The ledger's laws: every nominal fire exactly once, however the work is cut into calls."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from shared.domain.misfire import Backlog, Plan, PlannedOccurrence, plan, plan_edit
from shared.domain.occurrence import Outcome
from shared.domain.schedule import Schedule, due_at, next_fire, parse_schedule

TASK = "7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11"
# The night on which New York's clocks go back, so that cron has something to get wrong.
START = datetime(2026, 11, 1, 3, tzinfo=UTC)

rules = st.one_of(
    st.integers(20, 90_000).map(lambda n: {"interval_seconds": n}),
    st.sampled_from(
        [
            "*/5 * * * *",
            "30 1 * * *",
            "0 */2 * * *",
            "15,45 0-3 * * *",
            "0 0 9 * * 1-5",
            "7 7 L * *",
        ]
    ).map(lambda text: {"cron": text, "timezone": "America/New_York", "dst_fold": "both"}),
    st.just({"at": "2026-11-01T05:00:00Z"}),
)
misfires = st.fixed_dictionaries(
    {
        "policy": st.sampled_from(["skip", "fire_once", "fire_all"]),
        "pick": st.sampled_from(["latest", "earliest"]),
        "threshold_seconds": st.sampled_from([1, 60, 3_600]),
        "catchup_window_seconds": st.sampled_from([0, 600, 7_200, 86_400]),
        "limit": st.integers(1, 8),
    }
)


@st.composite
def schedules(draw: st.DrawFn) -> Schedule:
    config: dict[str, object] = {**draw(rules), "misfire": draw(misfires)}
    config["jitter_seconds"] = draw(st.sampled_from([0, 0, 5, 900, 86_400]))
    if draw(st.booleans()):
        config["end_at"] = "2026-11-02T00:00:00Z"
    return parse_schedule(config)


seconds = st.integers(0, 3 * 86_400)
limits = st.integers(1, 12)


def first_fire(schedule: Schedule) -> datetime:
    fire = next_fire(schedule, START)
    assume(fire is not None)
    assert fire is not None
    return fire.at


def nominal_fires(schedule: Schedule, until: datetime) -> list[datetime]:
    """Return the fires that a scheduler which takes them in order has taken by *until*."""
    found = []
    fire = next_fire(schedule, START)
    while fire is not None and due_at(schedule, TASK, fire.at) <= until:
        found.append(fire.at)
        fire = next_fire(schedule, fire.at)
    return found


def call(schedule: Schedule, before: Plan, now: datetime, limit: int, *, enabled: bool) -> Plan:
    """Make the next call, with everything it knows sent through JSON."""
    backlog = before.backlog
    if backlog is not None:
        backlog = Backlog.from_json(json.loads(json.dumps(backlog.to_json())))
        assert backlog == before.backlog
    after = plan(
        schedule,
        task_id=TASK,
        next_fire_at=before.next_fire_at,
        now=now,
        backlog=backlog,
        limit=limit,
        enabled=enabled,
    )
    assert len(after.occurrences) <= limit
    return after


def beginning(schedule: Schedule) -> Plan:
    return Plan(occurrences=(), next_fire_at=first_fire(schedule), next_due_at=START)


def drain(
    schedule: Schedule, before: Plan, now: datetime, limit: Callable[[], int]
) -> tuple[Plan, list[PlannedOccurrence]]:
    """Call until nothing is due at *now* any more."""
    found: list[PlannedOccurrence] = []
    step = before
    while step.next_due_at is not None and step.next_due_at <= now:
        step = call(schedule, step, now, limit(), enabled=True)
        found += step.occurrences
    return step, found


@given(schedules(), st.lists(st.tuples(seconds, limits, st.booleans()), max_size=12), limits)
def test_every_nominal_fire_is_recorded_exactly_once(
    schedule: Schedule, calls: list[tuple[int, int, bool]], last_limit: int
) -> None:
    now, step = START, beginning(schedule)
    found: list[PlannedOccurrence] = []
    for elapsed, limit, enabled in calls:
        now += timedelta(seconds=elapsed)
        step = call(schedule, step, now, limit, enabled=enabled)
        found += step.occurrences
    step, rest = drain(schedule, step, now, lambda: 50 * last_limit)
    recorded = sorted(o.scheduled_for for o in found + rest)

    assert recorded == nominal_fires(schedule, now)
    assert step.backlog is None
    assert step.next_due_at is None or step.next_due_at > now


@given(schedules(), seconds, st.data())
def test_the_outcome_does_not_depend_on_the_chunks(
    schedule: Schedule, elapsed: int, data: st.DataObject
) -> None:
    now = START + timedelta(seconds=elapsed)
    assume(len(nominal_fires(schedule, now)) < 400)
    one, whole = drain(schedule, beginning(schedule), now, lambda: 100_000)
    many, pieces = drain(schedule, beginning(schedule), now, lambda: data.draw(limits))

    assert sorted(pieces, key=lambda o: o.scheduled_for) == whole
    assert (many.next_fire_at, many.next_due_at) == (one.next_fire_at, one.next_due_at)


@given(schedules(), st.integers(1, 60), limits)
def test_a_punctual_ticker_fires_everything(schedule: Schedule, count: int, limit: int) -> None:
    step = beginning(schedule)
    found: list[PlannedOccurrence] = []
    now = START
    while step.next_due_at is not None and len(found) < count:
        now = max(now, step.next_due_at)
        step = call(schedule, step, now, limit, enabled=True)
        found += step.occurrences

    assert {(o.outcome, o.reason) for o in found} <= {(Outcome.FIRED, None)}


@given(schedules(), seconds)
def test_what_one_call_decides_follows_the_policy(schedule: Schedule, elapsed: int) -> None:
    now = START + timedelta(seconds=elapsed)
    _, found = drain(schedule, beginning(schedule), now, lambda: 100_000)
    late = [o for o in found if o.reason not in {None, "misfire.older_than_window"}]
    by_outcome = {outcome: [o for o in late if o.outcome is outcome] for outcome in Outcome}
    fired, coalesced = by_outcome[Outcome.FIRED], by_outcome[Outcome.COALESCED]
    policy = schedule.misfire.policy.value

    assert all(o.due_at <= now for o in found)
    if policy == "skip":
        assert len(by_outcome[Outcome.MISSED]) == len(late)
    elif policy == "fire_all":
        assert len(fired) == min(len(late), schedule.misfire.limit)
        assert [o.outcome for o in late[: len(fired)]] == [Outcome.FIRED] * len(fired)
    elif late:
        (only,) = fired
        chosen = min if schedule.misfire.pick.value == "earliest" else max
        assert only.scheduled_for == chosen(o.scheduled_for for o in late)
        assert only.missed_count == len(coalesced) == len(late) - 1
        assert only.missed_since == min((o.scheduled_for for o in coalesced), default=None)


@given(schedules(), seconds, limits, st.integers(0, 90_000))
def test_an_edit_leaves_no_fire_of_the_old_version_unrecorded(
    schedule: Schedule, elapsed: int, limit: int, pause: int
) -> None:
    now = START + timedelta(seconds=elapsed)
    edited_at = now + timedelta(seconds=pause)
    step = call(schedule, beginning(schedule), now, limit, enabled=True)
    rest = plan_edit(
        schedule,
        task_id=TASK,
        next_fire_at=step.next_fire_at,
        edited_at=edited_at,
        backlog=step.backlog,
        limit=1_000_000,
    )

    recorded = sorted(o.scheduled_for for o in (*step.occurrences, *rest))
    expected = []
    fire = next_fire(schedule, START)
    while fire is not None and fire.at <= edited_at:
        expected.append(fire.at)
        fire = next_fire(schedule, fire.at)
    assert recorded == expected
    assert {o.outcome for o in rest} <= {Outcome.FIRED, Outcome.SUPERSEDED}


@given(schedules(), seconds, limits)
def test_a_bounded_edit_lists_the_newest(schedule: Schedule, elapsed: int, limit: int) -> None:
    def edit(limit: int) -> tuple[PlannedOccurrence, ...]:
        return plan_edit(
            schedule,
            task_id=TASK,
            next_fire_at=first_fire(schedule),
            edited_at=START + timedelta(seconds=elapsed),
            limit=limit,
        )

    whole, newest = edit(1_000_000), edit(limit)

    assert [o.scheduled_for for o in newest] == [o.scheduled_for for o in whole][-limit:]
    if len(whole) > limit:
        assert newest[0].missed_since == whole[0].scheduled_for
