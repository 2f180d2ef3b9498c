"""A past range of a schedule is run again: counted first, asked for, followed, cancelled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio
from nats.aio.client import Client

from services.api.bus.announce import OUTBOX
from services.api.documented import runs as documented_runs
from shared.contracts.cancel import CancelItem
from shared.contracts.runs import RunRequest, RunsRequested
from shared.domain.instant import format_instant
from shared.domain.occurrence import run_id_for
from tests.integration.api.client import BASE, TASKS, Api
from tests.integration.api.standing import answering_scheduler, lease, logged, occurrence, reach
from tests.support.cases import cases

HOURLY = {"task_type": "scheduled", "schedule_config": {"cron": "0 * * * *"}}
DAY = {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}


@pytest_asyncio.fixture(loop_scope="session")
async def scheduled(api: Api, bus: Client, nats_url: str) -> AsyncIterator[Api]:
    """Serve the API with a scheduler that answers it."""
    del bus  # has the streams made
    async with answering_scheduler(api, nats_url):
        yield api


async def start(api: Api, task_id: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.http.post(f"{TASKS}/{task_id}/backfills", json={**DAY, **body})
    assert answer.status_code == (200 if body.get("dry_run") else 202), answer.text
    told: dict[str, Any] = answer.json()
    documented_runs.BackfillStarted.model_validate(told)
    return told


async def read(api: Api, backfill_id: str) -> dict[str, Any]:
    answer = await api.http.get(f"{BASE}/backfills/{backfill_id}")
    assert answer.status_code == 200, answer.text
    shown: dict[str, Any] = answer.json()
    documented_runs.BackfillProgress.model_validate(shown)
    return shown


async def cancel(api: Api, backfill_id: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401
    answer = await api.http.post(f"{BASE}/backfills/{backfill_id}/cancel", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    documented_runs.BackfillCancelled.model_validate(told)
    return told


async def requests_of(api: Api) -> list[RunRequest]:
    rows = await api.pool.fetch(
        "SELECT payload FROM api.outbox WHERE awaits IS NOT NULL ORDER BY id"
    )
    return [each for row in rows for each in RunsRequested.decode(row["payload"]).requests]


async def enter(api: Api, requests: list[RunRequest]) -> None:
    """Do as the relay and the scheduler do: what was asked for is in the ledger."""
    await api.pool.execute("DELETE FROM api.outbox")
    for each in requests:
        await occurrence(api, str(each.task_id), run_id=each.run_id, trigger="backfill", held=True)


async def test_the_fires_of_the_range_are_asked_for_oldest_first(api: Api) -> None:
    task = await api.create(**HOURLY)

    told = await start(api, task["id"])

    assert (told["fires"], told["first"], told["last"]) == (
        24,
        "2026-01-01T00:00:00Z",
        "2026-01-01T23:00:00Z",
    )
    requests = await requests_of(api)
    nominal = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(24)]
    assert [each.scheduled_for for each in requests] == nominal
    assert [each.run_id for each in requests] == [
        run_id_for(task["id"], f"backfill:{told['id']}", format_instant(at)) for at in nominal
    ]
    assert {(each.trigger, each.overlap, each.version) for each in requests} == {
        ("backfill", "buffer_all", 1)
    }
    assert {each.origin.backfill_id for each in requests if each.origin} == {UUID(told["id"])}
    assert [each.requested_at for each in requests] == sorted({x.requested_at for x in requests})
    assert len(api.woken) == 2


async def test_a_rehearsal_counts_and_does_nothing(api: Api) -> None:
    task = await api.create(**HOURLY)

    told = await start(api, task["id"], dry_run=True)

    assert (told["id"], told["fires"]) == (None, 24)
    assert await requests_of(api) == []
    assert await api.count("api.backfills") == 0


async def test_local_time_and_the_end_of_the_range_are_kept(api: Api) -> None:
    task = await api.create(
        task_type="scheduled",
        schedule_config={"cron": "30 2 * * *", "timezone": "Europe/Berlin"},
    )

    told = await start(
        api,
        task["id"],
        **{"from": "2026-03-28T02:30:00+01:00", "to": "2026-03-30T02:30:00+02:00"},
        overlap="allow_all",
    )

    # The gap of the 29th moves one fire; the bound at the end is not in the range.
    assert told["fires"] == 2
    assert {each.overlap for each in await requests_of(api)} == {"allow_all"}


async def test_fires_in_a_blackout_are_left_out_unless_they_are_asked_for(api: Api) -> None:
    night = {"weekly": [{"days": ["thu"], "from": "00:00", "to": "06:00"}]}  # 1 January 2026
    assert (await api.http.put(f"{BASE}/calendars/nights", json=night)).status_code == 200
    task = await api.create(**HOURLY, enabled=False, blackout={"calendars": ["nights"]})

    told = await start(api, task["id"])
    all_of_them = await start(api, task["id"], ignore_blackout=True, dry_run=True)
    refused = await api.http.post(
        f"{TASKS}/{task['id']}/backfills", json={**DAY, "to": "2026-01-01T06:00:00Z"}
    )

    assert (told["fires"], told["left_out"], told["first"]) == (18, 6, "2026-01-01T06:00:00Z")
    assert len(await requests_of(api)) == 18
    assert (all_of_them["fires"], all_of_them["left_out"]) == (24, 0)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "backfill.blackout"


async def test_a_blackout_that_would_have_run_at_its_end_leaves_its_last_fire(api: Api) -> None:
    night = {"weekly": [{"days": ["thu"], "from": "00:00", "to": "06:00"}]}
    assert (await api.http.put(f"{BASE}/calendars/nights", json=night)).status_code == 200
    blackout = {"calendars": ["nights"], "on_blackout": "run_at_end"}
    task = await api.create(**HOURLY, blackout=blackout)

    told = await start(api, task["id"])

    assert (told["fires"], told["left_out"], told["first"]) == (19, 5, "2026-01-01T05:00:00Z")


async def test_ten_thousand_are_asked_for_in_messages_of_five_hundred(api: Api) -> None:
    task = await api.create(task_type="scheduled", schedule_config={"interval_seconds": 1})
    start_at = datetime(2026, 1, 1, tzinfo=UTC)
    end = format_instant(start_at + timedelta(seconds=10_000))
    over = format_instant(start_at + timedelta(seconds=10_001))

    told = await start(api, task["id"], to=end)
    refused = await api.http.post(f"{TASKS}/{task['id']}/backfills", json={**DAY, "to": over})

    assert told["fires"] == 10_000
    rows = await api.pool.fetch(
        "SELECT key, cardinality(awaits) AS runs FROM api.outbox WHERE awaits IS NOT NULL"
    )
    assert [row["runs"] for row in rows] == [500] * 20
    assert {row["key"] for row in rows} == {f"backfill:{told['id']}"}
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "backfill.too_many"
    assert (await read(api, told["id"]))["counts"] == {"asked": 10_000}


async def test_how_far_a_backfill_is_can_be_read(api: Api) -> None:
    task = await api.create(**HOURLY)
    backfill = await start(api, task["id"], to="2026-01-01T06:00:00Z")
    requests = await requests_of(api)
    assert (await read(api, backfill["id"]))["counts"] == {"asked": 6}
    await enter(api, requests)
    await logged(api, requests[0].run_id, task["id"])
    await logged(api, requests[1].run_id, task["id"], status="failure")
    await lease(api, requests[2].run_id, task["id"])
    await api.pool.execute(
        "UPDATE scheduler.occurrences SET outcome = 'throttled', settled = true WHERE run_id = $1",
        requests[3].run_id,
    )

    shown = await read(api, backfill["id"])

    assert shown["counts"] == {
        "success": 1,
        "failure": 1,
        "running": 1,
        "skipped": 1,
        "waiting": 2,
    }
    assert (shown["state"], shown["fires"], shown["overlap"]) == ("running", 6, "buffer_all")
    assert shown["created_by"] == "admin"
    for each in requests:
        await logged(api, each.run_id, task["id"])
    assert (await read(api, backfill["id"]))["state"] == "done"


async def test_the_backfills_of_a_task_come_page_by_page(api: Api) -> None:
    task = await api.create(**HOURLY)
    made = [(await start(api, task["id"]))["id"] for _ in range(3)]
    path = f"{TASKS}/{task['id']}/backfills"

    first = (await api.http.get(path, params={"limit": 2})).json()
    second = (await api.http.get(path, params={"limit": 2, "cursor": first["next"]})).json()

    documented_runs.Backfills.model_validate(first)
    assert [each["id"] for each in first["items"] + second["items"]] == made[::-1]
    assert second["next"] is None
    assert (await api.http.get(f"{TASKS}/{uuid4()}/backfills")).status_code == 404


async def test_the_waiting_ones_are_cancelled_the_live_one_goes_on(scheduled: Api) -> None:
    task = await scheduled.create(**HOURLY)
    backfill = await start(scheduled, task["id"], to="2026-01-01T04:00:00Z")
    requests = await requests_of(scheduled)
    await enter(scheduled, requests)
    await scheduled.pool.execute(
        "UPDATE scheduler.occurrences SET held = false WHERE run_id = $1", requests[0].run_id
    )
    await lease(scheduled, requests[0].run_id, task["id"])

    told = await cancel(scheduled, backfill["id"])

    assert told == {"id": backfill["id"], "cancelled": 3, "cancelling": 0, "left": 0}
    shown = await read(scheduled, backfill["id"])
    assert (shown["state"], shown["counts"]) == ("cancelled", {"cancelled": 3, "running": 1})
    assert (shown["cancelled_by"], shown["cancelled_at"] is None) == ("admin", False)

    told = await cancel(scheduled, backfill["id"], running_too=True, reason="enough")

    assert (told["cancelled"], told["cancelling"]) == (0, 1)
    assert (
        await scheduled.pool.fetchval("SELECT cancel_reason FROM scheduler.executor_cancels")
        == "admin: enough"
    )


class Between:
    """Stands between the API and the scheduler: something happens before that one hears."""

    def __init__(self, api: Api, happens: Callable[[Sequence[UUID]], Awaitable[None]]) -> None:
        self._line = api.framework.state.parts.scheduler
        self._happens = happens

    async def cancel(self, run_ids: Sequence[UUID], **how: Any) -> list[CancelItem]:  # noqa: ANN401 - passed on
        await self._happens(run_ids)
        items: list[CancelItem] = await self._line.cancel(run_ids, **how)
        return items


async def test_a_run_that_begins_while_its_backfill_is_cancelled_goes_on(scheduled: Api) -> None:
    task = await scheduled.create(**HOURLY)
    backfill = await start(scheduled, task["id"], to="2026-01-01T01:00:00Z")
    await enter(scheduled, await requests_of(scheduled))
    await scheduled.pool.execute("UPDATE scheduler.occurrences SET held = false")

    async def an_executor_is_quicker(run_ids: Sequence[UUID]) -> None:
        for run_id in run_ids:
            await lease(scheduled, run_id, task["id"])

    reach(scheduled, Between(scheduled, an_executor_is_quicker))

    told = await cancel(scheduled, backfill["id"])

    assert (told["cancelled"], told["cancelling"]) == (0, 0)
    assert await scheduled.pool.fetch("SELECT run_id FROM scheduler.executor_cancels") == []


async def test_the_newest_are_taken_back_first_as_they_wait_for_the_others(scheduled: Api) -> None:
    task = await scheduled.create(**HOURLY)
    backfill = await start(scheduled, task["id"], to="2026-01-01T04:00:00Z")
    requests = await requests_of(scheduled)
    await enter(scheduled, requests)
    asked: list[UUID] = []

    async def overheard(run_ids: Sequence[UUID]) -> None:
        asked.extend(run_ids)

    reach(scheduled, Between(scheduled, overheard))

    await cancel(scheduled, backfill["id"])

    assert asked == [each.run_id for each in reversed(requests)]


async def test_what_was_not_published_yet_never_is(scheduled: Api) -> None:
    task = await scheduled.create(**HOURLY)
    backfill = await start(scheduled, task["id"])

    told = await cancel(scheduled, backfill["id"])

    assert told["left"] == 0
    assert await requests_of(scheduled) == []
    shown = await read(scheduled, backfill["id"])
    assert (shown["state"], shown["counts"]) == ("cancelled", {"cancelled": 24})


async def test_what_is_on_its_way_is_told(scheduled: Api) -> None:
    task = await scheduled.create(**HOURLY)
    backfill = await start(scheduled, task["id"], to="2026-01-01T02:00:00Z")
    requests = await requests_of(scheduled)
    async with scheduled.pool.acquire() as connection, connection.transaction():
        rows = await OUTBOX.take(connection, 100)
        await OUTBOX.published(connection, [row.id for row in rows])

    early = await cancel(scheduled, backfill["id"])
    await enter(scheduled, requests)
    late = await cancel(scheduled, backfill["id"])

    assert (early["cancelled"], early["left"]) == (0, 2)
    assert (late["cancelled"], late["left"]) == (2, 0)


async def test_without_a_scheduler_a_cancel_is_not_promised(api: Api) -> None:
    task = await api.create(**HOURLY)
    backfill = await start(api, task["id"], to="2026-01-01T01:00:00Z")
    await enter(api, await requests_of(api))

    answer = await api.http.post(f"{BASE}/backfills/{backfill['id']}/cancel")

    assert (answer.status_code, answer.json()["code"]) == (503, "scheduler.unavailable")


async def test_the_same_key_starts_one_backfill(api: Api) -> None:
    task = await api.create(**HOURLY)
    path, headers = f"{TASKS}/{task['id']}/backfills", {"Idempotency-Key": "k"}

    answers = [await api.http.post(path, json=DAY, headers=headers) for _ in "ab"]

    assert answers[0].json() == answers[1].json()
    assert await api.count("api.backfills") == 1


SENSELESS: list[tuple[dict[str, Any], str, str]] = [
    ({"from": "x"}, "/from", "datetime.invalid"),
    ({"from": "2026-01-01T00:00:00"}, "/from", "datetime.zone_required"),
    ({"from": "0001-01-01T00:00:00+14:00"}, "/from", "datetime.range"),
    ({"to": "2026-02-30T00:00:00Z"}, "/to", "datetime.invalid"),
    ({"to": "9999-12-31T23:59:59Z"}, "/to", "backfill.future"),
    ({"to": "2026-01-01T00:00:00Z"}, "/to", "backfill.order"),
    ({"to": "2025-01-01T00:00:00Z"}, "/to", "backfill.order"),
    ({"from": "2026-01-01T00:00:01Z", "to": "2026-01-01T00:59:59Z"}, "/from", "backfill.empty"),
    ({"from": "0001-01-01T00:00:00Z"}, "/from", "backfill.too_many"),
    ({"overlap": "sometimes"}, "/overlap", "field.choice"),
    ({"overlap": None}, "/overlap", "field.null"),
    ({"dry_run": 1}, "/dry_run", "field.boolean"),
    ({"from": 5}, "/from", "field.string"),
    ({"id": "x"}, "/id", "field.read_only"),
    ({"first": "2026-01-01T00:00:00Z"}, "/first", "field.unknown"),
]


async def test_a_senseless_range_is_refused(shared_api: Api) -> None:
    for case in cases(SENSELESS):
        with case as (body, pointer, code):
            task = await shared_api.create(**HOURLY)

            answer = await shared_api.http.post(
                f"{TASKS}/{task['id']}/backfills", json={**DAY, **body}
            )

            assert answer.status_code == 422
            assert {"pointer": pointer, "code": code}.items() <= answer.json()["errors"][0].items()
            assert await shared_api.count("api.backfills") == 0


async def test_only_a_schedule_has_fires(shared_api: Api) -> None:
    manual = await shared_api.create()
    path = f"{TASKS}/{manual['id']}/backfills"

    answer = await shared_api.http.post(path, json=DAY)
    missing = await shared_api.http.post(f"{TASKS}/{uuid4()}/backfills", json=DAY)
    nothing = await shared_api.http.post(path, json={})

    assert answer.json()["errors"][0]["code"] == "backfill.no_schedule"
    assert (missing.status_code, missing.json()["code"]) == (404, "task.not_found")
    assert {each["pointer"] for each in nothing.json()["errors"]} == {"/from", "/to"}
    for act in ("", "/cancel"):
        method = "POST" if act else "GET"
        gone = await shared_api.http.request(method, f"{BASE}/backfills/{uuid4()}{act}")
        assert (gone.status_code, gone.json()["code"]) == (404, "backfill.not_found")
