"""Secrets over HTTP: their values go in and never come out; who names one keeps it there."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.api.store import secrets as store
from shared.runtime.secret_box import SecretBox, new_key
from tests.integration.api.client import BASE, TASKS, Api, a_task, bearer
from tests.integration.platform.floor import eventually
from tests.integration.platform.secret_desk import SECRETS, VALUE, put, running_desk


@pytest.fixture
def box() -> SecretBox:
    return SecretBox.parse(new_key())


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str, box: SecretBox) -> AsyncIterator[Api]:
    """Serve an API that can keep secrets."""
    async with running_desk(database, box=box) as api:
        yield api


async def everything_kept(api: Api) -> str:
    """Return all rows of all tables as one text."""
    names = await api.pool.fetch(
        "SELECT schemaname || '.' || tablename AS name FROM pg_tables"
        " WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
    )
    rows = [
        await api.pool.fetchval(
            f"SELECT coalesce(string_agg(t::text, chr(10)), '') FROM {row['name']} t"  # noqa: S608 - names of the catalogue
        )
        for row in names
    ]
    return "\n".join(rows)


async def test_a_value_is_nowhere_but_in_its_sealed_form(
    api: Api, box: SecretBox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    once = {"Idempotency-Key": "once"}
    document = {"value": VALUE, "description": "of the bank"}
    answers = [
        await api.http.put(f"{SECRETS}/bank", json=document, headers=once),
        await api.http.put(f"{SECRETS}/bank", json=document, headers=once),
        await api.http.put(f"{SECRETS}/bank", json={"value": VALUE, "x": VALUE}),
        await api.http.put(f"{SECRETS}/bank", json={"value": [VALUE]}),
        await api.http.put(f"{SECRETS}/NO", json=document),
        await api.http.put(f"{SECRETS}/bank", content=f'{{"value": "{VALUE}'),
        await api.http.put(f"{SECRETS}/bank", json=document, params={"dry_run": "true"}),
        await api.http.get(f"{SECRETS}/bank"),
        await api.http.get(SECRETS),
    ]

    assert [each.status_code for each in answers] == [200, 200, 422, 422, 422, 415, 200, 200, 200]
    assert answers[1].headers["Idempotency-Replayed"] == "true"
    kept = await everything_kept(api)
    for spelled in (VALUE, VALUE.encode().hex()):
        assert not any(spelled in each.text for each in answers)
        assert spelled not in kept
        assert spelled not in caplog.text
    row = await api.pool.fetchrow("SELECT sealed, key_id FROM api.executor_secrets")
    assert row is not None
    assert box.open(row["sealed"], owner="secret:bank").decode() == VALUE
    assert row["key_id"] == box.key_id == answers[0].json()["key_id"]


async def test_the_same_key_with_another_value_is_another_request(api: Api) -> None:
    once = {"Idempotency-Key": "once"}
    await api.http.put(f"{SECRETS}/bank", json={"value": VALUE}, headers=once)

    other = await api.http.put(f"{SECRETS}/bank", json={"value": "another value"}, headers=once)

    assert (other.status_code, other.json()["code"]) == (422, "idempotency.other_body")


NONE_OF_THEM_A_SECRET: list[tuple[dict[str, Any], str]] = [
    ({}, "field.required"),
    ({"value": None}, "field.null"),
    ({"value": "1234567"}, "secret.value"),
    ({"value": "密" * 2}, "secret.value"),
    ({"value": " " * 20}, "secret.value"),
    ({"value": "x" * (64 * 1024 + 1)}, "secret.value"),
    ({"value": "with\x00null-bytes"}, "text.control"),
    ({"value": 12345678}, "field.string"),
    ({"value": VALUE, "name": "x"}, "field.unknown"),
]


async def test_what_cannot_be_a_secret_is_refused(api: Api) -> None:
    for document, code in NONE_OF_THEM_A_SECRET:
        answer = await api.http.put(f"{SECRETS}/bank", json=document)

        assert answer.status_code == 422, document
        assert answer.json()["errors"][0]["code"] == code
    assert await api.count("api.secrets") == 0


async def test_only_another_value_makes_a_secret_younger(api: Api) -> None:
    first = (await put(api, "bank")).json()
    described = (await api.http.put(f"{SECRETS}/bank", json={"description": "of the bank"})).json()
    replaced = (await put(api, "bank", "another value")).json()

    assert described["value_set_at"] == first["value_set_at"]
    assert described["updated_at"] > first["updated_at"]
    assert replaced["value_set_at"] > first["value_set_at"]


async def test_secrets_are_found_by_name_and_description(api: Api) -> None:
    await put(api, "bank", description="信用卡 Payments")
    await put(api, "shop")

    async def found(part: str) -> list[str]:
        page = (await api.http.get(SECRETS, params={"q": part})).json()
        return [each["name"] for each in page["items"]]

    assert await found("BAN") == ["bank"]
    assert await found("payments") == ["bank"]
    assert await found("") == ["bank", "shop"]
    assert await found("%") == []


async def test_the_longest_value_is_kept_whole(api: Api, box: SecretBox) -> None:
    value = "\u5bc6\n\x1f" * (64 * 1024 // 5)
    assert (await put(api, "key", value)).status_code == 200

    sealed = await api.pool.fetchval("SELECT sealed FROM api.secrets")
    assert box.open(sealed, owner="secret:key").decode() == value


async def test_a_description_changes_alone_and_the_version_counts(api: Api, box: SecretBox) -> None:
    first = await put(api, "bank")
    described = await api.http.put(f"{SECRETS}/bank", json={"description": "of the bank"})

    assert (first.json()["version"], described.json()["version"]) == (1, 2)
    assert described.headers["ETag"] == '"2"'
    assert described.json()["description"] == "of the bank"
    sealed = await api.pool.fetchval("SELECT sealed FROM api.secrets")
    assert box.open(sealed, owner="secret:bank").decode() == VALUE


async def test_only_the_version_that_was_looked_at_is_changed(api: Api) -> None:
    path = f"{SECRETS}/bank"
    stale = {"If-Match": '"1"'}
    missing = await api.http.put(path, json={"value": VALUE}, headers=stale)
    await put(api, "bank")
    await put(api, "bank")

    answers = [
        missing,
        await api.http.put(path, json={"value": VALUE}, headers=stale),
        await api.http.delete(path, headers=stale),
    ]

    assert [(each.status_code, each.json()["code"]) for each in answers] == [
        (412, "secret.changed")
    ] * 3
    assert (await api.http.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert (await api.http.get(path)).status_code == 404


async def test_without_a_key_nothing_is_kept(database: str) -> None:
    async with running_desk(database, box=None) as api:
        answer = await put(api, "bank")

        assert (answer.status_code, answer.json()["code"]) == (503, "secret.no_key")
        assert await api.count("api.secrets") == 0


async def test_a_list_is_paged_by_name(api: Api) -> None:
    for name in ("c", "a", "b"):
        await put(api, name)

    first = (await api.http.get(SECRETS, params={"limit": 2})).json()
    rest = (await api.http.get(SECRETS, params={"limit": 2, "cursor": first["next"]})).json()
    odd = await api.http.get(SECRETS, params={"cursor": "?"})

    assert [each["name"] for each in (*first["items"], *rest["items"])] == ["a", "b", "c"]
    assert rest["next"] is None
    assert (odd.status_code, odd.json()["errors"][0]["pointer"]) == (400, "/query/cursor")


async def test_every_change_is_in_the_audit_list_without_the_value(api: Api) -> None:
    await put(api, "bank", description="old")
    await put(api, "bank", "another value", description="new")
    await api.http.delete(f"{SECRETS}/bank")

    rows = await api.pool.fetch(
        "SELECT verb, subject_id, before ->> 'description' AS before,"
        " after ->> 'description' AS after, actor, token_id FROM api.audit"
        " WHERE subject_kind = 'secret' ORDER BY id"
    )
    assert [tuple(row.values())[:4] for row in rows] == [
        ("secret.created", "bank", None, "old"),
        ("secret.updated", "bank", "old", "new"),
        ("secret.deleted", "bank", "new", None),
    ]
    assert all(row["actor"] and row["token_id"] for row in rows)


async def test_readers_cannot_write(api: Api) -> None:
    reader = bearer(await api.token("secrets:read"))

    put_it = await api.http.put(f"{SECRETS}/bank", json={"value": VALUE}, headers=reader)

    assert put_it.status_code == 403
    assert (await api.http.get(SECRETS, headers=reader)).status_code == 200


NAMES: list[tuple[dict[str, Any], list[str]]] = [
    ({"token": "gone"}, ["/action_config/token"]),
    ({"door": {"key": "gone"}}, ["/action_config/door/key"]),
    (
        {"doors": [{"key": "bank"}, {"key": "gone", "label": "gone"}]},
        ["/action_config/doors/1/key"],
    ),
    ({"headers": {"a/b": "gone"}}, ["/action_config/headers/a~1b"]),
    ({"token": "bank", "url": "gone"}, []),
]


async def test_a_task_can_name_only_secrets_that_are_there(api: Api) -> None:
    await put(api, "bank")
    for config, pointers in NAMES:
        answer = await api.http.post(TASKS, json=a_task(task_action="call", action_config=config))

        assert answer.status_code == (422 if pointers else 201), answer.text
        if pointers:
            assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
                (pointer, "secret.unknown") for pointer in pointers
            ]


async def test_a_change_is_judged_by_what_the_task_then_names(api: Api) -> None:
    task = await api.create(action_config={"greeting": "gone"})
    path = f"{TASKS}/{task['id']}"

    other = await api.http.put(path, json={"action_config": {"token": "gone"}})
    both = await api.http.put(
        path, json={"task_action": "call", "action_config": {"token": "gone"}}
    )
    plain = await api.http.put(path, json={"name": "another"})

    assert [each["pointer"] for each in other.json()["errors"]] == ["/action_config/token"]
    assert both.json()["errors"][0]["code"] == "secret.unknown"
    assert plain.status_code == 200


async def test_an_event_does_not_choose_a_secret(api: Api) -> None:
    await put(api, "bank")

    async def with_map(mapping: dict[str, Any]) -> list[tuple[str, str]]:
        trigger = {"subject": "shop.order", "map": mapping}
        answer = await api.http.post(
            TASKS,
            json=a_task(task_type="triggered", task_action="call", trigger_config=trigger),
        )
        return [(each["pointer"], each["code"]) for each in answer.json().get("errors", [])]

    place = "/trigger_config/map"
    assert await with_map({"token": "bank", "url": "{{ event.data.url }}"}) == []
    assert await with_map({"token": "gone"}) == [(f"{place}/token", "secret.unknown")]
    for wrong, pointer in (
        ({"token": "{{ event.data.token }}"}, "/token"),
        ({"door": "{{ event.data.door }}"}, "/door"),
        ({"doors": [{"key": "x{{ event.data.x }}"}]}, "/doors/0/key"),
    ):
        assert await with_map(wrong) == [(f"{place}{pointer}", "secret.from_event")]


async def test_what_a_task_names_cannot_be_deleted(api: Api) -> None:
    for name in ("bank", "shop"):
        await put(api, name)
    trigger = {"subject": "shop.order", "map": {"token": "shop"}}
    task = await api.create(
        name="pays",
        task_type="triggered",
        task_action="call",
        action_config={"door": {"key": "bank"}},
        trigger_config=trigger,
    )
    await put(api, "idle")
    used = (await api.http.get(f"{SECRETS}/bank")).json()["used_by"]
    lists = [await api.http.get(SECRETS, params={"used": word}) for word in ("true", "false")]
    assert [[each["name"] for each in page.json()["items"]] for page in lists] == [
        ["bank", "shop"],
        ["idle"],
    ]

    refused = [await api.http.delete(f"{SECRETS}/{name}") for name in ("bank", "shop")]
    await api.http.put(f"{TASKS}/{task['id']}", json={"action_config": {}})
    freed = await api.http.delete(f"{SECRETS}/bank")
    await api.http.delete(f"{TASKS}/{task['id']}")
    gone = await api.http.delete(f"{SECRETS}/shop")

    assert used == [{"kind": "task", "id": task["id"], "name": "pays"}]
    for answer in refused:
        assert (answer.status_code, answer.json()["code"]) == (409, "secret.in_use")
        assert task["id"] in answer.json()["detail"]
    assert (freed.status_code, gone.status_code) == (204, 204)


async def test_a_secret_is_not_deleted_from_under_a_task_that_is_just_being_saved(api: Api) -> None:
    await put(api, "bank")
    task = (await api.create(task_action="call"))["id"]
    async with api.pool.acquire() as connection:
        saving = connection.transaction()
        await saving.start()
        assert await store.existing(connection, {"bank"}) == {"bank"}
        deleting = asyncio.create_task(api.http.delete(f"{SECRETS}/bank"))
        await eventually(
            lambda: api.pool.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"),
            "the deletion waits",
        )
        await store.save_uses(connection, UUID(task), {"bank"})
        await saving.commit()

    assert (await deleting).json()["code"] == "secret.in_use"


async def test_what_an_alert_rule_names_has_to_be_there_and_cannot_be_deleted(api: Api) -> None:
    await put(api, "report-db")
    rules = f"{BASE}/alert-rules"
    query = {"dsn_secret": "report-db", "statement": "SELECT 1 AS value"}
    login = {"url": "https://example.com", "login": {"secret": "gone"}}

    rule = {"name": "a", "rule_type": "sql", "query": query, "threshold_value": 1}
    made = await api.http.post(rules, json=rule)
    other = {**rule, "name": "b", "rule_type": "http", "query": login}
    gone = await api.http.post(rules, json=other)
    refused = await api.http.delete(f"{SECRETS}/report-db")

    assert made.status_code == 201, made.text
    (wrong,) = gone.json()["errors"]
    assert (wrong["pointer"], wrong["code"]) == ("/query/login/secret", "secret.unknown")
    assert (refused.status_code, refused.json()["code"]) == (409, "secret.in_use")


async def test_who_may_only_start_tasks_says_of_no_secret_where_it_goes(api: Api) -> None:
    await put(api, "bank")
    task = (await api.create(task_action="call", action_config={"token": "bank"}))["id"]
    starter = bearer(await api.token("tasks:run"))

    async def run(params: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> str:
        many = {"runs": [{"task_id": task, "params": params}]}
        answers = [
            await api.http.post(path, json=body, headers=headers)
            for path, body in (
                (f"{TASKS}/{task}/run", {"params": params}),
                (f"{BASE}/automation-runs", many),
            )
        ]
        codes = {
            each.json()["errors"][0]["code"] if each.status_code == 422 else str(each.status_code)
            for each in answers
        }
        return " ".join(sorted(codes))

    elsewhere = {"token": "bank", "url": "https://elsewhere.example"}
    assert await run({"url": "https://example.com"}, starter) == "200 202"
    assert await run(elsewhere, starter) == "secret.of_writers"
    assert await run({"doors": [{"key": "gone"}]}, starter) == "secret.unknown"
    assert await run(elsewhere) == "200 202"
    assert await run({"token": "gone"}) == "secret.unknown"


async def test_who_may_only_start_tasks_does_not_say_which_program_is_run(api: Api) -> None:
    config = {"argv": ["/usr/bin/true"]}
    task = (await api.create(task_action="shell", action_config=config))["id"]
    starter = bearer(await api.token("tasks:run"))
    path = f"{TASKS}/{task}/run"
    other = {"params": {"argv": ["/usr/bin/id"]}}

    refused = await api.http.post(path, json=other, headers=starter)
    plain = await api.http.post(path, headers=starter)
    writer = await api.http.post(path, json=other)

    (wrong,) = refused.json()["errors"]
    assert (wrong["pointer"], wrong["code"]) == ("/params", "params.of_writers")
    assert (plain.status_code, writer.status_code) == (200, 200)


async def test_who_may_write_alert_rules_says_of_no_secret_where_it_goes(api: Api) -> None:
    await put(api, "metrics")
    rules = f"{BASE}/alert-rules"
    watcher = bearer(await api.token("alerts:write"))
    query = {"url": "https://example.com", "login": {"secret": "metrics"}}
    rule = {"name": "a", "rule_type": "http", "query": query, "threshold_value": 1}

    made = await api.http.post(rules, json=rule, headers=watcher)
    there = (await api.http.post(rules, json=rule)).json()
    one = f"{rules}/{there['id']}"
    elsewhere = {"query": {**query, "url": "https://elsewhere.example"}}
    moved = await api.http.put(one, json=elsewhere, headers=watcher)
    milder = await api.http.put(one, json={"threshold_value": 2}, headers=watcher)

    for answer in (made, moved):
        (wrong,) = answer.json()["errors"]
        assert (wrong["pointer"], wrong["code"]) == ("/query/login/secret", "secret.of_writers")
    assert milder.status_code == 200, milder.text
    assert (await api.http.put(one, json=elsewhere)).status_code == 200


async def test_a_secret_that_is_gone_is_not_found(api: Api) -> None:
    for answer in (
        await api.http.get(f"{SECRETS}/gone"),
        await api.http.delete(f"{SECRETS}/gone"),
        await api.http.delete(f"{SECRETS}/{uuid4()}"),
        await api.http.get(f"{SECRETS}/UPPER"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "secret.not_found")
