"""What became of fires and runs, page by page; executors and dead letters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.documented import operations
from services.api.documented import runs as documented_runs
from services.api.documented import tasks as documented
from tests.integration.api.client import BASE, TASKS, Api

START = datetime(2026, 1, 1, tzinfo=UTC)


async def _occurrence(
    api: Api, task_id: str, number: int, outcome: str = "fired", reason: str | None = None
) -> UUID:
    run_id = uuid4()
    at = START + timedelta(minutes=number)
    await api.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, due_at,"
        " outcome, reason, version, queue, priority, settled) VALUES"
        " ($1, $2, 'schedule', $3, $3, $4, $5, 1, 'default', 3, true)",
        run_id,
        UUID(task_id),
        at,
        outcome,
        reason,
    )
    return run_id


async def test_occurrences_come_page_by_page_newest_first(api: Api) -> None:
    task = await api.create()
    ids = [str(await _occurrence(api, task["id"], number)) for number in range(7)]
    path = f"{TASKS}/{task['id']}/occurrences"
    seen: list[str] = []
    cursor: str | None = ""
    pages = 0

    while cursor is not None:
        page = (await api.http.get(path, params={"limit": 3, "cursor": cursor})).json()
        documented.Occurrences.model_validate(page)
        seen += [item["run_id"] for item in page["items"]]
        cursor = page["next"]
        pages += 1

    assert seen == ids[::-1]
    assert pages == 3


async def test_occurrences_are_filtered_by_outcome_and_time(api: Api) -> None:
    task = await api.create()
    for number in range(4):
        await _occurrence(api, task["id"], number)
    await _occurrence(api, task["id"], 9, "missed", "misfire.older_than_window")
    path = f"{TASKS}/{task['id']}/occurrences"

    async def count(**params: str) -> int:
        return len((await api.http.get(path, params=params)).json()["items"])

    assert await count(outcome="missed") == 1
    assert await count(**{"from": "2026-01-01T00:01:00Z", "to": "2026-01-01T00:03:00Z"}) == 2
    assert await count(**{"from": "2026-01-01T08:03:00+08:00"}) == 2
    assert len((await api.http.get(f"{path}?from=2026-01-01T08:03:00+08:00")).json()["items"]) == 2


async def test_a_reason_is_told_as_code_and_in_words(api: Api) -> None:
    task = await api.create()
    await _occurrence(api, task["id"], 1, "missed", "misfire.policy_skip")
    await _occurrence(api, task["id"], 2, "skipped_paused", "a reason of the future")

    answer = await api.http.get(
        f"{TASKS}/{task['id']}/occurrences", headers={"Accept-Language": "zh-TW"}
    )

    newer, older = answer.json()["items"]
    assert (older["reason_code"], older["run_id"]) == ("misfire.policy_skip", None)
    assert "不補跑" in older["reason"]
    assert newer["reason"] == "a reason of the future"


async def test_a_run_can_be_followed_from_the_ledger_to_the_log(api: Api) -> None:
    task = await api.create()
    run_id = await _occurrence(api, task["id"], 1)
    path = f"{BASE}/automation-runs/{run_id}"

    waiting = (await api.http.get(path)).json()
    await api.pool.execute(
        "INSERT INTO log.runs (run_id, task_id, trigger, status, final, attempt, scheduled_for,"
        " started_at, executor) VALUES ($1, $2, 'schedule', 'running', false, 1, $3, $3, 'one')",
        run_id,
        UUID(task["id"]),
        START,
    )
    running = (await api.http.get(path)).json()

    assert [waiting["status"], running["status"]] == ["waiting", "running"]
    for row in (waiting, running):
        documented_runs.RunDetail.model_validate(row)
    assert (await api.http.get(f"{BASE}/automation-runs/{uuid4()}")).status_code == 404
    assert (await api.http.get(f"{BASE}/automation-runs/x")).status_code == 404


async def test_the_lines_of_a_run_are_read_on_from_where_one_was(api: Api) -> None:
    task = await api.create()
    run_id = await _occurrence(api, task["id"], 1)
    path = f"{BASE}/automation-runs/{run_id}/lines"
    nothing = (await api.http.get(path)).json()
    await api.pool.executemany(
        "INSERT INTO log.lines VALUES ($1, $2, $3, $4, 'info', $5)",
        [
            (run_id, attempt, seq, START, f"{attempt}.{seq} <b>")
            for attempt in (1, 2)
            for seq in range(1, 4)
        ],
    )

    first = (await api.http.get(path, params={"limit": 4, "after": nothing["next"]})).json()
    rest = (await api.http.get(path, params={"after": first["next"]})).json()

    documented.Lines.model_validate(first)
    texts = [line["text"] for line in first["items"] + rest["items"]]
    assert texts == [f"{attempt}.{seq} <b>" for attempt in (1, 2) for seq in (1, 2, 3)]
    assert (await api.http.get(path, params={"after": rest["next"]})).json()["items"] == []
    assert (await api.http.get(path, params={"after": "x"})).status_code == 400
    assert (await api.http.get(f"{BASE}/automation-runs/{uuid4()}/lines")).status_code == 404


async def test_executors_are_listed(api: Api) -> None:
    await api.pool.execute(
        "INSERT INTO executor.executors (executor_id, instance, host, slots, actions)"
        " VALUES ($1, 'one', 'here', 16, '{greet}')",
        uuid4(),
    )

    (executor,) = (await api.http.get(f"{BASE}/executors")).json()

    operations.Executor.model_validate(executor)
    assert (executor["slots"], executor["actions"]) == (16, ["greet"])
    assert executor["silent_seconds"] < 60


async def test_dead_letters_come_page_by_page(api: Api) -> None:
    payloads: list[Any] = [b'{"v": 1}', b"\xff\x00", b"text"]
    for number, payload in enumerate(payloads):
        await api.pool.execute(
            "INSERT INTO log.dead_letters (fingerprint, stream, subject, reason, payload, headers)"
            " VALUES ($1, 'RUNS', 'task.finished.x', 'ValidationError', $2, '{\"a\": \"b\"}')",
            str(number),
            payload,
        )

    first = (await api.http.get(f"{BASE}/dead-letters?limit=2")).json()
    second = (await api.http.get(f"{BASE}/dead-letters?cursor={first['next']}")).json()
    odd = await api.http.get(f"{BASE}/dead-letters?cursor=WyJ4Il0")

    operations.DeadLetters.model_validate(first)
    shown = [(each["payload_encoding"], each["payload"]) for each in first["items"]]
    assert shown == [("utf-8", "text"), ("base64", "/wA=")]
    assert [each["payload"] for each in second["items"]] == ['{"v": 1}']
    assert second["next"] is None
    assert (odd.status_code, odd.json()["code"]) == (400, "cursor.invalid")
