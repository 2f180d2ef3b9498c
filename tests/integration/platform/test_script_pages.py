"""What pages of scripts are told: who plays them, how publishing goes on. Publishing by hand."""

from __future__ import annotations

import json
from typing import Any

from services.api.documented import script_pages as shown
from shared.bus import topology
from tests.integration.api.client import BASE, TASKS, bearer
from tests.integration.platform.script_stage import (
    ACCOUNTS,
    HALF,
    ONE,
    SCRIPTS,
    TWO,
    Stage,
    accounts,
    failure,
    fire,
    publish,
    rule,
    run_out,
    short,
    standing,
    write,
)
from tests.integration.platform.scripted_runtime import scripted_runtime

PUBLICATIONS = f"{BASE}/script-publications"


async def read(stage: Stage, path: str) -> dict[str, Any]:
    answer = await stage.http.get(path)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def test_who_plays_which_version_and_what_publishes_it(stage: Stage) -> None:
    await write(stage, "one")
    await accounts(stage, "a1", "a2", running=ONE)
    await accounts(stage, "a3")
    await stage.pool.execute(
        "UPDATE api.accounts SET running_script_version = $2 WHERE account_id = $1",
        stage.name("a2"),
        TWO,
    )
    task = {
        "name": "nightly",
        "task_type": "scheduled",
        "task_action": "script_publish",
        "schedule_config": {"cron": "0 3 * * *"},
        "action_config": {"script_id": stage.script},
    }
    assert (await stage.http.post(TASKS, json=task)).status_code == 201

    told = await read(stage, f"{SCRIPTS}/{stage.script}/usages")
    shown.ScriptUsages.model_validate(told)
    assert told["accounts"] == 3
    assert [
        (each["version"], each["accounts"], each["working"], each["outdated"])
        for each in told["versions"]
    ] == [(1, 2, 2, 1), (None, 1, 0, 0)]
    assert [(each["name"], each["task_type"]) for each in told["tasks"]] == [
        ("nightly", "scheduled")
    ]


async def test_a_publication_tells_how_far_it_is_and_how_it_ended(stage: Stage) -> None:
    await standing(stage)
    context = await stage.context()
    first, second = stage.order[:2]
    async with scripted_runtime(stage.bus, **stage.silent(second)):
        await run_out(stage, context, failure(stage, context, strategy=HALF), seen=1)

    path = f"{PUBLICATIONS}/{context.run_id}"
    told = await read(stage, path)
    shown.ScriptPublicationProgress.model_validate(told)
    assert (told["version"], told["from_version"], told["total"], told["given"]) == (2, 1, 4, 2)
    assert told["state"] == "rolled_back"
    assert sum(told["fates"].values()) == 4
    targets = await read(stage, f"{path}/targets?limit=3")
    shown.ScriptTargets.model_validate(targets)
    rest = await read(stage, f"{path}/targets?limit=3&cursor={targets['next']}")
    fates = {short(each["account_id"]): each["fate"] for each in targets["items"] + rest["items"]}
    assert set(fates) == set(ACCOUNTS)
    assert fates[first] == "taken_back"
    assert [fates[each] for each in stage.order[2:]] == ["waiting", "waiting"]
    only = await read(stage, f"{path}/targets?fate=taken_back")
    assert {short(each["account_id"]) for each in only["items"]} <= {first, second}

    listed = await read(stage, f"{SCRIPTS}/{stage.script}/publications?limit=1")
    shown.ScriptPublications.model_validate(listed)
    assert [each["version"] for each in listed["items"]] == [2]
    older = await read(stage, f"{SCRIPTS}/{stage.script}/publications?cursor={listed['next']}")
    assert [(each["version"], each["state"]) for each in older["items"]] == [(1, "published")]


async def test_a_publication_whose_run_is_over_is_abandoned(stage: Stage) -> None:
    await write(stage, "one")
    await accounts(stage, "a1")
    await rule(stage)
    context = await stage.context()
    await publish(stage, context)
    await stage.pool.execute(
        "UPDATE api.script_publications SET state = 'running' WHERE run_id = $1", context.run_id
    )
    path = f"{PUBLICATIONS}/{context.run_id}"
    assert (await read(stage, path))["state"] == "running"
    await stage.platform.end(context)
    assert (await read(stage, path))["state"] == "abandoned"
    assert (await stage.http.get(f"{PUBLICATIONS}/{stage.script}")).status_code == 404
    await fire(stage)


async def requests(stage: Stage, task_id: str) -> list[dict[str, Any]]:
    rows = await stage.pool.fetch(
        "SELECT payload FROM api.outbox WHERE subject = $1", topology.RUN_REQUEST_API
    )
    found = [each for row in rows for each in json.loads(row["payload"])["requests"]]
    return [each for each in found if each["task_id"] == task_id]


async def test_publishing_by_hand_makes_a_task_once_and_asks_it_for_runs(stage: Stage) -> None:
    await write(stage, "one")
    path = f"{SCRIPTS}/{stage.script}/publish"
    body = {"params": {"environment": "staging", "strategy": HALF}}

    await accounts(stage, *ACCOUNTS)
    await stage.pool.execute(
        "UPDATE api.accounts SET environment = 'staging' WHERE script_id = $1", stage.script
    )

    rehearsed = await stage.http.post(f"{path}?dry_run=true", json=body)
    told = rehearsed.json()["answer"]
    assert told["task_created"] is True
    planned = told["plan"]
    assert (planned["version"], planned["from_version"], planned["total"]) == (1, None, 4)
    assert (planned["pointer_moves"], planned["gate_firing"]) == (True, None)
    named = [short(name) for step in planned["steps"] for name in step["accounts"]]
    assert named == stage.order, "as the run itself would go"
    assert [step["changed"] for step in planned["steps"]] == [2, 2]
    usages = await read(stage, f"{SCRIPTS}/{stage.script}/usages")
    assert usages["tasks"] == [], "nothing was made"

    made = await stage.http.post(path, json=body, headers={"Accept-Language": "en"})
    assert made.status_code == 200, made.text
    first = made.json()
    shown.ScriptPublishing.model_validate(first)
    assert (first["task_name"], first["task_created"]) == ("Publish script: Morning", True)
    key = {"Idempotency-Key": "once"}
    other = {"params": {"environment": "staging", "version": 1}}
    second = (await stage.http.post(path, json=other, headers=key)).json()
    again = (await stage.http.post(path, json=other, headers=key)).json()
    assert second == again
    assert (second["task_id"], second["task_created"]) == (first["task_id"], False)
    asked = await requests(stage, first["task_id"])
    assert [(each["run_id"], each["params"]) for each in asked] == [
        (
            first["run_id"],
            {"environment": "staging", "strategy": HALF, "script_id": stage.script},
        ),
        (second["run_id"], {**other["params"], "script_id": stage.script}),
    ]
    noted = await stage.pool.fetch(
        "SELECT verb FROM api.audit WHERE subject_id = $1 ORDER BY id", first["task_id"]
    )
    assert [row["verb"] for row in noted] == ["task.created", "run.requested", "run.requested"]


async def test_what_makes_no_sense_or_is_not_allowed_is_not_published(stage: Stage) -> None:
    await write(stage, "one")
    path = f"{SCRIPTS}/{stage.script}/publish"
    for body, pointer in (
        ({"params": {"script_id": "other"}}, "/params/script_id"),
        ({"params": {"strategy": {"type": "slowly"}}}, "/params/strategy/type"),
        ({"parameters": {}}, "/parameters"),
    ):
        answer = await stage.http.post(path, json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer
    refused: tuple[tuple[dict[str, Any], str], ...] = (
        ({"rollback": True}, "script.no_previous"),
        ({"version": 7}, "script_version.not_found"),
        ({"account_ids": ["nobody"]}, "script.accounts_unknown"),
        ({"gate": {"alert_rule": "nothing"}}, "request.invalid"),
    )
    for params, code in refused:
        answer = await stage.http.post(path, json={"params": params})
        assert answer.json()["code"] == code, answer.text
    nobody = await stage.http.post(f"{SCRIPTS}/nobody-knows/publish", json={"params": {}})
    assert nobody.status_code == 404

    runner = bearer(await stage.platform.api.token("scripts:read", "tasks:run"))
    barred = await stage.http.post(path, json={"params": {}}, headers=runner)
    assert barred.status_code == 403, "there is no task, and this token may make none"
    assert (await stage.http.post(path, json={"params": {}})).status_code == 200
    allowed = await stage.http.post(path, json={"params": {}}, headers=runner)
    assert allowed.status_code == 200, "now there is one"
