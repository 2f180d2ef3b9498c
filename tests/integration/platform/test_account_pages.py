"""What pages of accounts are told: counts, what becomes of many at once, the past of one."""

from __future__ import annotations

from typing import Any

from services.api.documented.account_pages import (
    AccountBulkResult,
    AccountCounts,
    AccountHistory,
)
from tests.integration.api.client import BASE, bearer
from tests.integration.platform.floor import Platform
from tests.integration.platform.scripted_runtime import ScriptedRuntime
from tests.integration.platform.test_account_states import account, all_heard, wanted
from tests.integration.platform.test_accounts_api import ACCOUNTS, audit, create

BULK = f"{BASE}/account-bulk"
COUNTS = f"{BASE}/account-counts"


async def bulk(platform: Platform, query: str = "", **body: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    answer = await platform.http.post(f"{BULK}{query}", json=body)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    AccountBulkResult.model_validate(told.get("answer", told))
    return told


async def counts(platform: Platform, query: str = "") -> dict[str, Any]:
    told: dict[str, Any] = (await platform.http.get(f"{COUNTS}{query}")).json()
    AccountCounts.model_validate(told)
    return told


def of(told: dict[str, Any], name: str) -> dict[str, int]:
    return {each["value"]: each["accounts"] for each in told[name]}


async def test_a_chip_tells_how_many_it_would_show(platform: Platform) -> None:
    await create(platform, "a1", tags=["vip"], group_ids=["北區"], script_id="s1")
    await create(platform, "a2", tags=["vip", "new"], server_id="taipei")
    last = await create(platform, "a3", group_ids=["北區"])
    await ScriptedRuntime(platform.bus).say(wanted(last), "working")
    await all_heard(platform)
    assert (await platform.http.put(f"{ACCOUNTS}/a1/hold", json={"state": "running"})).is_success

    told = await counts(platform)
    assert (told["total"], told["held"]) == (3, 1)
    assert of(told, "state") == {"unknown": 2, "working": 1}
    assert of(told, "tag") == {"vip": 2, "new": 1}
    assert of(told, "group") == {"北區": 2}
    assert of(told, "server") == {"default": 2, "taipei": 1}
    assert of(told, "script") == {"s1": 1}
    assert of(told, "desired") == {"stopped": 2, "running": 1}

    narrowed = await counts(platform, "?tag=vip&state=working")
    assert narrowed["total"] == 0
    assert of(narrowed, "state") == {"unknown": 2}, "the state does not narrow the states"
    assert of(narrowed, "tag") == {}, "but everything else"
    assert (await counts(platform, "?held=true"))["total"] == 1
    assert (await platform.http.get(f"{COUNTS}?state=dozing")).status_code == 400


async def test_many_are_started_and_whoever_is_held_or_switched_off_is_left_alone(
    platform: Platform,
) -> None:
    for name in ("a1", "a2", "b1"):
        await create(platform, name, tags=[name[0]])
    await create(platform, "a3", tags=["a"], active=False)
    await platform.http.put(f"{ACCOUNTS}/a2/hold", json={"state": "stopped"})

    rehearsed = await bulk(platform, "?dry_run=true", action="start", filter={"tag": "a"})
    assert rehearsed["answer"]["counts"] == {"changed": 1, "held": 1, "inactive": 1}
    assert (await account(platform))["desired"] == "stopped", "nothing was done"

    told = await bulk(platform, action="start", filter={"tag": "a"})
    assert told == rehearsed["answer"]
    assert (told["total"], told["without_runtime"], told["more"]) == (3, 1, 0)
    assert [(each["account_id"], each["outcome"]) for each in told["items"]] == [
        ("a1", "changed"),
        ("a2", "held"),
        ("a3", "inactive"),
    ]
    assert [(await account(platform, each))["desired"] for each in ("a1", "a2", "b1")] == [
        "running",
        "stopped",
        "stopped",
    ]
    again = await bulk(platform, action="start", account_ids=["a1", "nobody"])
    assert again["counts"] == {"underway": 1, "gone": 1}
    stopped = await bulk(
        platform, action="stop", filter={}, but=["b1"], drain={"mode": "now", "wait_seconds": 0}
    )
    assert stopped["counts"] == {"changed": 1, "noop": 2}
    verbs = [each[:2] for each in await audit(platform) if each[0] == "account.desired"]
    assert verbs == [("account.desired", "a1")] * 2


async def test_many_are_held_and_let_go(platform: Platform) -> None:
    for name in ("a1", "a2"):
        await create(platform, name)

    held = await bulk(
        platform, action="hold", account_ids=["a1", "a2"], hold={"state": "running", "until": None}
    )
    assert held["counts"] == {"changed": 2}
    one = await account(platform)
    assert (one["desired"], one["hold"]["state"], one["hold"]["until"]) == (
        "running",
        "running",
        None,
    )
    same = await bulk(platform, action="hold", account_ids=["a1"], hold={"state": "running"})
    assert same["counts"] == {"noop": 1}
    let_go = await bulk(platform, action="release", filter={"held": True})
    assert let_go["counts"] == {"changed": 2}
    assert (await account(platform))["hold"] is None
    verbs = [each[:2] for each in await audit(platform)]
    assert verbs.count(("account.held", "a2")) == verbs.count(("account.released", "a2")) == 1


async def test_a_wish_that_makes_no_sense_or_is_not_allowed_is_refused(platform: Platform) -> None:
    for body, pointer in (
        ({"action": "start"}, "/account_ids"),
        ({"action": "start", "account_ids": ["a"], "filter": {}}, "/account_ids"),
        ({"action": "hold", "filter": {}}, "/hold"),
        ({"action": "start", "filter": {}, "drain": {}}, "/drain"),
        ({"action": "stop", "filter": {"colour": "red"}}, "/filter/colour"),
        (
            {
                "action": "hold",
                "filter": {},
                "hold": {"state": "running", "until": "2020-01-01T00:00:00Z"},
            },
            "/until",
        ),
    ):
        answer = await platform.http.post(BULK, json=body)
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["pointer"] == pointer

    token = await platform.api.token("accounts:read")
    answer = await platform.http.post(
        BULK, json={"action": "start", "filter": {}}, headers=bearer(token)
    )
    assert answer.status_code == 403


async def test_the_past_of_an_account_is_told_in_one_order(platform: Platform) -> None:
    of_it = wanted(await create(platform))
    runtime = ScriptedRuntime(platform.bus)
    await platform.http.post(f"{ACCOUNTS}/a1/start")
    await runtime.say(of_it, "starting")
    await all_heard(platform)  # the bus keeps the last word only
    await runtime.say(of_it, "working", healthy=True)
    await all_heard(platform)
    await runtime.say(of_it, "quarantined", detail="ended with 1 three times")
    await all_heard(platform)

    path = f"{ACCOUNTS}/a1/history"
    told = (await platform.http.get(path)).json()
    AccountHistory.model_validate(told)
    assert [(each["kind"], each["verb"] or each["to_state"]) for each in told["items"]] == [
        ("state", "quarantined"),
        ("state", "working"),
        ("state", "starting"),
        ("deed", "account.desired"),
        ("deed", "account.created"),
    ]
    assert told["items"][0]["detail"] == "ended with 1 three times"
    assert told["items"][0]["from_state"] == "working"
    assert told["items"][3]["actor"] == "admin"

    found, cursor = [], ""
    while True:
        page = (await platform.http.get(f"{path}?limit=2&cursor={cursor}")).json()
        found += page["items"]
        if not (cursor := page["next"]):
            break
    assert found == told["items"]
    assert (await platform.http.get(f"{path}?cursor=x")).status_code == 400
    assert (await platform.http.get(f"{ACCOUNTS}/nobody/history")).status_code == 404


async def test_what_a_program_said_is_not_to_be_had_without_its_runtime(platform: Platform) -> None:
    await create(platform)
    answer = await platform.http.get(f"{ACCOUNTS}/a1/output")
    assert answer.status_code == 503
    assert answer.json()["code"] == "account.no_runtime_answers"
