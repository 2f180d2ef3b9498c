"""One run with all that happened to it: where it stands, what it waits for, its attempts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from services.api.documented import runs as documented_runs
from services.log_writer.store.runs import RunStore
from shared.contracts.runs import RunStarted
from tests.integration.api.client import BASE, TASKS, Api
from tests.integration.api.standing import (
    attempt,
    executor,
    lease,
    logged,
    minute,
    occurrence,
)
from tests.support.cases import cases

RUNS = f"{BASE}/automation-runs"


async def read(api: Api, run_id: UUID | str, language: str = "en") -> dict[str, Any]:
    answer = await api.http.get(f"{RUNS}/{run_id}", headers={"Accept-Language": language})
    assert answer.status_code == 200, answer.text
    run: dict[str, Any] = answer.json()
    documented_runs.RunDetail.model_validate(run)
    return run


def events(run: dict[str, Any]) -> list[tuple[str, int | None]]:
    return [(each["event"], each["attempt"]) for each in run["timeline"]]


async def test_a_run_that_was_asked_for_just_now_is_there(api: Api) -> None:
    task = await api.create()
    asked = await api.http.post(
        f"{TASKS}/{task['id']}/run", json={"params": {"times": 2}, "overlap": "skip"}
    )

    run = await read(api, asked.json()["run_id"])

    assert (run["status"], run["task_id"], run["trigger"]) == ("waiting", task["id"], "manual")
    assert (run["params"], run["requested_by"]) == ({"times": 2}, "admin")
    assert events(run) == [("due", None)]
    lines = await api.http.get(f"{RUNS}/{run['run_id']}/lines")
    assert (lines.status_code, lines.json()["items"]) == (200, [])


async def test_what_a_held_run_waits_for_is_told_in_words(shared_api: Api) -> None:
    for case in cases(
        [
            "overlap",
            "concurrency",
            "rate_limit",
            "lock",
            "queue_paused",
            "paused_all",
            "blackout",
            "retry",
            "snooze",
            "throttle",
            "debounce",
        ]
    ):
        with case as code:
            api = shared_api
            await executor(api)
            task = await api.create()
            run_id = await occurrence(api, task["id"], held=True, waits_for=code)

            english, chinese = await read(api, run_id), await read(api, run_id, "zh-TW")
            page = (await api.http.get(f"{TASKS}/{task['id']}/occurrences")).json()

            assert (english["status"], english["waits_for"]) == ("waiting", code)
            assert english["waits_for_text"].isascii()
            assert not chinese["waits_for_text"].isascii()
            assert events(english) == [("due", None), ("held", None)]
            assert english["timeline"][1]["text"].endswith(english["waits_for_text"])
            assert page["items"][0]["waits_for"] == code
            assert page["items"][0]["waits_for_text"] == english["waits_for_text"]


LONG_AGO = datetime.now(UTC) - timedelta(seconds=20)
EXECUTORS: list[tuple[list[dict[str, Any]], str | None]] = [
    ([], "no_executor"),
    ([{}], None),
    ([{"seen_at": LONG_AGO}], "no_executor"),
    ([{"draining": True}], "no_executor"),
    ([{"queues": ["slow"]}], "no_executor"),
    ([{"actions": ["other"]}], "no_executor"),
    ([{"queues": ["slow"]}, {"actions": ["other"]}], "no_executor"),
    ([{"draining": True}, {}], None),
]


async def test_a_run_that_nobody_can_take_says_so(api: Api) -> None:
    for case in cases(EXECUTORS):
        with case as (executors, waits_for):
            await api.pool.execute("DELETE FROM executor.executors")
            await api.pool.execute("DELETE FROM scheduler.occurrences")
            for each in executors:
                await executor(api, **each)
            task = await api.create()
            run_id = await occurrence(api, task["id"])

            run = await read(api, run_id)

            assert (run["status"], run["waits_for"]) == ("waiting", waits_for)
            listed = (await api.http.get(RUNS)).json()["items"]
            assert [each["waits_for"] for each in listed] == [waits_for]


async def test_labels_are_looked_at(api: Api) -> None:
    table: list[tuple[dict[str, str], str | None]] = [
        ({"region": "eu", "gpu": "1"}, None),
        ({"region": "us"}, "no_executor"),
        ({}, "no_executor"),
    ]
    for case in cases(table):
        with case as (labels, waits_for):
            await api.pool.execute("DELETE FROM executor.executors")
            await executor(api, labels=labels)
            task = await api.create()
            await api.pool.execute(
                "UPDATE api.tasks SET policy = $1",
                json.dumps({"selector": {"labels": {"region": "eu"}}}),
            )

            run = await read(api, await occurrence(api, task["id"]))

            assert run["waits_for"] == waits_for


async def test_a_pause_is_told_before_a_missing_executor(api: Api) -> None:
    task = await api.create()
    paused = await occurrence(api, task["id"], held=True, waits_for="queue_paused")
    full = await occurrence(api, task["id"], held=True, waits_for="concurrency")

    assert (await read(api, paused))["waits_for"] == "queue_paused"
    assert (await read(api, full))["waits_for"] == "no_executor"


async def test_a_run_from_its_time_to_its_end(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(
        api,
        task["id"],
        admitted_at=minute(1),
        requested_by="ann",
        params='{"times": 3}',
        origin='{"event": {"id": "e1"}}',
    )
    await logged(
        api,
        run_id,
        task["id"],
        claimed_at=minute(2),
        started_at=minute(3),
        completed_at=minute(4),
        duration_seconds=60.0,
        result="greeted",
    )

    run = await read(api, run_id)

    assert events(run) == [
        ("due", None),
        ("held", None),
        ("admitted", 1),
        ("ordered", 1),
        ("claimed", 1),
        ("started", 1),
        ("finished", 1),
    ]
    assert run["timeline"][-1]["text"] == "It ended: Success. greeted"
    assert [(each["attempt"], each["status"], each["result"]) for each in run["attempts"]] == [
        (1, "success", "greeted")
    ]
    assert (run["requested_by"], run["params"]) == ("ann", {"times": 3})
    assert run["origin"] == {"event": {"id": "e1"}}
    assert (run["queue"], run["priority"], run["outcome"]) == ("default", 3, "fired")


async def test_attempts_stand_side_by_side_with_the_live_one(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(api, task["id"], attempt=3, admitted_at=minute(2.9))
    failed = {"error_message": "no route", "retry_at": minute(2), "claimed_at": minute(0.9)}
    await attempt(api, run_id, 1, **failed)
    snoozed = {"result": "not yet", "retry_at": minute(3), "claimed_at": minute(1.9)}
    await attempt(api, run_id, 2, status="snoozed", **snoozed)
    await logged(
        api, run_id, task["id"], status="retrying", final=False, attempt=2, started_at=minute(2)
    )
    await lease(api, run_id, task["id"], attempt=3, claimed_at=minute(3.1))
    await executor(api, executor_id=UUID(int=1), instance="executor-3")

    run = await read(api, run_id)

    assert [(each["attempt"], each["status"]) for each in run["attempts"]] == [
        (1, "failure"),
        (2, "snoozed"),
        (3, "running"),
    ]
    assert [each["executor"] for each in run["attempts"]] == [
        "executor-1",
        "executor-2",
        "executor-3",
    ]
    assert run["attempts"][0]["duration_seconds"] == 30
    assert run["attempts"][0]["error_message"] == "no route"
    assert run["attempts"][0]["lease_until"] is None
    assert run["attempts"][2]["lease_until"] is not None
    assert events(run) == [
        ("due", None),
        ("ordered", 1),
        ("claimed", 1),
        ("started", 1),
        ("attempt_failed", 1),
        ("claimed", 2),
        ("started", 2),
        ("retry_at", 2),
        ("snoozed", 2),
        ("admitted", 3),
        ("ordered", 3),
        ("retry_at", 3),
        ("claimed", 3),
    ]
    assert run["timeline"][4]["text"] == "Attempt 1 failed: no route"


async def test_an_attempt_whose_executor_died_is_lost_once_another_has_begun(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(api, task["id"], attempt=2)
    await attempt(api, run_id, 1, status="running", completed_at=None)
    await lease(api, run_id, task["id"], attempt=2, claimed_at=minute(1))

    run = await read(api, run_id)

    assert [each["status"] for each in run["attempts"]] == ["lost", "running"]


async def test_when_a_lost_attempt_was_claimed_is_not_told_for_the_one_before(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(api, task["id"], attempt=3)
    await attempt(api, run_id, 1, claimed_at=minute(0.9), retry_at=minute(2))
    retrying = {"status": "retrying", "final": False, "claimed_at": minute(0.9)}
    await logged(api, run_id, task["id"], **retrying)
    second = RunStarted(
        run_id=run_id,
        task_id=UUID(task["id"]),
        attempt=2,
        trigger="manual",
        scheduled_for=minute(0),
        started_at=minute(3),
        executor="executor-2",
    )
    await RunStore(api.pool).write_started([second])
    await lease(api, run_id, task["id"], attempt=3, claimed_at=minute(5))

    run = await read(api, run_id)

    assert [number for event, number in events(run) if event == "claimed"] == [1, 3]


async def test_a_run_between_two_attempts_says_what_it_waits_for(api: Api) -> None:
    await executor(api)
    task = await api.create()
    run_id = await occurrence(
        api, task["id"], attempt=2, held=True, waits_for="retry", not_before=minute(9)
    )
    await attempt(api, run_id, 1, error_message="no route", retry_at=minute(9))
    await lease(api, run_id, task["id"], claimed_at=minute(0.9), outcome="retry")
    await logged(api, run_id, task["id"], status="retrying", final=False, started_at=minute(1))

    run = await read(api, run_id)

    assert (run["status"], run["waits_for"]) == ("retrying", "retry")
    assert run["not_before"] == "2026-01-01T00:09:00Z"
    assert events(run) == [
        ("due", None),
        ("ordered", 1),
        ("claimed", 1),
        ("started", 1),
        ("attempt_failed", 1),
        ("held", None),
        ("retry_at", 2),
    ]


async def test_a_run_that_was_cancelled_between_two_attempts_begins_no_other(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(
        api,
        task["id"],
        attempt=2,
        cancel_requested_at=minute(2),
        cancel_reason="ann: enough",
    )
    await attempt(api, run_id, 1, error_message="no route", retry_at=minute(9))
    cancelled = {
        "status": "cancelled",
        "claimed_at": minute(2.05),
        "started_at": minute(2.1),
        "completed_at": minute(2.1),
        "error_message": "ann: enough",
    }
    await attempt(api, run_id, 2, **cancelled)
    await logged(api, run_id, task["id"], attempt=2, **cancelled)

    run = await read(api, run_id)

    assert run["status"] == "cancelled"
    assert events(run) == [
        ("due", None),
        ("ordered", 1),
        ("started", 1),
        ("attempt_failed", 1),
        ("cancel_requested", None),
        ("claimed", 2),
        ("started", 2),
        ("finished", 2),
    ]


RULES = ["concurrency.cancel_oldest", "overlap.cancel_other", "overlap.terminate_other"]


async def test_a_rule_that_had_a_run_cancelled_is_named_in_words(shared_api: Api) -> None:
    for case in cases([*RULES, "lock.superseded:account:7"]):
        with case as code:
            api = shared_api
            task = await api.create()
            run_id = await occurrence(
                api, task["id"], settled=True, cancel_requested_at=minute(2), cancel_reason=code
            )
            ended = {"status": "cancelled", "completed_at": minute(3), "error_message": code}
            await attempt(api, run_id, 1, **ended)
            await logged(api, run_id, task["id"], started_at=minute(1), **ended)
            await api.pool.execute(
                "INSERT INTO log.task_statistics VALUES ($1, 1, 0, 0, now(), $2)",
                UUID(task["id"]),
                code,
            )
            for language in ("en", "zh-TW"):
                run = await read(api, run_id, language)
                headers = {"Accept-Language": language}
                logs = (await api.http.get(f"{TASKS}/{task['id']}/logs", headers=headers)).json()
                seen = (await api.http.get(f"{TASKS}/{task['id']}", headers=headers)).json()

                words = run["error_message"]
                assert code not in words
                assert words.isascii() == (language == "en")
                assert (run["cancel_reason"], run["attempts"][0]["error_message"]) == (words, words)
                assert [each["text"] for each in run["timeline"] if words in each["text"]] == [
                    each["text"]
                    for each in run["timeline"]
                    if each["event"] in ("cancel_requested", "finished")
                ]
                assert logs[0]["error_message"] == words
                assert seen["last_result"] == words


async def test_what_an_action_says_is_never_taken_for_a_rule(shared_api: Api) -> None:
    for case in cases(["success", "failure"]):
        with case as status:
            api = shared_api
            task = await api.create()
            run_id = await occurrence(api, task["id"], settled=True)
            await logged(api, run_id, task["id"], status=status, error_message="overlap.live")

            assert (await read(api, run_id))["error_message"] == "overlap.live"


async def test_how_far_a_run_is_comes_from_its_lease_and_later_from_its_end(api: Api) -> None:
    told = {"percent": 40.0, "message": "writing", "at": "2026-01-01T00:02:00Z"}
    task = await api.create()
    run_id = await occurrence(api, task["id"])
    assert (await read(api, run_id))["progress"] is None

    await lease(api, run_id, task["id"])
    await logged(api, run_id, task["id"], status="running", final=False)
    assert (await read(api, run_id))["progress"] is None
    await lease(api, run_id, task["id"], progress=json.dumps(told))
    assert (await read(api, run_id))["progress"] == told

    last = {**told, "percent": 90.0}
    await logged(api, run_id, task["id"], execution_data=json.dumps({"progress": last}))
    assert (await read(api, run_id))["progress"] == last


async def test_a_run_taken_back_between_two_attempts_is_cancelled(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(
        api,
        task["id"],
        outcome="cancelled",
        reason="run.cancelled",
        settled=True,
        cancel_requested_at=minute(5),
        cancel_reason="ann: enough",
    )
    await logged(api, run_id, task["id"], status="retrying", final=False)

    run = await read(api, run_id)

    assert run["status"] == "cancelled"
    assert run["timeline"][-2]["text"] == "It was asked to stop: ann: enough"
    assert run["timeline"][-1]["event"] == "finished"


async def test_a_run_that_never_began_says_why(api: Api) -> None:
    for case in cases(
        [("cancelled", "cancelled"), ("skipped_overlap", "skipped"), ("expired", "skipped")]
    ):
        with case as (outcome, status):
            task = await api.create()
            run_id = await occurrence(api, task["id"], outcome=outcome, settled=True)

            run = await read(api, run_id)

            assert (run["status"], run["outcome"], run["waits_for"]) == (status, outcome, None)
            assert events(run) == [("due", None), ("finished", None)]


async def test_what_a_reason_is_about_is_told_with_it(api: Api) -> None:
    task = await api.create()
    run_id = await occurrence(
        api, task["id"], outcome="skipped_lock", reason="lock.taken:account:7", settled=True
    )

    run = await read(api, run_id)
    page = (await api.http.get(f"{TASKS}/{task['id']}/occurrences")).json()

    assert run["error_message"] == "Another run had the target account:7."
    assert run["timeline"][-1]["text"] == "It ended: Another run had the target account:7."
    assert page["items"][0]["reason_code"] == "lock.taken:account:7"
    assert page["items"][0]["reason"] == run["error_message"]


async def test_a_run_that_nobody_asked_for_is_not_there(shared_api: Api) -> None:
    for spelled in (str(uuid4()), "x", "0" * 36):
        answer = await shared_api.http.get(f"{RUNS}/{spelled}")
        assert (answer.status_code, answer.json()["code"]) == (404, "run.not_found")
