"""Runs in the hands of a person: stopped, tried anew after they died, and past ones run again."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from tests.e2e.place import Place
from tests.support.load import RUNS, TASKS, calls

API = "/api/v1/group-ai"


async def started(place: Place, task_id: UUID) -> UUID:
    """Run a task by hand, past the books of the operator: such a run need not end well."""
    answer = await place.operator.insist("POST", f"{TASKS}/{task_id}/run")
    return UUID(answer.json()["run_id"])


async def cancelled(place: Place, run_id: UUID, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await place.operator.insist("POST", f"{RUNS}/{run_id}/cancel", json=body)
    told: dict[str, Any] = answer.json()
    return told


def events(run: dict[str, Any]) -> list[str]:
    return [each["event"] for each in run["timeline"]]


async def test_a_live_run_is_stopped(place: Place) -> None:
    task_id = await place.calling("delay/60/to-stop")
    run_id = await started(place, task_id)
    await place.called("delay/60/to-stop", 1)

    told = await cancelled(place, run_id, reason="a mistake", wait_seconds=4)

    assert told == {"run_id": str(run_id), "state": "cancelled", "status": "cancelled"}
    run = await place.ended(run_id)
    assert (run["status"], run["cancel_reason"]) == ("cancelled", "admin: a mistake")
    assert events(run)[-2:] == ["cancel_requested", "finished"]
    again = await cancelled(place, run_id)
    assert (again["state"], again["status"]) == ("ended", "cancelled")


async def test_a_run_that_nobody_takes_says_so_and_is_taken_back(place: Place) -> None:
    task_id = await place.calling("never", queue="nobody")
    run_id = await started(place, task_id)

    async def look() -> dict[str, Any] | None:
        run: dict[str, Any] = await place.operator.get(f"{RUNS}/{run_id}")
        return run if run["waits_for"] == "no_executor" else None

    run = await place.eventually(look, what="the run waits for an executor")
    assert run["status"] == "waiting"

    assert (await cancelled(place, run_id))["state"] == "cancelled"

    assert (await place.operator.get(f"{RUNS}/{run_id}"))["status"] == "cancelled"
    assert place.effects("never") == []


async def test_a_run_that_died_is_tried_anew_with_other_parameters(place: Place) -> None:
    task_id = await place.calling(
        "status/503/dying", retry={"max_attempts": 2, "initial_interval_seconds": 0.1}
    )
    run_id = await started(place, task_id)
    run = await place.ended(run_id)

    async def look() -> dict[str, Any] | None:
        page = await place.operator.get(f"{API}/dead-runs?task_id={task_id}")
        return page["items"][0] if page["items"] else None

    dead = await place.eventually(look, what="the dead run is listed")
    params = calls(f"{place.sink.url}/revived")["action_config"]
    answer = await place.operator.insist(
        "POST", f"{API}/dead-runs/{run_id}/requeue", json={"params": params}
    )
    revived = await place.ended(UUID(answer.json()["new_run_id"]))

    assert (run["status"], run["attempt"]) == ("failure", 2)
    assert [each["attempt"] for each in run["attempts"]] == [1, 2]
    assert events(run) == [
        "due",
        "ordered",
        "claimed",
        "started",
        "attempt_failed",
        "retry_at",
        "admitted",
        "ordered",
        "claimed",
        "started",
        "finished",
    ]
    assert (dead["run_id"], dead["attempts"], dead["state"]) == (str(run_id), 2, "open")
    assert (revived["status"], revived["trigger"]) == ("success", "requeue")
    assert revived["origin"] == {"run_id": str(run_id)}
    assert len(place.effects("revived")) == 1


async def test_past_fires_are_run_again_one_after_the_other(place: Place) -> None:
    task_id = await place.calling(
        "delay/0.2/again", schedule_config={"cron": "0 * * * *"}, enabled=False, overlap="skip"
    )
    answer = await place.operator.insist(
        "POST",
        f"{TASKS}/{task_id}/backfills",
        json={"from": "2026-01-01T00:00:00Z", "to": "2026-01-01T05:00:00Z"},
    )
    path = f"{API}/backfills/{answer.json()['id']}"

    async def look() -> dict[str, Any] | None:
        backfill: dict[str, Any] = await place.operator.get(path)
        return backfill if backfill["state"] == "done" else None

    done = await place.eventually(look, within=timedelta(seconds=60), what="the backfill is done")

    assert (done["fires"], done["counts"]) == (5, {"success": 5})
    page = await place.operator.get(f"{RUNS}?task_id={task_id}&trigger=backfill")
    runs = sorted(page["items"], key=lambda run: str(run["started_at"]))
    assert [run["scheduled_for"] for run in runs] == [
        f"2026-01-01T0{hour}:00:00Z" for hour in range(5)
    ]
    for one, other in pairwise(runs):
        assert one["completed_at"] <= other["started_at"]
