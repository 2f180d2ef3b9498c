"""Alert rules over HTTP: what is wrong is named, what changes is noted."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx

from tests.integration.api.client import BASE
from tests.integration.platform.floor import Platform, eventually

RULES = f"{BASE}/alert-rules"


def a_rule(**fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Return a rule that is fine."""
    return {
        "name": "too many failures",
        "rule_type": "error_rate",
        "threshold_value": 10,
        "threshold_operator": ">=",
        **fields,
    }


async def made(platform: Platform, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    """Create a rule; the secret that it names is there."""
    query = fields.get("query") or {}
    for secret in (query.get("dsn_secret"), (query.get("login") or {}).get("secret")):
        if secret is not None:
            await platform.http.put(f"{BASE}/secrets/{secret}", json={"value": "sesame, open"})
    answer = await platform.http.post(RULES, json=a_rule(**fields))
    assert answer.status_code == 201, answer.text
    rule: dict[str, Any] = answer.json()
    return rule


def pointers(answer: httpx.Response) -> set[tuple[str, str]]:
    """Return what a refusal names."""
    assert answer.status_code == 422, answer.text
    return {(each["pointer"], each["code"]) for each in answer.json()["errors"]}


async def test_a_rule_is_kept_as_it_was_given_and_noted(platform: Platform) -> None:
    query = {"url": "https://prometheus.example.com", "expr": "up == 0"}
    rule = await made(platform, name="服務停擺", rule_type="promql", query=query, for_seconds=30)

    assert (await platform.http.get(f"{RULES}/{rule['id']}")).json() == rule
    assert rule["query"] == query
    assert (rule["alert_level"], rule["no_data"], rule["on_error"]) == (
        "warning",
        "nodata",
        "keep_last",
    )
    noted = await platform.pool.fetchrow(
        "SELECT verb, subject_id, before FROM api.audit WHERE subject_kind = 'alert_rule'"
    )
    assert noted is not None
    assert tuple(noted) == ("alert_rule.created", "服務停擺", None)


async def test_only_the_given_fields_change_and_only_the_version_that_was_seen(
    platform: Platform,
) -> None:
    rule = await made(platform, labels={"team": "ops"})
    path = f"{RULES}/{rule['id']}"

    changed = await platform.http.put(path, json={"for_seconds": 60}, headers={"If-Match": '"1"'})
    stale = await platform.http.put(path, json={"for_seconds": 90}, headers={"If-Match": '"1"'})

    assert changed.json() == {
        **rule,
        "for_seconds": 60,
        "version": 2,
        "updated_at": changed.json()["updated_at"],
    }
    assert (stale.status_code, stale.json()["code"]) == (412, "alert_rule.changed")
    again = await platform.http.put(path, json={"for_seconds": 60})
    assert again.headers["ETag"] == '"2"', "what changes nothing is no new version"


async def test_a_name_belongs_to_one_rule(platform: Platform) -> None:
    await made(platform)
    other = await made(platform, name="other", rule_conditions={"by": "task"})

    twice = await platform.http.post(RULES, json=a_rule())
    renamed = await platform.http.put(f"{RULES}/{other['id']}", json={"name": a_rule()["name"]})

    for answer in (twice, renamed):
        assert (answer.status_code, answer.json()["code"]) == (409, "alert_rule.name_taken")
    path = f"{RULES}/{other['id']}"
    changed = await platform.http.put(path, json={"rule_type": "queue_age"})
    assert changed.json()["rule_conditions"] == {}, "they meant something to another type"
    assert changed.json()["threshold_value"] == 10


async def test_what_is_wrong_is_refused_before_anything_is_stored(platform: Platform) -> None:
    odd = await platform.http.post(RULES, json=a_rule(threshold_operator="=>"))
    gone = {"notification_method": "telegram", "notification_target": "nowhere"}
    nowhere = await platform.http.post(RULES, json=a_rule(**gone))

    assert pointers(odd) == {("/threshold_operator", "field.choice")}
    assert pointers(nowhere) == {("/notification_target", "channel.unknown")}
    assert (await platform.http.get(RULES)).json() == {"items": [], "next": None}


async def test_rules_are_listed_in_pages_and_by_what_they_are(platform: Platform) -> None:
    for number in range(3):
        await made(platform, name=f"rule {number}", alert_level="error" if number else "info")

    first = (await platform.http.get(RULES, params={"limit": "2"})).json()
    rest = (await platform.http.get(RULES, params={"limit": "2", "cursor": first["next"]})).json()
    errors = (await platform.http.get(RULES, params={"alert_level": "error"})).json()
    named = (await platform.http.get(RULES, params={"name": "E 1"})).json()

    assert [each["name"] for each in first["items"]] == ["rule 2", "rule 1"]
    assert ([each["name"] for each in rest["items"]], rest["next"]) == (["rule 0"], None)
    assert len(errors["items"]) == 2
    assert [each["name"] for each in named["items"]] == ["rule 1"]
    assert (await platform.http.get(RULES, params={"rule_type": "x"})).status_code == 400


async def test_two_rules_that_are_given_one_name_at_once_do_not_both_get_it(
    platform: Platform,
) -> None:
    one, two = [await made(platform, name=name) for name in ("one", "two")]
    async with platform.pool.acquire() as connection:
        transaction = connection.transaction()
        await transaction.start()
        await connection.execute(
            "UPDATE api.alert_rules SET name = 'three' WHERE id = $1", UUID(one["id"])
        )
        renaming = asyncio.create_task(
            platform.http.put(f"{RULES}/{two['id']}", json={"name": "three"})
        )
        await eventually(lambda: waits_for_a_lock(platform), "the other one to wait")
        await transaction.commit()

    answer = await renaming
    assert (answer.status_code, answer.json()["code"]) == (409, "alert_rule.name_taken")


async def waits_for_a_lock(platform: Platform) -> object:
    return await platform.pool.fetchval(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        " AND datname = current_database() AND query LIKE 'UPDATE api.alert_rules%'"
    )
