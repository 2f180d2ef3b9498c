"""Accounts over HTTP: their data, a person's word about them, what is written down of it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.documented.accounts import Account
from shared.bus import topology
from shared.contracts.accounts import AccountDesired, DesiredPage, DesiredPageRequest
from tests.integration.api.client import BASE, TASKS, a_task, bearer
from tests.integration.platform.floor import Platform

ACCOUNTS = f"{BASE}/accounts"


async def create(platform: Platform, account_id: str = "a1", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    body = {"account_id": account_id, "display_name": f"Account {account_id}", **fields}
    answer = await platform.http.post(ACCOUNTS, json=body)
    assert answer.status_code == 201, answer.text
    created: dict[str, Any] = answer.json()
    return created


async def audit(platform: Platform) -> list[tuple[str, str, Any, Any]]:
    rows = await platform.pool.fetch(
        "SELECT verb, subject_id, before, after FROM api.audit"
        " WHERE subject_kind = 'account' ORDER BY id"
    )
    return [
        (
            row["verb"],
            row["subject_id"],
            json.loads(row["before"] or "null"),
            json.loads(row["after"] or "null"),
        )
        for row in rows
    ]


async def test_an_account_has_the_names_of_the_contract_and_may_change_in_part(
    platform: Platform,
) -> None:
    created = await create(
        platform, script_id="s1", group_ids=["g1", "g2"], tags=["vip"], config={"x": {"y": 1}}
    )
    Account.model_validate(created)
    assert created["server_id"] == "default"
    assert (created["desired"], created["state"], created["runtime_live"]) == (
        "stopped",
        None,
        False,
    )

    path = f"{ACCOUNTS}/a1"
    read = await platform.http.get(path)
    assert (read.json(), read.headers["ETag"]) == (created, '"1"')
    changed = await platform.http.put(
        path, json={"display_name": "Ann", "account_id": "a1"}, headers={"If-Match": '"1"'}
    )
    assert changed.status_code == 200
    assert changed.json()["group_ids"] == ["g1", "g2"]
    assert changed.headers["ETag"] == '"2"'
    same = await platform.http.put(path, json={"display_name": "Ann"})
    assert same.headers["ETag"] == '"2"', "nothing has changed"
    for method, body in (("PUT", {"active": False}), ("DELETE", None)):
        stale = await platform.http.request(method, path, json=body, headers={"If-Match": '"1"'})
        assert (stale.status_code, stale.json()["code"]) == (412, "account.changed")
    again = await platform.http.post(ACCOUNTS, json={"account_id": "a1", "display_name": "x"})
    assert (again.status_code, again.json()["code"]) == (409, "account.exists")
    assert (await platform.http.delete(path)).status_code == 204
    assert (await platform.http.get(path)).json()["code"] == "account.not_found"
    assert [each[:2] for each in await audit(platform)] == [
        ("account.created", "a1"),
        ("account.updated", "a1"),
        ("account.deleted", "a1"),
    ]
    assert (await audit(platform))[1][2:] == (
        {"display_name": "Account a1"},
        {"display_name": "Ann"},
    )


async def test_bad_input_names_the_field(platform: Platform) -> None:
    usual = {"account_id": "a1", "display_name": "x"}
    for change, pointer in (
        ({"account_id": None}, "/account_id"),
        ({"account_id": "a/b"}, "/account_id"),
        ({"display_name": ""}, "/display_name"),
        ({"group_ids": ["a", "a"]}, "/group_ids/1"),
        ({"tags": "vip"}, "/tags"),
        ({"server_id": "a.b"}, "/server_id"),
        ({"active": "yes"}, "/active"),
        ({"config": {"x": "y" * 17_000}}, "/config"),
        ({"desired": "running"}, "/desired"),
        ({"config": {"runtime": {"command": []}}}, "/config/runtime/command"),
        ({"config": {"runtime": None}}, "/config/runtime"),
    ):
        answer = await platform.http.post(ACCOUNTS, json={**usual, **change})

        assert answer.status_code == 422, pointer
        assert [each["pointer"] for each in answer.json()["errors"]] == [pointer]
    await create(platform)
    task = a_task(task_action="account_start", action_config={"wave": {"size": 0}})
    answer = await platform.http.post(TASKS, json=task)
    assert answer.json()["errors"][0]["pointer"] == "/action_config/wave/size"
    answer = await platform.http.put(f"{ACCOUNTS}/a1", json={"account_id": "a2"})
    assert answer.json()["errors"][0]["code"] == "account.id_is_fixed"


async def test_the_list_is_paged_and_filtered(platform: Platform) -> None:
    await create(platform, "a1", tags=["vip"], group_ids=["g1"], script_id="s1")
    await create(platform, "a2", tags=["vip", "new"], server_id="other", active=False)
    await create(platform, "a3", display_name="客服三號")
    await platform.http.post(f"{ACCOUNTS}/a3/start")

    async def names(**query: Any) -> list[str]:  # noqa: ANN401 - of a query
        answer = await platform.http.get(ACCOUNTS, params=query)
        assert answer.status_code == 200, answer.text
        return [each["account_id"] for each in answer.json()["items"]]

    assert await names() == ["a3", "a2", "a1"]
    assert await names(tag="vip") == ["a2", "a1"]
    assert await names(group="g1") == await names(script="s1") == ["a1"]
    assert await names(server="other") == await names(active="false") == ["a2"]
    assert await names(desired="running") == await names(q="三號") == ["a3"]
    assert await names(state="unknown", q="A1") == ["a1"]
    assert await names(state="working") == []
    page = (await platform.http.get(ACCOUNTS, params={"limit": 2})).json()
    assert await names(limit=2, cursor=page["next"]) == ["a1"]
    for wrong in ({"state": "odd"}, {"limit": 0}, {"cursor": "?"}, {"q": "x" * 200}):
        answer = await platform.http.get(ACCOUNTS, params=wrong)
        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == f"/query/{next(iter(wrong))}"


async def test_a_person_s_word_holds_and_is_said_to_the_runtime(platform: Platform) -> None:
    await create(platform, config={"runtime": {"command": ["x"]}})
    path = f"{ACCOUNTS}/a1"

    started = (await platform.http.post(f"{path}/start")).json()
    assert (started["desired"], started["generation"]) == ("running", 2)
    again = (await platform.http.post(f"{path}/start")).json()
    assert again["generation"] == 2, "it is wanted so already"
    until = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    held = (
        await platform.http.put(f"{path}/hold", json={"state": "stopped", "until": until})
    ).json()
    assert (held["desired"], held["generation"], held["hold"]["state"]) == ("stopped", 3, "stopped")
    refused = await platform.http.post(f"{path}/start")
    assert (refused.status_code, refused.json()["code"]) == (409, "account.held")
    assert (await platform.http.delete(f"{path}/hold")).status_code == 204
    assert (await platform.http.delete(f"{path}/hold")).status_code == 404
    assert (await platform.http.post(f"{path}/start")).json()["generation"] == 4
    drain = {"drain": {"mode": "now", "wait_seconds": 0}}
    assert (await platform.http.post(f"{path}/stop", json=drain)).json()["generation"] == 5
    for body, pointer in (
        ({"state": "stopped", "until": "2020-01-01T00:00:00Z"}, "/until"),
        ({"state": "stopped", "until": "soon"}, "/until"),
        ({"state": "odd"}, "/state"),
    ):
        wrong = await platform.http.put(f"{path}/hold", json=body)
        assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, pointer)
    verbs = [verb for verb, *_ in await audit(platform)]
    assert verbs == [
        "account.created",
        "account.desired",
        "account.held",
        "account.desired",
        "account.released",
        "account.desired",
        "account.desired",
    ]


async def test_a_runtime_is_told_everything_and_of_deletions_too(platform: Platform) -> None:
    listening = await platform.bus.subscribe("account.desired.*")
    await platform.bus.flush()
    first = await create(platform, "a1", config={"x": 1})
    await create(platform, "b1", server_id="other")
    await platform.http.put(f"{ACCOUNTS}/a1", json={"config": {"x": 2}})
    await platform.http.delete(f"{ACCOUNTS}/a1")

    heard: dict[tuple[str, int], AccountDesired] = {}
    while len(heard) < 4:
        message = AccountDesired.decode((await listening.next_msg(timeout=10)).data)
        heard[message.account_id, message.generation] = message
    assert heard["a1", 1].desired == "stopped"
    assert heard["a1", 2].config == {"x": 2}
    assert heard["a1", 3].desired == "absent"

    async def ask(server: str) -> DesiredPage:
        question = DesiredPageRequest(server_id=server).encode()
        reply = await platform.bus.request(topology.RPC_ACCOUNTS_DESIRED, question, timeout=10)
        return DesiredPage.decode(reply.data)

    page = await ask("default")
    assert [(str(each.id), each.desired) for each in page.accounts] == [(first["id"], "absent")]
    assert page.next is None
    assert [each.account_id for each in (await ask("other")).accounts] == ["b1"]


async def test_an_account_follows_the_published_version_of_its_script(platform: Platform) -> None:
    shas = {"s1": "1" * 64, "s2": "2" * 64}
    for script, sha in shas.items():
        await platform.pool.execute(
            "INSERT INTO api.scripts (script_id, name, version) VALUES ($1, $1, 1)", script
        )
        await platform.pool.execute(
            "INSERT INTO api.script_pointers (script_id, environment, version, number)"
            " VALUES ($1, 'production', $2, 1)",
            script,
            sha,
        )
    listening = await platform.bus.subscribe("account.desired.*")
    created = await create(platform, script_id="s1")
    assert created["script_version"] == shas["s1"]

    async def change(**fields: Any) -> Any:  # noqa: ANN401 - JSON
        return (await platform.http.put(f"{ACCOUNTS}/a1", json=fields)).json()["script_version"]

    assert await change(tags=["x"]) == shas["s1"]
    assert await change(script_id="s2") == shas["s2"]
    pins = [
        AccountDesired.decode((await listening.next_msg(timeout=10)).data).script for _ in range(2)
    ]
    assert [pin and (pin.script_id, pin.version) for pin in pins] == list(shas.items())
    assert await change(environment="staging") is None


async def test_an_account_moves_to_another_server_only_while_it_is_stopped(
    platform: Platform,
) -> None:
    await create(platform)
    await platform.http.post(f"{ACCOUNTS}/a1/start")

    moved = await platform.http.put(f"{ACCOUNTS}/a1", json={"server_id": "other"})
    assert (moved.status_code, moved.json()["code"]) == (409, "account.not_stopped")
    await platform.http.post(f"{ACCOUNTS}/a1/stop")
    await platform.pool.execute(
        "UPDATE api.accounts SET state = 'failed', detail = 'exit 1', state_since = now()"
    )
    kept = (await platform.http.put(f"{ACCOUNTS}/a1", json={"tags": ["x"]})).json()
    assert (kept["state"], kept["detail"]) == ("failed", "exit 1")
    moved = await platform.http.put(f"{ACCOUNTS}/a1", json={"server_id": "other"})
    assert moved.is_success
    told = {moved.json()[name] for name in ("state", "detail", "since")}
    assert told == {None}, "the runtime there has said nothing yet"


async def test_a_request_is_carried_out_once_and_for_whom_it_is_allowed(
    platform: Platform,
) -> None:
    body = {"account_id": "a1", "display_name": "x"}
    key = {"Idempotency-Key": "k"}

    first = await platform.http.post(ACCOUNTS, json=body, headers=key)
    again = await platform.http.post(ACCOUNTS, json=body, headers=key)

    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(await audit(platform)) == 1
    reader = bearer(await platform.api.token("accounts:read"))
    assert (await platform.http.get(ACCOUNTS, headers=reader)).status_code == 200
    assert (await platform.http.post(f"{ACCOUNTS}/a1/start", headers=reader)).status_code == 403
