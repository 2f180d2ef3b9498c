"""Scripts over HTTP: versions that never change, and the way from draft to approved."""

from __future__ import annotations

import itertools
import json
from typing import Any

import asyncpg
import httpx
import pytest

from services.api.store.scripts import MOST_VERSIONS
from shared.domain.script_text import version_of
from tests.integration.api.client import BASE, Api, bearer
from tests.support.cases import cases

SCRIPTS = f"{BASE}/scripts"
_numbers = itertools.count(1)


def text(reply: str = "hello") -> str:
    return f"name: Morning\nsteps:\n  - id: hello\n    reply: {reply}\n"


async def created(api: Api, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a script
    script = {"script_id": f"s{next(_numbers)}", "name": "Morning", "yaml_content": text()}
    answer = await api.http.post(SCRIPTS, json={**script, **fields})
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def decided(api: Api, script: dict[str, Any], *verbs: str) -> httpx.Response:
    for verb in verbs:
        answer = await api.http.post(f"{SCRIPTS}/{script['script_id']}/{verb}")
    return answer


def code(answer: httpx.Response) -> str:
    found: str = answer.json()["code"]
    return found


async def test_a_script_is_kept_as_the_contract_names_it(shared_api: Api) -> None:
    script = await created(shared_api, script_id="Morning.chat-1", description="daily")

    read = await shared_api.http.get(f"{SCRIPTS}/Morning.chat-1")

    assert read.json() == script
    assert read.headers["etag"] == '"1"'
    assert (
        script
        | {
            "script_id": "Morning.chat-1",
            "name": "Morning",
            "version": 1,
            "yaml_content": text(),
            "description": "daily",
            "status": "draft",
            "published_at": None,
            "sha256": version_of(text()),
            "pointers": [],
        }
        == script
    )


async def test_another_text_is_another_version_and_a_draft(shared_api: Api) -> None:
    script = await created(shared_api)
    path = f"{SCRIPTS}/{script['script_id']}"
    assert (await decided(shared_api, script, "submit", "approve")).json()["status"] == "approved"

    renamed = (await shared_api.http.put(path, json={"name": "Evening"})).json()
    same = await shared_api.http.put(path, json={"yaml_content": text().replace("\n", "\r\n")})
    edited = (
        await shared_api.http.put(
            path, json={"yaml_content": text("good day"), "change_summary": "politer"}
        )
    ).json()

    assert (renamed["version"], renamed["status"]) == (1, "approved")
    assert same.json() == renamed
    assert (edited["version"], edited["status"], edited["name"]) == (2, "draft", "Evening")
    newest, first = (await shared_api.http.get(f"{path}/versions")).json()["items"]
    assert (newest["version"], newest["parent"]) == (2, 1)
    assert (newest["change_summary"], newest["approved_at"]) == ("politer", None)
    assert (first["version"], first["yaml_content"]) == (1, text())
    assert first["approved_by"] == script["created_by"]
    assert (await shared_api.http.get(f"{path}/versions/1")).json() == first
    diff = (await shared_api.http.get(f"{path}/versions/2/diff")).json()
    assert (diff["from"], diff["to"], diff["added"], diff["removed"]) == (1, 2, 1, 1)
    assert diff["lines"][-2:] == ["-    reply: hello", "+    reply: good day"]
    back = (await shared_api.http.get(f"{path}/versions/1/diff", params={"against": 2})).json()
    assert back["lines"][-1] == "+    reply: hello"


async def test_a_version_never_changes(shared_api: Api) -> None:
    script = await created(shared_api)

    with pytest.raises(asyncpg.PostgresError, match="never changes"):
        await shared_api.pool.execute(
            "UPDATE api.script_versions SET yaml_content = 'x' WHERE script_id = $1",
            script["script_id"],
        )


async def test_the_last_versions_stay_and_those_in_use(shared_api: Api) -> None:
    script = await created(shared_api)
    path = f"{SCRIPTS}/{script['script_id']}"
    await shared_api.http.put(path, json={"yaml_content": text("two")})
    await shared_api.pool.execute(
        "INSERT INTO api.script_pointers (script_id, environment, version, number)"
        " VALUES ($1, 'production', $2, 1)",
        script["script_id"],
        script["sha256"],
    )

    for number in range(MOST_VERSIONS):
        await shared_api.http.put(path, json={"yaml_content": text(f"reply {number}")})

    newest = (await shared_api.http.get(f"{path}/versions", params={"limit": 20})).json()
    rest = (
        await shared_api.http.get(
            f"{path}/versions", params={"limit": 20, "cursor": newest["next"]}
        )
    ).json()
    numbers = [each["version"] for each in newest["items"] + rest["items"]]
    assert numbers == [*range(MOST_VERSIONS + 2, 2, -1), 1]
    assert rest["next"] is None


async def test_only_some_ways_lead_on(shared_api: Api) -> None:
    for case in cases(
        [
            ((), "approve"),
            ((), "reject"),
            (("submit",), "submit"),
            (("submit", "approve"), "approve"),
            (("submit", "reject"), "approve"),
            (("disable",), "disable"),
        ]
    ):
        with case as (before, verb):
            script = await created(shared_api)
            if before:
                assert (await decided(shared_api, script, *before)).status_code == 200

            refused = await decided(shared_api, script, verb)

            assert (refused.status_code, code(refused)) == (409, "script.transition")


async def test_a_disabled_script_can_be_handed_in_again(shared_api: Api) -> None:
    script = await created(shared_api)

    answer = await decided(shared_api, script, "disable", "submit", "reject", "submit", "approve")

    assert answer.json()["status"] == "approved"


async def test_every_change_is_in_the_audit_list(shared_api: Api) -> None:
    script = await created(shared_api)
    path = f"{SCRIPTS}/{script['script_id']}"
    await shared_api.http.put(path, json={"yaml_content": text("two")})
    await shared_api.http.post(f"{path}/submit", json={"comment": "please look"})
    await shared_api.http.put(path, json={"name": "No"}, headers={"If-Match": '"1"'})
    await shared_api.http.delete(path)

    rows = await shared_api.pool.fetch(
        "SELECT verb, before, after, token_id FROM api.audit"
        " WHERE subject_kind = 'script' AND subject_id = $1 ORDER BY id",
        script["script_id"],
    )

    verbs = ["script.created", "script.updated", "script.submitted", "script.deleted"]
    assert [row["verb"] for row in rows] == verbs
    assert json.loads(rows[1]["before"])["version"] == 1
    assert json.loads(rows[2]["after"])["comment"] == "please look"
    assert all(row["token_id"] for row in rows)


async def test_only_the_version_that_was_looked_at_is_changed(shared_api: Api) -> None:
    script = await created(shared_api)
    path = f"{SCRIPTS}/{script['script_id']}"
    stale = {"If-Match": '"7"'}

    for refused in (
        await shared_api.http.put(path, json={"name": "x"}, headers=stale),
        await shared_api.http.delete(path, headers=stale),
        await shared_api.http.post(f"{path}/submit", headers=stale),
    ):
        assert (refused.status_code, code(refused)) == (412, "script.changed")
        assert refused.headers["etag"] == '"1"'
    assert (await shared_api.http.get(path)).json() == script


async def test_a_script_that_an_account_has_is_not_deleted(shared_api: Api) -> None:
    script = await created(shared_api)
    path = f"{SCRIPTS}/{script['script_id']}"
    await shared_api.pool.execute(
        "INSERT INTO api.accounts (id, account_id, display_name, script_id)"
        " VALUES (gen_random_uuid(), 'a1', 'A', $1)",
        script["script_id"],
    )

    refused = await shared_api.http.delete(path)

    assert (refused.status_code, code(refused)) == (409, "script.in_use")
    assert "a1" in refused.json()["detail"]
    await shared_api.pool.execute("DELETE FROM api.accounts")
    assert (await shared_api.http.delete(path)).status_code == 204
    assert (await shared_api.http.get(path)).status_code == 404


async def test_scripts_are_listed_newest_first(shared_api: Api) -> None:
    made = [await created(shared_api, name=f"Listed {number}") for number in range(3)]
    await decided(shared_api, made[1], "submit")

    first = (await shared_api.http.get(SCRIPTS, params={"q": "listed", "limit": 2})).json()
    params = {"q": "listed", "limit": 2, "cursor": first["next"]}
    rest = (await shared_api.http.get(SCRIPTS, params=params)).json()
    waiting = await shared_api.http.get(SCRIPTS, params={"q": "LISTED", "status": "reviewing"})

    listed = [each["script_id"] for each in first["items"] + rest["items"]]
    assert listed == [each["script_id"] for each in reversed(made)]
    assert rest["next"] is None
    assert [each["script_id"] for each in waiting.json()["items"]] == [made[1]["script_id"]]


async def test_bad_fields_are_named(shared_api: Api) -> None:
    table: list[tuple[dict[str, Any], str]] = [
        ({"script_id": "a b"}, "/script_id"),
        ({"name": ""}, "/name"),
        ({"yaml_content": "name: x\nsteps: [{id: a, reply: b, goto: c}]"}, "/steps/0/goto"),
        ({"yaml_content": "x" * 70_000}, "/yaml_content"),
        ({"status": "approved"}, "/status"),
        ({"colour": "red"}, "/colour"),
        ({"yaml_content": None}, "/yaml_content"),
    ]
    for case in cases(table):
        with case as (fields, pointer):
            script = {"script_id": "bad", "name": "Bad", "yaml_content": text(), **fields}

            refused = await shared_api.http.post(SCRIPTS, json=script)

            assert refused.status_code == 422
            assert refused.json()["errors"][0]["pointer"].endswith(pointer)
            assert (await shared_api.http.get(f"{SCRIPTS}/bad")).status_code == 404


async def test_what_makes_no_sense_is_refused(shared_api: Api) -> None:
    script = await created(shared_api)
    path = f"{SCRIPTS}/{script['script_id']}"
    http = shared_api.http

    assert code(await http.post(SCRIPTS, json={**script_of(script)})) == "script.exists"
    renamed = await http.put(path, json={"script_id": "other"})
    assert renamed.json()["errors"][0]["code"] == "script.id_is_fixed"
    for odd in ("0", "x", "99999999999", "1.0", "7"):
        assert (await http.get(f"{path}/versions/{odd}")).status_code == 404
    assert (await http.get(f"{path}/versions/1/diff", params={"against": "9"})).status_code == 404
    assert (await http.get(f"{path}/versions/1/diff", params={"against": "x"})).status_code == 400
    assert (await http.get(f"{SCRIPTS}/{'y' * 200}")).status_code == 404
    assert (await http.get(f"{SCRIPTS}/none/pointers")).status_code == 404
    assert (await http.get(SCRIPTS, params={"status": "odd"})).status_code == 400
    assert (await http.get(SCRIPTS, params={"cursor": "odd"})).status_code == 400


def script_of(view: dict[str, Any]) -> dict[str, Any]:
    return {name: view[name] for name in ("script_id", "name", "yaml_content")}


async def test_a_text_is_looked_through_by_line(shared_api: Api) -> None:
    judged = await shared_api.http.post(
        f"{SCRIPTS}/validate",
        json={"yaml_content": text('"{{town}}"')},
        headers={"Accept-Language": "zh-TW"},
    )
    good = await shared_api.http.post(f"{SCRIPTS}/validate", json={"yaml_content": text()})

    assert judged.json() == {
        "valid": False,
        "errors": [
            {
                "pointer": "/yaml_content/steps/0/reply",
                "line": 4,
                "code": "script.undeclared",
                "detail": "第 4 行：變數 town 沒有宣告。",
            }
        ],
    }
    assert good.json() == {"valid": True, "errors": []}


async def test_a_key_makes_one_script_of_two_requests(shared_api: Api) -> None:
    script = {"script_id": "once", "name": "Once", "yaml_content": text()}
    key = {"Idempotency-Key": "scripts-once"}

    first = await shared_api.http.post(SCRIPTS, json=script, headers=key)
    second = await shared_api.http.post(SCRIPTS, json=script, headers=key)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()


async def test_who_may_only_read_changes_nothing(shared_api: Api) -> None:
    script = await created(shared_api)
    reader = bearer(await shared_api.token("scripts:read"))
    path = f"{SCRIPTS}/{script['script_id']}"

    assert (await shared_api.http.get(path, headers=reader)).status_code == 200
    assert (await shared_api.http.put(path, json={}, headers=reader)).status_code == 403
    assert (await shared_api.http.post(f"{path}/submit", headers=reader)).status_code == 403
