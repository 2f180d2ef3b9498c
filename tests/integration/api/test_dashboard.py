"""The dashboard tells what fails, is late and runs next, from the tables of every service."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.documented.dashboard import Dashboard
from services.api.operations.board import HISTORY_SECONDS, LIVE_SECONDS, Board
from services.api.store.database import Database
from tests.integration.api.client import BASE, Api, bearer, client_of
from tests.integration.api.standing import executor, lease, logged, occurrence

NOW = datetime.now(UTC)


async def board(api: Api, **headers: str) -> dict[str, Any]:
    """Return the dashboard, read anew."""
    api.framework.state.parts.board._live = None  # noqa: SLF001 - a second has passed
    api.framework.state.parts.board._history = None  # noqa: SLF001 - ten have
    answer = await api.http.get(f"{BASE}/dashboard", headers=headers)
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    Dashboard.model_validate(shown)
    return shown


async def tally(api: Api, at: datetime, status: str, runs: int, share: int = 0) -> None:
    await api.pool.execute(
        "INSERT INTO log.run_tallies (bucket, status, share, runs)"
        " VALUES (date_bin('5 minutes', $1::timestamptz, 'epoch'), $2, $3, $4)",
        at,
        status,
        share,
        runs,
    )


async def failing(api: Api, task_id: str, failures: int, at: datetime = NOW) -> None:
    await api.pool.execute(
        "INSERT INTO log.task_health (task_id, failures, failing_since, last_failed_at,"
        " last_failed_run, last_status, last_error) VALUES ($1, $2, $3, $3, $4, 'failure', 'boom')",
        UUID(task_id),
        failures,
        at,
        uuid4(),
    )


async def job(api: Api, task_id: str, due: datetime, **columns: Any) -> None:  # noqa: ANN401
    row = {"enabled": True, "deleted": False, **columns}
    await api.pool.execute(
        "INSERT INTO scheduler.jobs (task_id, version, enabled, deleted, name, action,"
        " action_config, timeout_seconds, queue, priority, next_fire_at, next_due_at, changed_at)"
        " VALUES ($1, 1, $3, $4, 'n', 'greet', '{}', 60, 'default', 3, $2, $2, now())",
        UUID(task_id),
        due,
        row["enabled"],
        row["deleted"],
    )


async def test_an_empty_system_has_a_dashboard(api: Api) -> None:
    shown = await board(api)

    assert shown["now"] == {
        "running": 0,
        "waiting": 0,
        "held": 0,
        "late": 0,
        "oldest_waiting_seconds": None,
    }
    assert shown["counts"]["tasks"] == 0
    assert shown["success_rate_24h"] is None
    assert shown["failing"] == shown["late"] == shown["next"] == shown["hours"] == []
    assert sum(shown["throughput"]["success"]) == 0
    assert len(shown["throughput"]["success"]) in (289, 290)


async def test_it_counts_what_runs_waits_and_is_late(api: Api) -> None:
    task = (await api.create(name="slow"))["id"]
    # Not NOW, which is minutes ago in a long run: what is 30 s old counts as late.
    at = datetime.now(UTC)
    await lease(api, await occurrence(api, task, at=at), task)
    await occurrence(api, task, at=at, held=True, waits_for="overlap")
    late = await occurrence(api, task, at=at - timedelta(minutes=10))
    await occurrence(api, task, at=at - timedelta(minutes=9), held=True, waits_for="retry")
    later = {"held": True, "not_before": at + timedelta(hours=1)}
    await occurrence(api, task, at=at - timedelta(minutes=8), **later)
    await occurrence(api, task, at=at - timedelta(days=1), settled=True)

    shown = await board(api, **{"Accept-Language": "zh-TW"})

    now = shown["now"]
    assert (now["running"], now["waiting"], now["held"], now["late"]) == (1, 4, 3, 1)
    assert 600 <= now["oldest_waiting_seconds"] < 660
    (one,) = shown["late"]
    assert (one["run_id"], one["task_name"], one["waits_for"]) == (str(late), "slow", "no_executor")
    assert "執行器" in one["waits_for_text"]


async def test_it_lists_tasks_that_fail_the_latest_first(api: Api) -> None:
    old, new, off = [(await api.create(name=name))["id"] for name in ("old", "new", "off")]
    await failing(api, old, 7, NOW - timedelta(hours=2))
    await failing(api, new, 1)
    await failing(api, off, 3)
    await failing(api, (await api.create(name="good"))["id"], 0)
    await failing(api, str(uuid4()), 5)  # of a task that is gone
    await api.http.put(f"{BASE}/automation-tasks/{off}", json={"enabled": False})

    shown = await board(api)

    assert [(each["task_name"], each["failures"]) for each in shown["failing"]] == [
        ("new", 1),
        ("old", 7),
        ("off", 3),
    ]
    assert shown["failing_total"] == 3
    assert shown["failing"][0]["last_error"] == "boom"


async def test_it_tells_what_was_missed_and_why(api: Api) -> None:
    task = (await api.create(name="nightly"))["id"]
    await occurrence(
        api,
        task,
        at=NOW,
        trigger="schedule",
        outcome="missed",
        settled=True,
        missed_count=3,
        missed_since=NOW - timedelta(hours=3),
    )
    await occurrence(api, task, at=NOW, outcome="skipped_overlap", reason="overlap.live")
    await occurrence(api, task, at=NOW - timedelta(days=2), outcome="missed")

    shown = await board(api)

    (one,) = shown["missed"]
    assert (one["task_name"], one["outcome"], one["reason"]) == (
        "nightly",
        "missed",
        "It missed its time.",
    )
    assert shown["unstarted_24h"] == {"missed": 1, "skipped_overlap": 1}


async def test_it_tells_what_runs_next(api: Api) -> None:
    soon, later, off = [(await api.create(name=name))["id"] for name in ("soon", "later", "off")]
    await job(api, later, NOW + timedelta(hours=1))
    await job(api, soon, NOW + timedelta(minutes=1))
    await job(api, off, NOW, enabled=False)

    shown = await board(api)

    assert [each["task_name"] for each in shown["next"]] == ["soon", "later"]


async def test_it_has_a_day_of_ends_and_compares_it_with_the_day_before(api: Api) -> None:
    await tally(api, NOW - timedelta(hours=1), "success", 2, share=1)
    await tally(api, NOW - timedelta(hours=1), "success", 1, share=2)
    await tally(api, NOW - timedelta(hours=2), "timed_out", 1)
    await tally(api, NOW - timedelta(hours=2), "cancelled", 5)
    await tally(api, NOW - timedelta(hours=30), "success", 1)
    await tally(api, NOW - timedelta(hours=30), "failure", 1)
    await tally(api, NOW - timedelta(days=29), "failure", 4)
    await tally(api, NOW - timedelta(days=31), "failure", 8)

    shown = await board(api)

    assert shown["ended_24h"] == {"success": 3, "failure": 1, "other": 5}
    assert (shown["success_rate_24h"], shown["success_rate_before"]) == (0.75, 0.5)
    assert max(shown["throughput"]["success"]) == 3
    assert sum(each["failures"] for each in shown["hours"]) == 6
    first = datetime.fromisoformat(shown["throughput"]["from"])
    place = shown["throughput"]["success"].index(3)
    assert abs(first + timedelta(minutes=5 * place) - (NOW - timedelta(hours=1))) <= timedelta(
        minutes=5
    )


async def test_it_measures_how_long_runs_wait(api: Api) -> None:
    task = (await api.create())["id"]
    for seconds in (1, 3):
        at = NOW - timedelta(minutes=seconds)
        run = await occurrence(api, task, at=at, trigger="schedule")
        begun = at + timedelta(seconds=seconds)
        await logged(api, run, task, started_at=begun, trigger="schedule")

    shown = await board(api)

    assert shown["queue_wait"] == {"p50": 2.0, "p95": 2.9, "measured": 2}
    assert shown["lateness"]["measured"] == 2


async def test_it_counts_executors_dead_runs_letters_and_pauses(api: Api) -> None:
    await executor(api, running=2)
    await executor(api, cordoned=True)
    await executor(api, seen_at=NOW - timedelta(minutes=5))
    await api.http.post(f"{BASE}/queues/slow/pause")
    await api.pool.execute(
        "INSERT INTO log.dead_letters (fingerprint, stream, subject, reason, payload)"
        " VALUES ('f', 'RUNS', 's', 'r', '')"
    )

    shown = await board(api)

    assert shown["executors"] == {
        "active": 1,
        "draining": 1,
        "silent": 1,
        "slots": 16,
        "running": 2,
    }
    counts = shown["counts"]
    assert (counts["dead_letters"], counts["paused_queues"], counts["all_paused"]) == (
        1,
        ["slow"],
        False,
    )


async def test_many_who_look_ask_the_database_once_a_second(api: Api) -> None:
    time = 100.0
    board = Board(stopwatch=lambda: time)
    database = Database(api.own)

    first = await board.facts(database)
    assert await board.facts(database) == first
    time += LIVE_SECONDS + 0.1
    second = await board.facts(database)
    assert second[0] is not first[0]
    assert second[1] is first[1]
    time += HISTORY_SECONDS
    assert (await board.facts(database))[1] is not first[1]


async def test_the_dashboard_needs_the_right_to_read_runs(api: Api) -> None:
    token = await api.token("tasks:read")

    async with client_of(api.app, headers=bearer(token)) as http:
        assert (await http.get(f"{BASE}/dashboard")).status_code == 403
