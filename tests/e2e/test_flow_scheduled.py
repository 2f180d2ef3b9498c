"""Flow 1, scheduled: a task fires by itself, its action runs on time, and the log shows it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from tests.e2e.place import EVERY_SECOND, Place

SECOND = timedelta(seconds=1)
#: The contract's fields of a log row.
LOG_FIELDS = {
    "id",
    "task_id",
    "status",
    "started_at",
    "completed_at",
    "duration_seconds",
    "result",
    "error_message",
    "execution_data",
}


def at(text: str) -> datetime:
    """Read an instant of an answer; one without an offset is refused."""
    read = datetime.fromisoformat(text)
    assert read.tzinfo is not None
    return read


async def test_an_interval_calls_when_it_is_due_and_everything_says_the_same(place: Place) -> None:
    task_id = await place.calling("interval", schedule_config=EVERY_SECOND)
    await place.called("interval", 3)
    await place.operator.edit(task_id, enabled=False)
    await place.judge()
    seen = place.effects("interval")

    fired = [row for row in await place.operator.occurrences(task_id) if row["outcome"] == "fired"]
    assert [row["run_id"] for row in fired] == [str(call.run_id) for call in reversed(seen)]
    for newer, older in pairwise(fired):
        assert at(newer["scheduled_for"]) - at(older["scheduled_for"]) == SECOND
    for row, call in zip(reversed(fired), seen, strict=True):
        assert call.at >= at(row["scheduled_for"])

    logs = await place.operator.logs(task_id)
    assert [row["run_id"] for row in logs] == [row["run_id"] for row in fired]
    for row in logs:
        assert row.keys() >= LOG_FIELDS
        assert row["task_id"] == str(task_id)
        assert row["status"] == "success"
        assert row["error_message"] is None
        assert isinstance(row["result"], str)
        assert isinstance(row["execution_data"], dict)
        took = at(row["completed_at"]) - at(row["started_at"])
        assert row["duration_seconds"] == pytest.approx(took.total_seconds(), abs=0.001)

    task = await place.operator.task(task_id)
    assert task["run_count"] == task["success_count"] == len(logs)
    assert task["failure_count"] == 0
    assert at(task["last_run_at"]) == at(logs[0]["started_at"])
    assert task["last_result"] == logs[0]["result"]
    assert task["next_run_at"] is None  # it is disabled


async def test_a_cron_expression_with_seconds_fires_when_it_says(place: Place) -> None:
    task_id = await place.calling("cron", schedule_config={"cron": "*/2 * * * * *"})
    await place.called("cron", 2)
    task = await place.operator.task(task_id)
    now = datetime.now(UTC)

    next_at = at(task["next_run_at"])
    assert next_at.second % 2 == 0
    assert next_at.microsecond == 0
    assert next_at <= now + 2 * SECOND
    for row in await place.operator.occurrences(task_id):
        assert at(row["scheduled_for"]).second % 2 == 0
    await place.operator.edit(task_id, enabled=False)
    await place.judge()


async def test_an_instant_fires_once(place: Place) -> None:
    moment = datetime.now(UTC).replace(microsecond=0) + 2 * SECOND
    task_id = await place.calling("once", schedule_config={"at": moment.isoformat()})
    (call,) = await place.called("once", 1)

    assert call.at >= moment
    (row,) = await place.operator.occurrences(task_id)
    assert at(row["scheduled_for"]) == moment
    assert (await place.operator.task(task_id))["next_run_at"] is None
    await place.judge()


async def test_an_action_that_fails_is_a_failure_with_a_reason(place: Place) -> None:
    task_id = await place.calling("status/500/failing")
    run_id = await place.operator.run(task_id)
    row = await place.ended(run_id)
    await place.judge(failing=[task_id])
    (call,) = place.effects("status/500/failing")

    assert row["status"] == "failure"
    assert row["result"] is None
    assert "500" in row["error_message"]
    assert call.run_id == UUID(row["run_id"])
    task = await place.operator.task(task_id)
    assert (task["run_count"], task["success_count"], task["failure_count"]) == (1, 0, 1)
    assert "500" in task["last_result"]


async def test_lines_of_a_run_can_be_read(place: Place) -> None:
    task_id = await place.calling("lines")
    run_id = await place.operator.run(task_id)
    await place.ended(run_id)

    async def lines() -> list[str]:
        page = await place.operator.get(f"/api/v1/group-ai/automation-runs/{run_id}/lines")
        return [line["text"] for line in page["items"]]

    said = await place.eventually(lines, what="lines of the run")
    assert any("/lines" in text for text in said)
    await place.judge()
