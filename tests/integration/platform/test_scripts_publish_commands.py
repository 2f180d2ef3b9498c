"""What `script_publish` asks of the platform, and what is refused."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from shared.contracts.action import ActionFailed
from shared.contracts.scripts_commands import (
    AssignScript,
    LookAtTargets,
    PointScript,
    PrepareScript,
)
from tests.integration.api.client import BASE, TASKS, a_task
from tests.integration.platform.floor import eventually
from tests.integration.platform.script_stage import (
    OTHER,
    TWO,
    Stage,
    pointer,
    standing,
    versions,
)
from tests.support.cases import cases


@pytest.mark.parametrize("verb", ["POST", "PUT"])
async def test_who_comes_to_the_script_while_the_pointer_moves_follows_it(
    stage: Stage, verb: str
) -> None:
    await standing(stage)
    account = {"account_id": stage.name("a5"), "display_name": "new"}
    path = f"{BASE}/accounts"
    if verb == "PUT":
        assert (await stage.http.post(path, json=account)).status_code == 201
        path = f"{path}/{account['account_id']}"
    async with stage.pool.acquire() as moving, moving.transaction():
        await moving.execute(
            "SELECT FROM api.scripts WHERE script_id = $1 FOR UPDATE", stage.script
        )
        await moving.execute(
            "UPDATE api.script_pointers SET version = $2 WHERE script_id = $1", stage.script, TWO
        )
        coming = asyncio.create_task(
            stage.http.request(verb, path, json={**account, "script_id": stage.script})
        )

        async def is_waiting() -> bool:
            waiting = await stage.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted")
            return bool(waiting) or coming.done()

        await eventually(is_waiting, "it waits for whoever moves the pointer")

    assert (await coming).is_success
    assert (await versions(stage))["a5"] == TWO


async def test_bad_parameters_are_refused_at_creation(stage: Stage) -> None:
    table: list[tuple[dict[str, Any], str]] = [
        ({}, "/action_config/script_id"),
        ({"script_id": "s", "version": "newest"}, "/action_config/version"),
        ({"script_id": "s", "gate": {"alert_rule": ""}}, "/action_config/gate/alert_rule"),
        (
            {"script_id": "s", "strategy": {"type": "waves", "steps": [{"percent": 5}]}},
            "/action_config/strategy",
        ),
    ]
    for case in cases(table):
        with case as (config, pointer):
            task = a_task(task_action="script_publish", action_config=config)

            refused = await stage.http.post(TASKS, json=task, headers={"Accept-Language": "zh-TW"})

            assert refused.status_code == 422
            (error,) = refused.json()["errors"]
            assert error["pointer"] == pointer
            assert error["detail"] != error["code"], "there are words for it"


async def test_a_task_is_created_with_its_defaults(stage: Stage) -> None:
    task = a_task(task_action="script_publish", action_config={"script_id": stage.script})

    assert (await stage.http.post(TASKS, json=task)).status_code == 201


async def test_what_is_asked_twice_is_done_once(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    prepare = PrepareScript(script_id=stage.script, environment="production")
    begun = await context.ask(prepare)
    ids = tuple(each.id for each in (await context.ask(LookAtTargets())).targets)
    await stage.pool.execute(
        "UPDATE api.accounts SET script_version = $2 WHERE id = $1", ids[0], OTHER
    )

    assert await context.ask(prepare) == begun
    first = await context.ask(AssignScript(ids=ids))
    second = await context.ask(AssignScript(ids=ids))
    moved = await context.ask(PointScript())
    again = await context.ask(PointScript())

    assert [each.did for each in first.accounts] == ["superseded", *["assigned"] * 3]
    assert [each.did for each in second.accounts] == ["superseded", *["noop"] * 3]
    assert first.accounts[0].version == OTHER
    assert (moved.moved, again.moved) == (True, False)
    assert moved.revision == again.revision == 2
    generations = await stage.pool.fetch(
        "SELECT generation FROM api.accounts WHERE id = ANY($1::uuid[])", list(ids[1:])
    )
    assert {row["generation"] for row in generations} == {2}


async def test_a_pointer_that_somebody_else_moved_is_left_where_it_is(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    await context.ask(PrepareScript(script_id=stage.script, environment="production"))
    await stage.pool.execute(
        "UPDATE api.script_pointers SET revision = 9 WHERE script_id = $1", stage.script
    )

    with pytest.raises(ActionFailed) as refused:
        await context.ask(PointScript())

    assert refused.value.data["code"] == "script.pointer_moved"
    assert (await pointer(stage))["version"] == 1
