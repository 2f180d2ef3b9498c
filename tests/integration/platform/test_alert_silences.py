"""Silences and settings over HTTP: what they hold, how they end, what is refused."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest_asyncio

from services.api.alerts.muting import muting
from services.api.bus.forget import Forgetter
from services.api.store.database import Database
from shared.domain.instant import format_instant
from tests.integration.api.client import BASE, Api, bearer, running_api

SILENCES = f"{BASE}/alert-silences"
SETTINGS = f"{BASE}/alert-settings"
HOUR = timedelta(hours=1)


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str) -> AsyncIterator[Api]:
    """Serve the API."""
    async with running_api(database) as api:
        yield api


def matcher(name: str, value: str, op: str = "=") -> dict[str, str]:
    return {"name": name, "op": op, "value": value}


def a_silence(*matchers: dict[str, str], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of a silence
    return {
        "matchers": list(matchers) or [matcher("alertname", "slow queue")],
        "ends_at": at(HOUR),
        "comment": "maintenance",
        **fields,
    }


def at(later: timedelta) -> str:
    return format_instant(datetime.now(UTC) + later)


async def made(api: Api, *matchers: dict[str, str], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - of a silence
    answer = await api.http.post(SILENCES, json=a_silence(*matchers, **fields))
    assert answer.status_code == 201, answer.text
    silence: dict[str, Any] = answer.json()
    return silence


async def alert(api: Api, state: str = "firing", **labels: str) -> str:
    """Let an alert be there; return its fingerprint."""
    fingerprint = uuid4().hex
    await api.pool.execute(
        "INSERT INTO api.alerts (id, rule_id, rule_name, fingerprint, state, level, series, labels,"
        " annotations, active_at, met_at, met_samples, unmet_samples, fired_at, evaluated_at)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), 'r', $1, $2, 'error', '{}', $3, '{}',"
        " now(), now(), 1, 0, now(), now())",
        fingerprint,
        state,
        json.dumps(labels),
    )
    return fingerprint


async def held(api: Api, fingerprint: str, **labels: str) -> tuple[list[str], list[str]]:
    async with api.pool.acquire() as connection:
        return tuple((await muting(connection)).of(fingerprint, labels))  # type: ignore[return-value]


async def test_a_silence_holds_what_all_its_matchers_match_until_it_ends(api: Api) -> None:
    silence = await made(api, matcher("alertname", "slow.*", "=~"), matcher("queue", "b", "!="))
    await made(api, starts_at=at(HOUR), ends_at=at(2 * HOUR))

    assert await held(api, "f", alertname="slow queue", queue="a") == ([silence["id"]], [])
    assert await held(api, "f", alertname="slow queue", queue="b") == ([], [])
    assert await held(api, "f", alertname="a slow queue") == ([], [])

    ended = await api.http.post(f"{SILENCES}/{silence['id']}/expire")
    assert ended.json()["state"] == "expired"
    assert await held(api, "f", alertname="slow queue", queue="a") == ([], [])
    again = await api.http.post(f"{SILENCES}/{silence['id']}/expire")
    assert again.json() == ended.json()


async def test_a_silence_is_listed_changed_and_removed_and_each_change_is_noted(api: Api) -> None:
    first = await made(api, author="ann")
    second = await made(api, starts_at=at(HOUR), ends_at=at(2 * HOUR))
    path = f"{SILENCES}/{first['id']}"
    assert (first["state"], first["author"], second["state"]) == ("active", "ann", "pending")

    stale = await api.http.put(path, json={"comment": "x"}, headers={"If-Match": '"7"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "silence.changed")
    changed = await api.http.put(path, json={"comment": "longer"}, headers={"If-Match": '"1"'})
    assert (changed.json()["comment"], changed.headers["ETag"]) == ("longer", '"2"')
    assert changed.json()["matchers"] == first["matchers"]

    page = (await api.http.get(SILENCES, params={"limit": 1})).json()
    rest = (await api.http.get(SILENCES, params={"limit": 1, "cursor": page["next"]})).json()
    assert [each["id"] for each in page["items"] + rest["items"]] == [second["id"], first["id"]]
    assert rest["next"] is None
    active = (await api.http.get(SILENCES, params={"state": "active"})).json()["items"]
    assert active == [(await api.http.get(path)).json()]

    assert (await api.http.delete(path)).status_code == 204
    assert (await api.http.get(path)).status_code == 404
    verbs = await api.pool.fetch("SELECT verb FROM api.audit WHERE subject_id = $1", first["id"])
    assert [row["verb"] for row in verbs] == [
        f"alert_silence.{verb}" for verb in ("created", "changed", "deleted")
    ]


async def test_a_silence_is_forgotten_long_after_its_end(api: Api) -> None:
    old, recent = await made(api), await made(api)
    for silence, days in ((old, 91), (recent, 89)):
        await api.pool.execute(
            "UPDATE api.alert_silences SET ends_at = now() - $2::interval WHERE id = $1",
            UUID(silence["id"]),
            timedelta(days=days),
        )

    await Forgetter(Database(api.own)).step()

    left = (await api.http.get(SILENCES)).json()["items"]
    assert [each["id"] for each in left] == [recent["id"]]


async def test_a_silence_that_is_over_stays_as_it_was(api: Api) -> None:
    silence = await made(api)
    path = f"{SILENCES}/{silence['id']}"
    await api.http.post(f"{path}/expire")

    answer = await api.http.put(path, json={"ends_at": at(HOUR)})

    assert (answer.status_code, answer.json()["code"]) == (409, "silence.over")


WRONG: list[tuple[dict[str, Any], str, str]] = [
    ({"matchers": []}, "/matchers", "field.too_few"),
    ({"matchers": [matcher("a-b", "x")]}, "/matchers/0/name", "field.pattern"),
    ({"matchers": [matcher("a", "x", "~")]}, "/matchers/0/op", "field.choice"),
    ({"matchers": [matcher("a", r"(a)\1", "=~")]}, "/matchers/0/value", "alert.pattern"),
    (
        {"matchers": [matcher("a", "(a{99}){99}", "=~")]},
        "/matchers/0/value",
        "alert.pattern_large",
    ),
    ({"matchers": [matcher("a", ".*", "=~")]}, "/matchers", "alert.matches_all"),
    ({"matchers": [matcher("a", "x", "!=")]}, "/matchers", "alert.matches_all"),
    ({"ends_at": "2020-01-01T00:00:00Z"}, "/ends_at", "silence.ends"),
    ({"starts_at": at(2 * HOUR)}, "/ends_at", "silence.ends"),
    ({"ends_at": at(9_000 * HOUR)}, "/ends_at", "silence.long"),
    ({"ends_at": "soon"}, "/ends_at", "datetime.invalid"),
    ({"comment": " "}, "/comment", "text.empty"),
    ({"id": "x"}, "/id", "field.read_only"),
]


async def test_what_makes_no_sense_is_refused_by_name(api: Api) -> None:
    for fields, pointer, code in WRONG:
        answer = await api.http.post(SILENCES, json=a_silence(**fields))

        assert answer.status_code == 422, fields
        assert [(each["pointer"], each["code"]) for each in answer.json()["errors"]] == [
            (pointer, code)
        ]
    assert await api.count("api.alert_silences") == 0


async def test_a_preview_tells_what_would_be_held(api: Api) -> None:
    firing = await alert(api, queue="a")
    pending = await alert(api, "pending", queue="ab")
    await alert(api, queue="b")
    await alert(api, "resolved", queue="a")

    answer = await api.http.post(
        f"{SILENCES}/preview", json={"matchers": [matcher("queue", "a.?", "=~")]}
    )

    assert answer.json()["count"] == 2
    assert [each["fingerprint"] for each in answer.json()["alerts"]] == [firing, pending]


async def test_settings_change_field_by_field(api: Api) -> None:
    usual = (await api.http.get(SETTINGS)).json()
    assert (usual["group_by"], usual["group_wait_seconds"]) == (["alertname"], 30)

    changed = await api.http.put(SETTINGS, json={"group_by": ["..."]}, headers={"If-Match": '"1"'})
    stale = await api.http.put(SETTINGS, json={"group_by": []}, headers={"If-Match": '"1"'})

    assert changed.json() == {
        **usual,
        "group_by": ["..."],
        "version": 2,
        "updated_at": changed.json()["updated_at"],
        "updated_by": changed.json()["updated_by"],
    }
    assert (stale.status_code, stale.json()["code"]) == (412, "alert_settings.changed")
    for wrong, pointer in (
        ({"group_by": ["...", "a"]}, "/group_by"),
        ({"group_by": ["a-b"]}, "/group_by/0"),
        ({"group_interval_seconds": 0}, "/group_interval_seconds"),
        ({"inhibitions": [{"source": []}]}, "/inhibitions/0/source"),
        (
            {"inhibitions": [{"source": [matcher("a", "(", "=~")], "target": [matcher("b", "c")]}]},
            "/inhibitions/0/source/0/value",
        ),
    ):
        refused = await api.http.put(SETTINGS, json=wrong)
        assert refused.status_code == 422, wrong
        assert refused.json()["errors"][0]["pointer"] == pointer


async def test_a_source_that_fires_holds_its_targets(api: Api) -> None:
    down = await alert(api, alertname="server down", server_id="s1")
    await api.http.put(
        SETTINGS,
        json={
            "inhibitions": [
                {
                    "source": [matcher("alertname", "server down")],
                    "target": [matcher("alertname", "offline|server down", "=~")],
                    "equal": ["server_id"],
                }
            ]
        },
    )

    assert await held(api, "f", alertname="offline", server_id="s1") == ([], [down])
    assert await held(api, "f", alertname="offline", server_id="s2") == ([], [])
    assert await held(api, "f", alertname="other", server_id="s1") == ([], [])
    assert await held(api, "f", alertname="server down", server_id="s1") == ([], []), "both"
    assert await held(api, down, alertname="server down", server_id="s1") == ([], []), "itself"


async def test_a_channel_that_a_rule_names_is_not_deleted(api: Api) -> None:
    mail = {"kind": "email", "config": {"to": ["ann@example.com"]}}
    for name in ("ops", "op"):
        await api.http.put(f"{BASE}/channels/{name}", json=mail)
    rule = {
        "name": "slow queue",
        "rule_type": "queue_age",
        "threshold_value": 60,
        "notification_method": "email",
        "notification_target": "bob@example.com , ops",
    }
    assert (await api.http.post(f"{BASE}/alert-rules", json=rule)).status_code == 201

    refused = await api.http.delete(f"{BASE}/channels/ops")

    assert (refused.status_code, refused.json()["code"]) == (409, "channel.in_use_by_rules")
    assert "slow queue" in refused.json()["detail"]
    assert (await api.http.delete(f"{BASE}/channels/op")).status_code == 204


async def test_silences_take_the_scopes_of_alerts(api: Api) -> None:
    reader = bearer(await api.token("alerts:read"))
    matchers = {"matchers": [matcher("a", "b")]}

    assert (await api.http.get(SILENCES, headers=reader)).status_code == 200
    preview = await api.http.post(f"{SILENCES}/preview", json=matchers, headers=reader)
    assert preview.status_code == 200
    refused = await api.http.post(SILENCES, json=a_silence(), headers=reader)
    assert refused.status_code == 403
