"""Past, present and future on one axis, bounded; and the days of a year in the caller's zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from services.api.documented import timeline as documented
from services.api.runs.axis import MOST_BARS, MOST_FIRES
from shared.domain.instant import format_instant
from tests.integration.api.client import BASE, Api
from tests.integration.api.standing import attempt, logged, occurrence
from tests.support.cases import cases

HOURLY = {"task_type": "scheduled", "schedule_config": {"cron": "0 * * * *"}}


async def timeline(api: Api, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - query parameters
    answer = await api.http.get(f"{BASE}/timeline", params=params)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented.Timeline.model_validate(shown)
    return shown


async def ran(api: Api, task_id: str, began: datetime, *, seconds: float = 10, **more: Any) -> str:  # noqa: ANN401
    due = began - timedelta(seconds=5)
    run_id = await occurrence(api, task_id, at=due, settled=True)
    ended = began + timedelta(seconds=seconds)
    await logged(api, run_id, task_id, started_at=began, completed_at=ended, **more)
    return str(run_id)


def ago(**span: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**span)


async def test_runs_that_wait_run_and_ran_are_on_one_axis_with_fires_to_come(api: Api) -> None:
    task = await api.create(**HOURLY, name="hourly")
    old = await ran(api, task["id"], ago(hours=3))
    retried = await ran(api, task["id"], ago(hours=1), status="failure", attempt=2)
    first = ago(hours=1, minutes=1)
    await attempt(api, UUID(retried), 1, started_at=first)
    waiting = str(await occurrence(api, task["id"], at=ago(minutes=1)))
    live = await occurrence(api, task["id"], at=ago(minutes=2))
    await logged(api, live, task["id"], status="running", final=False, started_at=ago(minutes=1))

    shown = await timeline(api, to=format_instant(ago(hours=-3)))

    (row,) = shown["tasks"]
    by_id = {each["run_id"]: each for each in row["runs"]}
    assert set(by_id) == {old, retried, waiting, str(live)}
    assert [by_id[each]["status"] for each in (old, retried, waiting, str(live))] == [
        "success",
        "failure",
        "waiting",
        "running",
    ]
    assert (by_id[waiting]["began_at"], by_id[str(live)]["ended_at"]) == (None, None)
    assert by_id[old]["due_at"] < by_id[old]["began_at"] < by_id[old]["ended_at"]
    assert by_id[retried]["began_at"] == format_instant(first)[:19] + "Z"
    assert len(row["fires"]) in (3, 4)
    assert all(shown["now"] < each["at"] < shown["to"] for each in row["fires"])
    assert not row["runs_cut"]
    assert not row["fires_cut"]


async def test_what_began_before_the_range_and_reaches_into_it_is_there(api: Api) -> None:
    task = await api.create()
    long = await ran(api, task["id"], ago(hours=5), seconds=7_200)
    await ran(api, task["id"], ago(hours=6), seconds=60)

    bounds = {"from": format_instant(ago(hours=4)), "to": format_instant(ago(hours=2))}
    (row,) = (await timeline(api, **bounds))["tasks"]

    assert [each["run_id"] for each in row["runs"]] == [long]
    assert row["fires"] == []


async def test_a_crowded_task_is_counted_in_stretches(api: Api) -> None:
    task = await api.create(task_type="scheduled", schedule_config={"interval_seconds": 1})
    made = MOST_BARS + 20
    await api.pool.execute(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for,"
        " started_at, completed_at, executor) SELECT gen_random_uuid(), $1, 'schedule',"
        " CASE WHEN n % 2 = 0 THEN 'success' ELSE 'failure' END, true, 1, now(),"
        " now() - n * interval '30 seconds', now() - n * interval '30 seconds', 'one'"
        " FROM generate_series(1, $2) AS n",
        UUID(task["id"]),
        made,
    )

    (row,) = (await timeline(api))["tasks"]

    assert row["runs_cut"]
    assert len(row["runs"]) == MOST_BARS
    assert sum(each["runs"] for each in row["stretches"]) == made
    assert sum(each["failures"] for each in row["stretches"]) == made // 2
    assert (len(row["fires"]), row["fires_cut"]) == (MOST_FIRES, True)


async def test_tasks_are_chosen_and_those_left_out_are_told(api: Api) -> None:
    for number in range(3):
        await api.create(name=f"backup {number}")
    other = await api.create(name="100% sure", queue="slow")

    limited = await timeline(api, limit=2)
    named = await timeline(api, q="BACKUP")
    percent = await timeline(api, q="0% s")
    queued = await timeline(api, queue="slow")
    one = await timeline(api, task_id=other["id"])

    assert (len(limited["tasks"]), limited["tasks_in_all"]) == (2, 4)
    assert named["tasks_in_all"] == 3
    for shown in (percent, queued, one):
        assert [each["task_name"] for each in shown["tasks"]] == ["100% sure"]


async def test_the_days_of_a_year_are_those_of_the_callers_zone(api: Api) -> None:
    task, other = await api.create(), await api.create()
    # 23:30 in Taipei, which is 15:30 UTC; an hour later it is the next day there.
    evening = datetime.now(UTC).replace(hour=15, minute=30) - timedelta(days=3)
    await ran(api, task["id"], evening, status="failure")
    await ran(api, task["id"], evening + timedelta(hours=1))
    await ran(api, other["id"], evening, status="cancelled")

    async def days(**params: Any) -> dict[str, tuple[int, int, int]]:  # noqa: ANN401
        answer = await api.http.get(f"{BASE}/run-calendar", params=params)
        assert answer.status_code == 200, answer.text
        documented.RunCalendar.model_validate(answer.json())
        return {
            each["day"]: (each["runs"], each["successes"], each["failures"])
            for each in answer.json()["days"]
        }

    one, next_one = evening.date().isoformat(), (evening + timedelta(days=1)).date().isoformat()
    taipei = await days(tz="Asia/Taipei", task_id=task["id"])
    everything = await days(tz="UTC", days=10)

    assert len(taipei) == 371
    assert (taipei[one], taipei[next_one]) == ((1, 0, 1), (1, 1, 0))
    assert len(everything) == 10
    assert everything[one] == (3, 1, 1)


async def test_odd_questions_are_refused(shared_api: Api) -> None:
    for case in cases(
        [
            ("timeline?from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z", "/query/to"),
            ("timeline?from=2026-01-01T00:00:00Z&to=2026-06-01T00:00:00Z", "/query/to"),
            ("timeline?from=yesterday", "/query/from"),
            ("timeline?to=0001-01-01T00:00:00Z", "/query/to"),
            ("timeline?limit=101", "/query/limit"),
            ("timeline?task_id=x", "/query/task_id"),
            ("run-calendar?tz=Mars/Base", "/query/tz"),
            ("run-calendar?tz=../../etc/passwd", "/query/tz"),
            ("run-calendar?days=801", "/query/days"),
            ("run-calendar?days=0", "/query/days"),
        ]
    ):
        with case as (query, pointer):
            answer = await shared_api.http.get(f"{BASE}/{query}")

            assert answer.status_code == 400, answer.text
            assert pointer in [each["pointer"] for each in answer.json()["errors"]]


async def test_the_ends_of_time_are_no_trouble(shared_api: Api) -> None:
    for case in cases(["from=9999-12-31T23:00:00Z", "to=0001-01-01T01:00:00Z"]):
        with case as query:
            answer = await shared_api.http.get(f"{BASE}/timeline?{query}")

            assert answer.status_code == 200, answer.text
