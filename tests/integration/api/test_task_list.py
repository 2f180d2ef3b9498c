"""The list of tasks: found by a query, sorted, page by page, each with its latest runs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.documented import task_list as documented
from tests.integration.api.client import BASE, TASKS, Api, bearer
from tests.integration.api.ledger import add_lease, add_run
from tests.integration.api.standing import attempt, logged, occurrence
from tests.support.cases import cases

LIST = f"{BASE}/task-list"
HOURLY = {"task_type": "scheduled", "schedule_config": {"cron": "0 * * * *"}}
NOW = datetime.now(UTC)


async def page(api: Api, q: str = "", **params: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.http.get(LIST, params={"q": q, **params})
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented.TaskList.model_validate(shown)
    return shown


async def names(api: Api, q: str = "", **params: Any) -> list[str]:  # noqa: ANN401
    shown = await page(api, q, **params)
    assert shown["total"] == len(shown["items"])
    return [each["name"] for each in shown["items"]]


async def ran(api: Api, task_id: str, status: str, *, ago: timedelta, seconds: float = 1.0) -> UUID:
    """Have a run begin some time ago; one that has ended is counted."""
    final = status != "running"
    run_id = uuid4()
    await logged(
        api,
        run_id,
        task_id,
        status=status,
        final=final,
        started_at=NOW - ago,
        duration_seconds=seconds if final else None,
    )
    if final:
        await api.pool.execute(
            "INSERT INTO log.task_statistics AS s VALUES ($1, 1, $2, $3, $4, 'x')"
            " ON CONFLICT (task_id) DO UPDATE SET run_count = s.run_count + 1,"
            " failure_count = s.failure_count + $3,"
            " last_run_at = greatest(s.last_run_at, $4)",
            UUID(task_id),
            int(status == "success"),
            int(status in ("failure", "timed_out")),
            NOW - ago,
        )
    return run_id


async def plan(api: Api, task_id: str, due: timedelta | None) -> None:
    """Let the scheduler have a task."""
    await api.pool.execute(
        "INSERT INTO scheduler.jobs (task_id, version, enabled, name, action, action_config,"
        " timeout_seconds, queue, priority, next_due_at, changed_at)"
        " VALUES ($1, 1, true, 'x', 'greet', '{}', 60, 'default', 3, $2, now())",
        UUID(task_id),
        NOW + due if due is not None else None,
    )


async def test_a_row_tells_what_a_task_is_and_how_it_went(api: Api) -> None:
    task = await api.create(name="夜間備份", queue="slow", priority=2, **HOURLY)
    follower = await api.create(depends_on={"tasks": [task["id"]]})
    for number in range(24):
        status = "failure" if number == 0 else "success"
        await ran(api, task["id"], status, ago=timedelta(hours=number + 1), seconds=number)
    await ran(api, task["id"], "cancelled", ago=timedelta(days=8))
    live = await ran(api, task["id"], "running", ago=timedelta(minutes=1))
    await add_lease(api, await add_run(api, task["id"]), task["id"])
    await add_run(api, task["id"], held=True, waits_for="overlap")

    row = (await page(api, "夜間"))["items"][0]

    assert (row["id"], row["queue"], row["priority"]) == (task["id"], "slow", 2)
    assert (row["dependents"], row["dependencies"]) == (1, 0)
    assert row["next_run_at"] == task["next_run_at"]
    assert row["when"]
    assert row["last_run"]["run_id"] == str(live)
    assert len(row["last_runs"]) == 20
    assert row["last_runs"][-1] == row["last_run"]
    assert [each["started_at"] for each in row["last_runs"]] == sorted(
        each["started_at"] for each in row["last_runs"]
    )
    assert row["failing"] is True, "what still runs is no recovery"
    assert row["recent"] == {"runs": 24, "success_rate": 0.9583, "p95_seconds": 21.85}
    assert (row["live_runs"], row["held_runs"]) == (1, 1)
    (other,) = (await page(api, f"upstream:{task['id']}"))["items"]
    assert await names(api, f"id:{task['id']},{follower['id']},{uuid4()}", sort="-created_at") == [
        other["name"],
        row["name"],
    ]
    assert (other["id"], other["last_runs"], other["recent"]["success_rate"]) == (
        follower["id"],
        [],
        None,
    )


async def test_queries_find_tasks(api: Api) -> None:
    backup = await api.create(
        name="Nightly backup", description="of 100% of it", queue="slow", **HOURLY
    )
    mail = await api.create(name="mail_out", enabled=False, priority=1, retry={"max_attempts": 2})
    noop = await api.create(name="每日 報表", dependent_tasks=[backup["id"]])
    await ran(api, backup["id"], "failure", ago=timedelta(hours=3))
    await ran(api, mail["id"], "failure", ago=timedelta(hours=3))
    await ran(api, mail["id"], "success", ago=timedelta(hours=2))
    await add_run(api, noop["id"], late=timedelta(minutes=5))
    await add_run(api, mail["id"], held=True)
    await plan(api, backup["id"], timedelta(minutes=30))
    await plan(api, mail["id"], timedelta(minutes=30))
    everything = {"Nightly backup", "mail_out", "每日 報表"}

    for q, found in {
        "": everything,
        "BACKUP": {"Nightly backup"},
        "報表": {"每日 報表"},
        "100%": {"Nightly backup"},
        "50%": set(),
        "mail_out": {"mail_out"},
        "mailXout": set(),
        f"id:{noop['id'][:9]}": {"每日 報表"},
        'name:"Night*"': {"Nightly backup"},
        'name="nightly BACKUP"': {"Nightly backup"},
        "name=nightly": set(),
        "type:scheduled": {"Nightly backup"},
        "type:scheduled,manual -mail": {"Nightly backup", "每日 報表"},
        "action:greet": everything,
        "action!=greet": set(),
        "queue:default": {"mail_out", "每日 報表"},
        "enabled:false": {"mail_out"},
        "by:admin": everything,
        "timezone:UTC": everything,
        "failing:true": {"Nightly backup"},
        "failing:false mail": {"mail_out"},
        "-failing:true": {"mail_out", "每日 報表"},
        "last:failure": {"Nightly backup"},
        "last:never": {"每日 報表"},
        "last:success,failure": {"Nightly backup", "mail_out"},
        "late:true": {"每日 報表"},
        "running:true": {"每日 報表"},
        "waiting:true": {"mail_out"},
        "next<1h": {"Nightly backup"},
        "next<10m": set(),
        "next:never": {"mail_out", "每日 報表"},
        "last_run<150m": {"mail_out"},
        "last_run:never": {"每日 報表"},
        "created<1h": everything,
        "created>2026-01-01": everything,
        "updated:today": everything,
        "priority<3": {"mail_out"},
        "priority:3": {"Nightly backup", "每日 報表"},
        "failures>=1": {"Nightly backup", "mail_out"},
        "runs>1": {"mail_out"},
        "has:dependents": {"每日 報表"},
        "has:dependencies": {"Nightly backup"},
        "has:retry": {"mail_out"},
        "has:schedule": {"Nightly backup"},
        "has:description": {"Nightly backup"},
        "has:trigger,blackout,recipients": set(),
        "-has:runs": {"每日 報表"},
        f"downstream:{backup['id']}": {"每日 報表"},
    }.items():
        assert set(await names(api, q)) == found, q


async def test_pages_lead_through_a_sorted_list(api: Api) -> None:
    ids = [(await api.create(name=f"task {number}"))["id"] for number in range(5)]
    await ran(api, ids[0], "success", ago=timedelta(hours=3))
    await ran(api, ids[1], "failure", ago=timedelta(hours=2))
    await plan(api, ids[2], timedelta(hours=2))
    await plan(api, ids[3], timedelta(hours=1))
    for case in cases(
        [
            ("", [4, 3, 2, 1, 0]),
            ("created_at", [0, 1, 2, 3, 4]),
            ("name", [0, 1, 2, 3, 4]),
            ("-name", [4, 3, 2, 1, 0]),
            ("-last_run_at", [1, 0, 4, 3, 2]),
            ("last_run_at", [2, 3, 4, 0, 1]),
            ("next_run_at", [3, 2, 0, 1, 4]),
            ("-failures", [1, 4, 3, 2, 0]),
        ]
    ):
        with case as (sort, order):
            seen: list[str] = []
            cursor: str | None = ""
            while cursor is not None:
                wanted = {"sort": sort} if sort else {}
                shown = await page(api, limit=2, cursor=cursor, **wanted)
                assert (shown["total"], shown["total_is_exact"]) == (5, True)
                seen += [each["id"] for each in shown["items"]]
                cursor = shown["next"]

            assert seen == [ids[number] for number in order]


async def test_a_wrong_query_is_refused_with_its_place(shared_api: Api) -> None:
    params = {"q": "backup colour:red enabled:maybe"}
    english = await shared_api.http.get(LIST, params=params, headers={"Accept-Language": "en"})
    chinese = await shared_api.http.get(LIST, params=params, headers={"Accept-Language": "zh-TW"})

    assert english.status_code == 422
    first, second = english.json()["errors"]
    assert (first["pointer"], first["position"], first["length"]) == ("/query/q", 7, 6)
    assert (second["code"], second["position"]) == ("query.choice", 26)
    assert first["detail"].startswith("At character 8: there is no such field. Fields are name,")
    assert chinese.json()["errors"][0]["detail"].startswith("第 8 個字元處：沒有這個欄位")


async def test_an_odd_question_is_refused(shared_api: Api) -> None:
    for case in cases(
        [
            {"sort": "colour"},
            {"cursor": "x"},
            {"timezone": "Mars/Olympus"},
            {"limit": "0"},
            {"limit": "201"},
            {"q": "x" * 2_001},
            {"cursor": "WyJuYW1lIiwieCIsMV0", "sort": "created_at"},
        ]
    ):
        with case as params:
            answer = await shared_api.http.get(LIST, params=params)

            assert answer.status_code == 400, answer.text


async def test_the_fields_are_offered(shared_api: Api) -> None:
    await shared_api.http.put(f"{BASE}/queues/slow", json={"concurrency": 2})

    offered = (await shared_api.http.get(f"{LIST}/fields")).json()

    documented.QueryFields.model_validate(offered)
    by_name = {each["name"]: each for each in offered["items"]}
    assert "slow" in by_name["queue"]["choices"]
    assert by_name["action"]["choices"] == ["greet"]
    assert "failure" in by_name["last"]["choices"]


async def test_figures_of_a_task_are_exact(api: Api) -> None:
    task = await api.create(**HOURLY)
    for days, count in ((0, 4), (3, 2), (20, 5), (31, 7)):
        for number in range(count):
            at = NOW - timedelta(days=days, minutes=number + 1)
            run_id = await occurrence(api, task["id"], at=at, settled=True)
            wait = timedelta(seconds=90 if number == 0 else 2)
            await attempt(api, run_id, 1, started_at=at + wait)
            await logged(
                api,
                run_id,
                task["id"],
                status=("failure", "success", "success", "cancelled")[number % 4],
                started_at=at + wait,
                duration_seconds=float(number + 1),
            )
    hour = timedelta(hours=1)
    await occurrence(api, task["id"], at=NOW - hour, outcome="missed", settled=True)
    await occurrence(api, task["id"], at=NOW - hour, outcome="skipped_overlap", settled=True)
    await occurrence(api, task["id"], at=NOW - hour)  # nobody has begun it

    answer = await api.http.get(
        f"{TASKS}/{task['id']}/statistics", params={"timezone": "Asia/Taipei"}
    )

    shown = answer.json()
    documented.TaskStatistics.model_validate(shown)
    day, week, month = shown["windows"]
    assert (day["window"], day["runs"], day["failures"], day["cancelled"]) == ("24h", 4, 1, 1)
    assert day["success_rate"] == 0.6667
    assert (day["p50_seconds"], day["p95_seconds"]) == (2.5, 3.85)
    assert (day["late"], day["missed"], day["skipped"]) == (2, 1, 1)
    assert 70 < day["queue_wait_p95_seconds"] <= 90
    assert (week["runs"], month["runs"], month["late"]) == (6, 11, 4)
    assert len(shown["days"]) == 30
    assert sum(each["runs"] for each in shown["days"]) == 11
    assert shown["days"][-1]["day"] == f"{datetime.now(UTC) + timedelta(hours=8):%Y-%m-%d}"


async def test_figures_of_a_task_that_never_ran(shared_api: Api) -> None:
    task = await shared_api.create()

    shown = (await shared_api.http.get(f"{TASKS}/{task['id']}/statistics")).json()
    missing = await shared_api.http.get(f"{TASKS}/{uuid4()}/statistics")

    assert shown["windows"][0]["success_rate"] is None
    assert shown["windows"][2]["queue_wait_p95_seconds"] is None
    assert {each["runs"] for each in shown["days"]} == {0}
    assert missing.status_code == 404


async def test_a_reader_may_look(shared_api: Api) -> None:
    reader = bearer(await shared_api.token("tasks:read"))

    assert (await shared_api.http.get(LIST, headers=reader)).status_code == 200
