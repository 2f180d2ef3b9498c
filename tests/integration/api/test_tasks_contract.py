"""The seven endpoints, by the letter of the contract."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from services.api.documented import tasks as documented
from shared.contracts.tasks import TaskChanged
from tests.integration.api.client import TASKS, Api, a_task
from tests.support.cases import cases

CONTRACT_FIELDS = {
    "id": str,
    "name": str,
    "description": str | None,
    "task_type": str,
    "task_action": str,
    "schedule_config": dict | None,
    "trigger_config": dict | None,
    "action_config": dict,
    "enabled": bool,
    "dependent_tasks": list,
    "notify_on_success": bool,
    "notify_on_failure": bool,
    "notify_recipients": list,
    "last_run_at": str | None,
    "next_run_at": str | None,
    "run_count": int,
    "success_count": int,
    "failure_count": int,
    "last_result": str | None,
    "created_at": str,
    "updated_at": str,
    "created_by": str | None,
}
INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)")


def assert_is_task(task: dict[str, Any]) -> None:
    documented.Task.model_validate(task)
    for name, kind in CONTRACT_FIELDS.items():
        assert isinstance(task[name], kind), name
        if name.endswith("_at") and task[name] is not None:
            assert INSTANT.fullmatch(task[name]), name
    UUID(task["id"])


async def test_a_created_task_is_answered_with_its_defaults(api: Api) -> None:
    answer = await api.http.post(
        TASKS, json={"name": "  備份 ", "task_type": "manual", "task_action": "greet"}
    )

    task = answer.json()
    assert answer.status_code == 201
    assert answer.headers["etag"] == '"1"'
    assert answer.headers["location"] == f"{TASKS}/{task['id']}"
    assert_is_task(task)
    assert task["name"] == "備份"
    assert (task["action_config"], task["dependent_tasks"], task["notify_recipients"]) == (
        {},
        [],
        [],
    )
    assert (task["enabled"], task["notify_on_success"], task["notify_on_failure"]) == (
        True,
        False,
        True,
    )
    assert (task["run_count"], task["success_count"], task["failure_count"]) == (0, 0, 0)
    assert (task["last_run_at"], task["next_run_at"], task["last_result"]) == (None, None, None)
    assert task["timeout_seconds"] == 3600
    assert task["created_by"] == "admin"


async def test_every_field_that_is_sent_comes_back(api: Api) -> None:
    other = await api.create()
    sent = a_task(
        description="第一行\n第二行",
        task_type="scheduled",
        schedule_config={"cron": "0 9 * * *", "timezone": "Asia/Taipei"},
        action_config={"greeting": "嗨", "times": 3},
        enabled=False,
        dependent_tasks=[other["id"]],
        timeout_seconds=60,
        notify_on_success=True,
        notify_on_failure=False,
        notify_recipients=["ops@example.org", "團隊"],
    )

    created = await api.create(**sent)

    assert_is_task(created)
    assert {name: created[name] for name in sent} == sent
    assert (await api.http.get(f"{TASKS}/{created['id']}")).json() == created


async def test_the_list_is_a_bare_array_newest_first_with_the_total_in_a_header(api: Api) -> None:
    ids = [(await api.create(name=f"task {number}"))["id"] for number in range(5)]

    first = await api.http.get(f"{TASKS}?page=1&page_size=3&task_type=&enabled=&_t=12345")
    second = await api.http.get(f"{TASKS}?page=2&page_size=3")
    beyond = await api.http.get(f"{TASKS}?page=999999999&page_size=100")

    assert first.status_code == 200
    assert first.headers["x-total-count"] == "5"
    assert [task["id"] for task in first.json() + second.json()] == ids[::-1]
    for task in first.json():
        assert_is_task(task)
    assert (beyond.json(), beyond.headers["x-total-count"]) == ([], "5")


async def test_the_list_can_be_filtered(api: Api) -> None:
    hourly = {"interval_hours": 1}
    scheduled = await api.create(task_type="scheduled", schedule_config=hourly)
    disabled = await api.create(enabled=False)

    async def ids(query: str) -> list[str]:
        answer = await api.http.get(f"{TASKS}?{query}")
        assert answer.headers["x-total-count"] == str(len(answer.json()))
        return [task["id"] for task in answer.json()]

    assert await ids("task_type=scheduled") == [scheduled["id"]]
    assert await ids("enabled=false") == [disabled["id"]]
    assert await ids("enabled=True&task_type=manual") == []


async def test_a_put_changes_only_the_given_fields(api: Api) -> None:
    before = await api.create(description="stays", action_config={"times": 2})

    answer = await api.http.put(f"{TASKS}/{before['id']}", json={"name": "new name"})

    after = answer.json()
    assert answer.status_code == 200
    assert answer.headers["etag"] == '"2"'
    assert after["updated_at"] > before["updated_at"]
    changed = {name for name in after if after[name] != before[name]}
    assert changed == {"name", "updated_at", "version"}


async def test_null_empties_what_may_be_empty(api: Api) -> None:
    task = await api.create(description="x", schedule_config={"interval_hours": 1})

    answer = await api.http.put(
        f"{TASKS}/{task['id']}", json={"description": None, "schedule_config": None}
    )

    assert answer.json()["description"] is None
    assert answer.json()["schedule_config"] is None


@pytest.mark.parametrize("change", [{}, {"name": "a task"}, {"action_config": {}, "enabled": True}])
async def test_a_put_that_changes_nothing_says_nothing(api: Api, change: dict[str, Any]) -> None:
    task = await api.create()

    answer = await api.http.put(f"{TASKS}/{task['id']}", json=change)

    assert answer.json() == task
    assert await api.count("api.outbox") == 1


async def test_true_in_place_of_one_is_a_change(api: Api) -> None:
    task = await api.create(trigger_config={"x": 1})

    answer = await api.http.put(f"{TASKS}/{task['id']}", json={"trigger_config": {"x": True}})

    assert answer.json()["version"] == 2


async def test_a_deleted_task_is_gone_and_deleting_it_again_is_not_found(api: Api) -> None:
    task = await api.create()

    first = await api.http.delete(f"{TASKS}/{task['id']}")
    second = await api.http.delete(f"{TASKS}/{task['id']}")

    assert (first.status_code, first.content) == (204, b"")
    assert second.status_code == 404
    assert (await api.http.get(f"{TASKS}/{task['id']}")).status_code == 404
    said = TaskChanged.decode(
        await api.pool.fetchval("SELECT payload FROM api.outbox ORDER BY id DESC LIMIT 1")
    )
    assert (said.change, said.version, said.task) == ("deleted", 2, None)


@pytest.mark.parametrize("enabled", [True, False])
async def test_a_run_by_hand_is_answered_at_once(api: Api, *, enabled: bool) -> None:
    task = await api.create(enabled=enabled)

    answer = await api.http.post(f"{TASKS}/{task['id']}/run")

    body = answer.json()
    assert answer.status_code == 200
    assert set(body) == {"message", "task_id", "status", "run_id"}
    assert (body["task_id"], body["status"]) == (task["id"], "running")
    UUID(body["run_id"])
    assert len(api.woken) == 2


async def test_an_unknown_task_is_not_found(shared_api: Api) -> None:
    ids = (str(UUID(int=7)), "abc", "%7B" + str(UUID(int=7)) + "%7D", "%00")
    reads = [("GET", path) for path in ("", "/logs", "/occurrences")]
    requests = [*reads, ("PUT", ""), ("DELETE", ""), ("POST", "/run")]
    for case in cases(itertools.product(requests, ids)):
        with case as ((method, path), task_id):
            body = {"name": "x"} if method == "PUT" else None

            answer = await shared_api.http.request(method, f"{TASKS}/{task_id}{path}", json=body)

            assert answer.status_code == 404
            assert answer.json()["code"] == "task.not_found"


async def _log(api: Api, task_id: str, number: int, status: str = "success") -> UUID:
    run_id = uuid4()
    at = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number)
    final = status != "running"
    await api.pool.execute(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for,"
        " started_at, completed_at, duration_seconds, result, execution_data, executor)"
        " VALUES ($1, $2, 'manual', $3, $4, 1, $5, $5, $6, $7, $8, $9, 'one')",
        run_id,
        UUID(task_id),
        status,
        final,
        at,
        at + timedelta(seconds=1.5) if final else None,
        1.5 if final else None,
        "done" if final else None,
        '{"times": 1}' if final else None,
    )
    return run_id


async def test_logs_are_a_bare_array_newest_first(api: Api) -> None:
    task = await api.create()
    ids = [await _log(api, task["id"], number) for number in range(60)]
    running = await _log(api, task["id"], 61, "running")

    answer = await api.http.get(f"{TASKS}/{task['id']}/logs")
    short = await api.http.get(f"{TASKS}/{task['id']}/logs?limit=2")

    rows = answer.json()
    assert [row["id"] for row in rows] == [str(each) for each in (running, *ids[::-1])][:50]
    assert len(short.json()) == 2
    for row in rows:
        documented.Run.model_validate(row)
    assert {name: rows[0][name] for name in ("status", "completed_at", "duration_seconds")} == {
        "status": "running",
        "completed_at": None,
        "duration_seconds": None,
    }
    assert (rows[1]["result"], rows[1]["error_message"], rows[1]["execution_data"]) == (
        "done",
        None,
        {"times": 1},
    )
    assert rows[1]["duration_seconds"] == 1.5


async def test_a_task_that_never_ran_has_an_empty_log(api: Api) -> None:
    task = await api.create()

    assert (await api.http.get(f"{TASKS}/{task['id']}/logs")).json() == []


async def test_counters_come_from_the_log(api: Api) -> None:
    task = await api.create()
    await api.pool.execute(
        "INSERT INTO log.task_statistics VALUES ($1, 7, 5, 2, '2026-01-01T00:00:00Z', 'fine')",
        UUID(task["id"]),
    )

    for read in (
        (await api.http.get(f"{TASKS}/{task['id']}")).json(),
        (await api.http.get(TASKS)).json()[0],
        (await api.http.put(f"{TASKS}/{task['id']}", json={"name": "b"})).json(),
    ):
        assert (read["run_count"], read["success_count"], read["failure_count"]) == (7, 5, 2)
        assert (read["last_run_at"], read["last_result"]) == ("2026-01-01T00:00:00Z", "fine")


async def test_next_run_at_is_the_next_fire_of_an_enabled_scheduled_task(api: Api) -> None:
    yearly = {"cron": "0 0 1 1 *", "timezone": "Asia/Taipei"}
    task = await api.create(task_type="scheduled", schedule_config=yearly)
    year = datetime.now(UTC).year

    assert task["next_run_at"] in {f"{year}-12-31T16:00:00Z", f"{year + 1}-12-31T16:00:00Z"}
    disabled = await api.http.put(f"{TASKS}/{task['id']}", json={"enabled": False})
    assert disabled.json()["next_run_at"] is None
    by_hand = await api.http.put(
        f"{TASKS}/{task['id']}", json={"enabled": True, "task_type": "manual"}
    )
    assert by_hand.json()["next_run_at"] is None


async def test_next_run_at_includes_the_jitter(api: Api) -> None:
    yearly = {"cron": "0 0 1 1 *", "jitter_seconds": 3600}

    task = await api.create(task_type="scheduled", schedule_config=yearly)

    assert re.fullmatch(r"\d{4}-01-01T00:\d\d:\d\d(\.\d+)?Z", task["next_run_at"])


async def test_a_schedule_that_is_no_longer_understood_breaks_no_read(api: Api) -> None:
    task = await api.create(task_type="scheduled", schedule_config={"interval_hours": 1})
    await api.pool.execute('UPDATE api.tasks SET schedule_config = \'{"cron": "nonsense"}\'')

    read = (await api.http.get(f"{TASKS}/{task['id']}")).json()

    assert read["next_run_at"] is None


async def test_an_old_one_time_task_can_still_be_saved(api: Api) -> None:
    at = (datetime.now(UTC) + timedelta(days=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
    task = await api.create(task_type="scheduled", schedule_config={"at": at})
    past = '{"at": "2026-01-01T00:00:00Z"}'
    await api.pool.execute("UPDATE api.tasks SET schedule_config = $1", past)

    same = await api.http.put(
        f"{TASKS}/{task['id']}",
        json={
            "name": "b",
            "task_type": "scheduled",
            "schedule_config": {"at": "2026-01-01T00:00:00Z"},
        },
    )
    other = await api.http.put(
        f"{TASKS}/{task['id']}", json={"schedule_config": {"at": "2026-01-02T00:00:00Z"}}
    )

    assert same.status_code == 200
    assert other.status_code == 422
    assert other.json()["errors"][0]["pointer"] == "/schedule_config/at"


async def test_a_triggered_task_of_an_old_client_is_stored_as_it_came(api: Api) -> None:
    condition = {"condition": "error_rate > 10"}

    task = await api.create(task_type="triggered", trigger_config=condition)

    assert task["trigger_config"] == condition
    assert task["warnings"] == []


async def test_days_combined_with_or_are_warned_of(api: Api) -> None:
    task = await api.create(task_type="scheduled", schedule_config={"cron": "0 0 29 2 MON"})

    assert [warning["code"] for warning in task["warnings"]] == ["cron.either_day"]


async def test_a_task_whose_action_is_gone_can_still_be_switched_off(api: Api) -> None:
    task = await api.create()
    await api.pool.execute("UPDATE api.tasks SET task_action = 'uninstalled'")

    off = await api.http.put(f"{TASKS}/{task['id']}", json={"enabled": False})
    touched = await api.http.put(f"{TASKS}/{task['id']}", json={"action_config": {"times": 2}})

    assert off.status_code == 200
    assert touched.json()["errors"][0]["code"] == "action.unknown"


async def test_head_is_a_get_without_a_body(api: Api) -> None:
    task = await api.create()

    answer = await api.http.head(f"{TASKS}/{task['id']}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["etag"] == '"1"'


async def test_options_and_unknown_methods_name_the_known_ones(api: Api) -> None:
    path = f"{TASKS}/{uuid4()}"

    options = await api.http.options(path)
    patch = await api.http.request("PATCH", path)

    assert options.status_code == 204
    assert patch.status_code == 405
    assert patch.json()["code"] == "method.not_allowed"
    for answer in (options, patch):
        assert answer.headers["allow"] == "DELETE, GET, HEAD, OPTIONS, PUT"
