"""No route that is asked for a dry run writes a row; and what it tells is what then happens."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fastapi.routing import APIRoute

from services.api.documented import plan as documented_plan
from services.api.wire.dry_run_query import PLANNED, REHEARSED
from tests.contract.test_openapi import operations
from tests.integration.api.client import BASE, TASKS, Api, a_task, bearer
from tests.integration.api.whole_world import HOURLY, World, Worlds

DRY = {"dry_run": "true"}
#: Not in the audit list: what was taken in is kept itself, with who sent it.
NOT_AUDITED = {"post_events", "receive_alerts"}
#: Needs events on a bus: see `test_triggers.py`.
ON_A_BUS = {"replay_events"}


def routes(api: Api) -> list[APIRoute]:
    return [
        route
        for route in api.framework.routes
        if isinstance(route, APIRoute) and (route.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    ]


async def test_a_dry_run_leaves_every_table_as_it_was(world: World) -> None:
    before = await world.digest()

    for name in sorted((PLANNED | REHEARSED) - ON_A_BUS):
        dry = await world.send(name, params=DRY, headers={"Idempotency-Key": "k"})

        assert dry.status_code == 200, (name, dry.text)
        assert dry.json()["dry_run"] is True
        assert await world.digest() == before, name


async def test_a_change_is_answered_as_its_dry_run_told(worlds: Worlds) -> None:
    wrong = {}
    for name in sorted(REHEARSED - ON_A_BUS):
        async with worlds.one() as world:
            if differs := await differences(world, name):
                wrong[name] = differs

    assert wrong == {}


async def differences(world: World, name: str) -> list[object]:
    """Do something after its dry run; return what was not as it was told."""
    before = await world.digest()
    told = (await world.send(name, params=DRY, headers={"Idempotency-Key": "k"})).json()
    documented_plan.Rehearsed.model_validate(told)

    noted = await world.api.count("api.audit")
    real = await world.send(name, headers={"Idempotency-Key": "k"})

    answers = timeless(told["answer"]), timeless(real.json() if real.content else None)
    audited = await world.api.count("api.audit") > noted
    return [
        *(
            [("status", told["status"], real.status_code)]
            if told["status"] != real.status_code
            else []
        ),
        *([answers] if answers[0] != answers[1] else []),
        *(["audited"] if audited is (name in NOT_AUDITED) else []),
        *(["nothing changes"] if await world.digest() == before else []),
    ]


def timeless(value: Any) -> Any:  # noqa: ANN401 - JSON
    """Return *value* without what differs each time: new ids and instants."""
    if isinstance(value, dict):
        return {
            key: timeless(each)
            for key, each in value.items()
            if not key.endswith(("_at", "since", "seconds")) and key not in NEW
        }
    if isinstance(value, list):
        return [timeless(each) if isinstance(each, dict) else type(each) for each in value]
    return value


NEW = {"id", "run_id", "new_run_id", "requeued_as", "token", "link", "run_ids"}


async def test_what_cannot_be_rehearsed_is_refused_and_not_done(world: World) -> None:
    others = [each for each in routes(world.api) if each.name not in PLANNED | REHEARSED]
    before = await world.digest()

    for route in others:
        path = route.path.format(
            task_id=world.task,
            run_id=world.dead,
            backfill_id=world.dead,
            name="mail",
            session_id=world.dead,
            token_id=world.token,
        )
        for method in route.methods or ():
            answer = await world.api.http.request(method, path, params=DRY)
            assert answer.status_code == 400, (route.name, answer.text)
            assert answer.json()["errors"][0]["code"] == "dry_run.not_here"

    assert {each.name for each in others} >= {"run_task", "cancel_run", "test_channel"}
    assert await world.digest() == before


async def test_every_route_that_can_be_rehearsed_is_there_and_says_so(world: World) -> None:
    known = {
        operation["operationId"]
        for _, _, operation in operations()
        if any(each["name"] == "dry_run" for each in operation.get("parameters", []))
    }

    assert known == PLANNED | REHEARSED
    assert {each.name for each in routes(world.api)} >= known


async def test_an_odd_wish_is_refused(world: World) -> None:
    for params in ({"dry_run": "perhaps"}, [("dry_run", "true"), ("dry_run", "false")]):
        answer = await world.send("pause_all", params=params)
        assert answer.status_code == 400
    assert (await world.api.http.get(f"{BASE}/pause")).json()["paused"] is False


async def test_a_dry_run_needs_the_right_to_do_it(world: World) -> None:
    reader = bearer(await world.api.token("queues:read"))

    assert (await world.send("pause_all", params=DRY, headers=reader)).status_code == 403


Change = Mapping[str, Any]


CHANGES: Mapping[str, tuple[Change, Change | None]] = {
    "schedule": (HOURLY, {"schedule_config": {"cron": "*/20 * * * *", "timezone": "Asia/Taipei"}}),
    "pause": (HOURLY, {"enabled": False}),
    "resume": ({**HOURLY, "enabled": False}, {"enabled": True}),
    "manual": (HOURLY, {"task_type": "manual"}),
    "blackout": (HOURLY, {"blackout": {"calendars": ["days"]}}),
    "jitter": (HOURLY, {"schedule_config": {"interval_seconds": 3600, "jitter_seconds": 600}}),
    "once": (HOURLY, {"schedule_config": {"at": "2031-01-01T00:00:00Z"}}),
    "delete": (HOURLY, None),
}


async def test_the_fires_that_a_dry_run_tells_are_those_that_come(world: World) -> None:
    for name, (fields, change) in CHANGES.items():
        task = await world.api.create(**fields)
        path = f"{TASKS}/{task['id']}"
        method = "PUT" if change else "DELETE"
        plan = (await world.api.http.request(method, path, json=change, params=DRY)).json()

        real = await world.api.http.request(method, path, json=change)

        assert (plan["fires_before"] != []) is task["enabled"], name
        if not real.content:
            assert (plan["fires_after"], plan["task"]) == ([], None)
            continue
        after = real.json()
        assert timeless(plan["task"]) == timeless(after), name
        assert plan["task"]["next_run_at"] == after["next_run_at"], name
        if not plan["fires_after"]:
            assert after["next_run_at"] is None, name
        elif not after["schedule_config"].get("jitter_seconds"):
            config = {"schedule_config": after["schedule_config"]}
            config |= {"count": len(plan["fires_after"])}
            preview = await world.api.http.post(f"{BASE}/schedules/preview", json=config)
            assert preview.json()["fires"] == plan["fires_after"], name


async def test_the_clocks_going_back_is_marked(world: World) -> None:
    at = {"cron": "30 2 25-31 10 *", "timezone": "Europe/Berlin"}  # one of them is the night

    plan = (
        await world.api.http.post(
            TASKS, json=a_task(task_type="scheduled", schedule_config=at), params=DRY
        )
    ).json()

    assert sum(each["note"] is not None for each in plan["fires_after"]) in (1, 2)
