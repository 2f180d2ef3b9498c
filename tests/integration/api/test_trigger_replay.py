"""What is replayed fires as a rehearsal says, and what has run does not run again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from nats.aio.client import Client

from services.api.documented.events import Replayed
from shared.bus import topology
from shared.contracts.runs import RunRequest, RunsRequested
from shared.domain.instant import format_instant
from shared.domain.occurrence import run_id_for
from tests.integration.api.client import TASKS, Api
from tests.integration.api.trigger_desk import (
    CONDITION,
    FIRINGS,
    a_triggered_task,
    store,
    the_last_hour,
    tried,
)
from tests.support.cases import cases


async def replayed(api: Api, task: str, **body: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of the body
    body = {**the_last_hour(), **body}
    answer = await api.http.post(f"{TASKS}/{task}/trigger/replay", json=body)
    assert answer.status_code == 202, answer.text
    Replayed.model_validate(answer.json())
    found: dict[str, Any] = answer.json()
    return found


async def asked(api: Api) -> list[RunRequest]:
    rows = await api.pool.fetch("SELECT payload FROM api.outbox ORDER BY id")
    return [each for row in rows for each in RunsRequested.decode(row["payload"]).requests]


async def test_stored_events_that_match_are_asked_for_with_their_parameters(
    trying: Api, bus: Client
) -> None:
    mapping = {"greeting": "{{ event.data.error_rate }} %"}
    task = await a_triggered_task(
        trying, trigger_config={**CONDITION, "map": mapping}, action_config={"times": 2}
    )
    for number, rate in enumerate((50, 5, 20)):
        await store(bus, number, rate)

    answer = await replayed(trying, task)

    requests = await asked(trying)
    assert (answer["events"], answer["matches"], answer["already_fired"]) == (3, 2, 0)
    assert answer["run_ids"] == [str(each.run_id) for each in requests]
    assert [each.run_id for each in requests] == [
        run_id_for(task, "event", f"monitor|{number}") for number in (0, 2)
    ]
    assert [each.params for each in requests] == [
        {"times": 2, "greeting": "50 %"},
        {"times": 2, "greeting": "20 %"},
    ]
    assert {each.trigger for each in requests} == {"event"}
    assert requests[0].origin is not None
    assert requests[0].origin.event is not None
    assert requests[0].origin.event["id"] == "0"


async def test_an_event_that_has_fired_is_not_fired_again(trying: Api, bus: Client) -> None:
    task = await a_triggered_task(trying)
    for number in range(3):
        await store(bus, number, 50)
    await enter(trying, task, run_id_for(task, "event", "monitor|1"), "fired")

    answer = await replayed(trying, task)

    assert (answer["matches"], answer["already_fired"]) == (3, 1)
    assert [UUID(each) for each in answer["run_ids"]] == [
        run_id_for(task, "event", f"monitor|{number}") for number in (0, 2)
    ]


async def test_only_the_range_is_replayed(trying: Api, bus: Client) -> None:
    task = await a_triggered_task(trying)
    await store(bus, 1, 50)
    first = await bus.jetstream().get_msg(topology.EVENTS.name, 1)
    assert first.time is not None
    await store(bus, 2, 50)
    second = await bus.jetstream().get_msg(topology.EVENTS.name, 2)
    assert second.time is not None
    body = {"from": format_instant(first.time), "to": format_instant(second.time)}

    answer = await trying.http.post(f"{TASKS}/{task}/trigger/replay", json=body)

    assert answer.json()["events"] == 1
    assert answer.json()["run_ids"] == [str(run_id_for(task, "event", "monitor|1"))]


RANGES: list[tuple[dict[str, Any], str, str]] = [
    ({}, "/from", "field.required"),
    ({"from": "2026-01-02T00:00:00Z"}, "/to", "field.required"),
    ({"from": 5, "to": "2026-01-02T00:00:00Z"}, "/from", "field.string"),
    ({"from": "now", "to": "2026-01-02T00:00:00Z"}, "/from", "datetime.invalid"),
    ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00"}, "/to", "datetime."),
    ({"from": "2026-01-02T00:00:00Z", "to": "2026-01-02T00:00:00Z"}, "/to", "replay.range"),
    ({"earliest": "2026-01-02T00:00:00Z"}, "/earliest", "field.unknown"),
    ({"again": "yes"}, "/again", "field.boolean"),
]


async def test_a_senseless_range_is_refused_by_the_name_of_its_field(shared_api: Api) -> None:
    for case in cases(RANGES):
        with case as (body, pointer, code):
            created = await shared_api.create(task_type="triggered", trigger_config=CONDITION)

            answer = await shared_api.http.post(
                f"{TASKS}/{created['id']}/trigger/replay", json=body
            )

            assert answer.status_code == 422
            found = [(each["pointer"], each["code"]) for each in answer.json()["errors"]]
            assert any(where == pointer and what.startswith(code) for where, what in found), found


async def test_a_replay_fires_as_often_as_the_rehearsal_says(trying: Api, bus: Client) -> None:
    for number, rate in enumerate((50, 50, 5, 50, 20, 30, 40, 60)):
        await store(bus, number, rate)
    for case in cases(FIRINGS.values()):
        with case as (config, times):
            task = await a_triggered_task(trying, trigger_config={**CONDITION, **config})
            now = datetime.now(UTC)
            await trying.pool.execute("DELETE FROM api.outbox")

            told = (await tried(trying, task, last=1))["last_24_hours"]["would_have_fired"]
            answer = await replayed(
                trying, task, **{"from": format_instant(now - timedelta(days=1))}
            )

            assert (told, answer["fired"], len(answer["run_ids"])) == (times, times, times)
            assert [str(each.run_id) for each in await asked(trying)] == answer["run_ids"]


async def test_a_replayed_batch_is_one_run_with_all_its_events(trying: Api, bus: Client) -> None:
    config = {
        **CONDITION,
        "batch": {"max_size": 2, "timeout_seconds": 3600},
        "map": {"greeting": "{{ events.0.id }}{{ events.1.id }}"},
    }
    task = await a_triggered_task(trying, trigger_config=config)
    for number in range(3):
        await store(bus, number, 50)

    answer = await replayed(trying, task)

    (request,) = await asked(trying)
    assert (answer["matches"], answer["fired"]) == (3, 1)
    assert request.run_id == run_id_for(task, "event", "monitor|1")
    assert request.params is not None
    assert request.params["greeting"] == "01"


async def test_replayed_runs_keep_the_throttle_from_now_on(trying: Api, bus: Client) -> None:
    config = {**CONDITION, "throttle": {"limit": 1, "period_seconds": 600}}
    task = await a_triggered_task(trying, trigger_config=config)
    for number in range(3):
        await store(bus, number, 50)
    before = await trying.pool.fetchval("SELECT clock_timestamp()")

    await replayed(trying, task)

    first, second, third = await asked(trying)
    assert first.not_before is None
    assert second.not_before is not None
    assert third.not_before is not None
    period = timedelta(seconds=600)
    assert third.not_before - second.not_before == period
    assert before + period <= second.not_before <= first.requested_at + period


async def test_the_same_range_replayed_twice_fires_once_unless_asked_again(
    trying: Api, bus: Client
) -> None:
    task = await a_triggered_task(trying)
    for number in range(2):
        await store(bus, number, 50)
    first = await replayed(trying, task)
    for run_id in first["run_ids"]:
        await enter(trying, task, UUID(run_id), "fired")

    second = await replayed(trying, task)
    third = await replayed(trying, task, again=True)

    assert (second["fired"], second["already_fired"], second["run_ids"]) == (2, 2, [])
    assert (third["fired"], third["already_fired"]) == (2, 0)
    assert len({*first["run_ids"], *third["run_ids"]}) == 4


async def test_what_did_not_run_for_a_reason_runs_when_it_is_replayed_and_only_once(
    trying: Api, bus: Client
) -> None:
    task = await a_triggered_task(trying)
    await store(bus, 1, 50)
    await enter(trying, task, run_id_for(task, "event", "monitor|1"), "throttled")

    first = await replayed(trying, task)
    (run_id,) = first["run_ids"]
    await enter(trying, task, UUID(run_id), "fired")

    assert (await replayed(trying, task))["run_ids"] == []
    assert run_id == str(run_id_for(task, "replay", "monitor|1"))


async def enter(api: Api, task: str, run_id: UUID, outcome: str) -> None:
    """Let a run be in the ledger."""
    await api.pool.execute(
        "INSERT INTO scheduler.occurrences (run_id, task_id, trigger, scheduled_for, moment,"
        " due_at, outcome, version, queue, priority, settled)"
        " VALUES ($1::uuid, $2, 'event', now(), $1::text, now(), $3, 1, 'default', 3, true)",
        str(run_id),
        task,
        outcome,
    )
