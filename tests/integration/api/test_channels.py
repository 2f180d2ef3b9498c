"""Channels over HTTP: secrets go in and never come out; what was told can be looked up."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from services.api.wire.problems import Refused
from shared.contracts.notifications import ChannelTested, SentRequest
from shared.runtime.secret_box import SecretBox, new_key
from tests.integration.api.client import BASE, TASKS, Api, a_task, bearer, running_api
from tests.support.cases import cases

CHANNELS = f"{BASE}/channels"
URL = "https://hooks.example.com/services/T0P/SECRET"
KEY = "a key of sixteen characters or more"
WEBHOOK = {"kind": "webhook", "secret": {"url": URL, "signing_key": KEY}}


class Line:
    """Answers in the notifier's stead."""

    async def test(self, channel: str) -> ChannelTested:
        """Say that it did not work."""
        return ChannelTested(
            ok=False,
            detail=f"{channel}: HTTP 403",
            duration_ms=12,
            request=SentRequest(method="POST", url="https://h/…", headers={"A": "b"}, body="{}"),
        )


@pytest.fixture
def box() -> SecretBox:
    return SecretBox.parse(new_key())


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str, box: SecretBox) -> AsyncIterator[Api]:
    """Serve an API that can keep secrets."""
    async with running_api(database, box=box, notifier=Line()) as api:
        yield api


async def put(api: Api, name: str, document: dict[str, Any]) -> dict[str, Any]:
    answer = await api.http.put(f"{CHANNELS}/{name}", json=document)
    assert answer.status_code == 200, answer.text
    kept: dict[str, Any] = answer.json()
    return kept


async def test_a_secret_goes_in_sealed_and_never_comes_out(api: Api, box: SecretBox) -> None:
    first = await api.http.put(f"{CHANNELS}/ops", json=WEBHOOK, headers={"Idempotency-Key": "once"})
    again = await api.http.put(f"{CHANNELS}/ops", json=WEBHOOK, headers={"Idempotency-Key": "once"})
    shown = [first, again, *[await api.http.get(f"{CHANNELS}{path}") for path in ("", "/ops")]]

    for answer in shown:
        assert answer.status_code == 200
        assert "SECRET" not in answer.text
        assert KEY not in answer.text
    assert first.json()["has_secret"] is True
    assert first.json()["target"] == "https://hooks.example.com/…"
    sealed: bytes = await api.pool.fetchval("SELECT secret FROM api.channels")
    assert b"SECRET" not in sealed
    assert json.loads(box.open(sealed, owner="channel:ops")) == WEBHOOK["secret"]
    kept: bytes = await api.pool.fetchval("SELECT body FROM api.idempotency")
    assert b"SECRET" not in kept


async def test_a_secret_that_is_left_out_stays_unless_the_kind_changes(
    api: Api, box: SecretBox
) -> None:
    await put(api, "ops", WEBHOOK)

    changed = await put(api, "ops", {"kind": "webhook", "enabled": False})
    refused = await api.http.put(f"{CHANNELS}/ops", json={"kind": "alertmanager"})

    assert (changed["enabled"], changed["has_secret"]) == (False, True)
    assert changed["target"] == "https://hooks.example.com/…"
    sealed: bytes = await api.pool.fetchval("SELECT secret FROM api.channels")
    assert json.loads(box.open(sealed, owner="channel:ops")) == WEBHOOK["secret"]
    assert refused.status_code == 422
    mail = await put(api, "ops", {"kind": "email", "config": {"to": ["ann@example.com"]}})
    assert (mail["has_secret"], mail["target"]) == (False, None)


async def test_what_is_no_channel_is_refused_and_not_echoed(api: Api) -> None:
    table: list[tuple[dict[str, Any], str, str]] = [
        ({"kind": "pigeon"}, "/kind", "field.choice"),
        ({"kind": "webhook"}, "/secret", "field.required"),
        ({"kind": "webhook", "secret": {}}, "/secret/url", "field.required"),
        ({"kind": "webhook", "secret": {"url": "ftp://a"}}, "/secret/url", "url.scheme"),
        (
            {"kind": "webhook", "secret": {"url": "http://169.254.169.254/"}},
            "/secret/url",
            "url.address",
        ),
        (
            {"kind": "webhook", "secret": {"url": "https://me:pw@a.example/"}},
            "/secret/url",
            "url.userinfo",
        ),
        ({**WEBHOOK, "secret": {"url": URL, "x": "y"}}, "/secret/x", "field.unknown"),
        (
            {**WEBHOOK, "secret": {"url": URL, "signing_key": "short"}},
            "/secret/signing_key",
            "field.too_short",
        ),
        ({**WEBHOOK, "config": {"url": URL}}, "/config/url", "field.unknown"),
        ({"kind": "email", "config": {"to": []}}, "/config/to", "field.too_few"),
        ({"kind": "email", "config": {"to": ["ann"]}}, "/config/to/0", "channel.address"),
        (
            {"kind": "email", "config": {"to": ["a@b.c\r\nBcc: d@e.f"]}},
            "/config/to/0",
            "channel.address",
        ),
        (
            {"kind": "email", "config": {"to": ["a@b.c"], "language": "zh-CN"}},
            "/config/language",
            "field.choice",
        ),
        ({"kind": "apprise", "secret": {"url": "slack"}}, "/secret/url", "url.syntax"),
    ]
    for case in cases(table):
        with case as (document, pointer, code):
            answer = await api.http.put(f"{CHANNELS}/ops", json=document)

            assert answer.status_code == 422
            assert (pointer, code) in {
                (each["pointer"], each["code"]) for each in answer.json()["errors"]
            }
            assert "SECRET" not in answer.text


async def test_without_a_key_no_secret_is_kept(database: str) -> None:
    async with running_api(database) as api:
        refused = await api.http.put(f"{CHANNELS}/ops", json=WEBHOOK)
        assert (refused.status_code, refused.json()["code"]) == (503, "channel.no_key")
        assert await api.count("api.channels") == 0
        await put(api, "team", {"kind": "email", "config": {"to": ["ann@example.com"]}})
        tested = await api.http.post(f"{CHANNELS}/team/test")
        assert (tested.status_code, tested.json()["code"]) == (503, "channel.no_notifier")


async def test_the_test_button_answers_what_the_notifier_says(api: Api) -> None:
    await put(api, "ops", WEBHOOK)

    answer = await api.http.post(f"{CHANNELS}/ops/test")

    assert answer.json() == {
        "ok": False,
        "detail": "ops: HTTP 403",
        "duration_ms": 12,
        "request": {"method": "POST", "url": "https://h/…", "headers": {"A": "b"}, "body": "{}"},
        "answer": None,
    }
    assert (await api.http.post(f"{CHANNELS}/none/test")).status_code == 404
    assert (
        Refused(404, "channel.not_found").code
        == (await api.http.get(f"{CHANNELS}/none")).json()["code"]
    )


async def test_a_channel_is_deleted_once(api: Api) -> None:
    await put(api, "ops", WEBHOOK)

    assert (await api.http.delete(f"{CHANNELS}/ops")).status_code == 204
    assert (await api.http.delete(f"{CHANNELS}/ops")).status_code == 404


@pytest.mark.parametrize(
    "fields",
    [
        {"notify": [{"on": ["failure"], "channels": ["ops"]}]},
        {"notify_recipients": ["ann@example.com", "ops"]},
    ],
    ids=["rule", "recipient"],
)
async def test_a_channel_that_a_task_names_is_not_deleted(api: Api, fields: dict[str, Any]) -> None:
    await put(api, "ops", WEBHOOK)
    task = await api.create(**fields)

    refused = await api.http.delete(f"{CHANNELS}/ops")
    assert (refused.status_code, refused.json()["code"]) == (409, "channel.in_use")
    assert task["id"] in refused.json()["detail"]

    await api.http.delete(f"{TASKS}/{task['id']}")
    assert (await api.http.delete(f"{CHANNELS}/ops")).status_code == 204


async def test_a_rule_names_only_what_can_be_told(api: Api) -> None:
    await put(api, "ops", WEBHOOK)
    rule = {"on": ["failure"], "channels": ["ops", "ann@example.com", "nobody"]}

    refused = await api.http.post(TASKS, json=a_task(notify=[rule]))

    assert refused.status_code == 422
    (error,) = refused.json()["errors"]
    assert (error["pointer"], error["code"]) == ("/notify/0/channels/2", "channel.unknown")
    task = await api.create(notify=[{**rule, "channels": rule["channels"][:2]}])
    changed = await api.http.put(f"{TASKS}/{task['id']}", json={"notify": [rule]})
    assert changed.status_code == 422


async def test_a_task_and_the_deletion_of_its_channel_do_not_miss_each_other(api: Api) -> None:
    await put(api, "ops", WEBHOOK)
    rule = {"on": ["failure"], "channels": ["ops"]}

    answers = await asyncio.gather(
        *(api.http.post(TASKS, json=a_task(notify=[rule])) for _ in range(4)),
        api.http.delete(f"{CHANNELS}/ops"),
    )

    deleted = answers[-1].status_code == 204
    named = await api.pool.fetchval("SELECT count(*) FROM api.tasks")
    assert not (deleted and named), [each.status_code for each in answers]


async def test_recipients_that_nobody_can_be_told_by_are_kept_and_warned_of(api: Api) -> None:
    """Existing clients send user ids."""
    await put(api, "ops", WEBHOOK)

    task = await api.create(notify_recipients=["user-17", "ops", "ann@example.com"])

    assert task["notify_recipients"] == ["user-17", "ops", "ann@example.com"]
    (warning,) = task["warnings"]
    assert (warning["pointer"], warning["code"]) == ("/notify_recipients/0", "notify.unreachable")
    listed = (await api.http.get(TASKS)).json()
    assert listed[0]["warnings"] == task["warnings"]


async def test_a_rule_that_tells_nobody_is_warned_of(api: Api) -> None:
    silent = await api.create(notify=[{"on": ["failure"]}])
    heard = await api.create(notify=[{"on": ["failure"]}], notify_recipients=["ann@example.com"])
    plain = await api.create()

    assert [each["code"] for each in silent["warnings"]] == ["notify.nobody"]
    assert heard["warnings"] == plain["warnings"] == []


async def test_who_may_read_channels_may_not_change_them(api: Api) -> None:
    await put(api, "ops", WEBHOOK)
    reader = bearer(await api.token("channels:read"))

    assert (await api.http.get(CHANNELS, headers=reader)).status_code == 200
    assert (await api.http.get(f"{BASE}/notifications", headers=reader)).status_code == 200
    for method, path in (("PUT", "ops"), ("DELETE", "ops"), ("POST", "ops/test")):
        refused = await api.http.request(
            method, f"{CHANNELS}/{path}", json=WEBHOOK if method == "PUT" else None, headers=reader
        )
        assert refused.status_code == 403


async def delivery(api: Api, task: UUID, channel: str, state: str) -> None:
    await api.pool.execute(
        "INSERT INTO notify.deliveries (id, run_id, task_id, event, channel, facts, state, answer)"
        " VALUES (gen_random_uuid(), gen_random_uuid(), $1, 'failure', $2, '{}', $3, 'HTTP 200')",
        task,
        channel,
        state,
    )


async def test_the_delivery_log_is_filtered_and_read_page_by_page(api: Api) -> None:
    task, other = uuid4(), uuid4()
    for number in range(5):
        await delivery(api, task, "ops" if number % 2 else "team", "sent")
    await delivery(api, other, "ops", "failed")

    async def listed(**query: str) -> list[dict[str, Any]]:
        answer = await api.http.get(f"{BASE}/notifications", params=query)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    assert len(await listed()) == 6
    assert len(await listed(task_id=str(task), channel="ops")) == 2
    (failed,) = await listed(state="failed")
    assert (failed["task_id"], failed["answer"]) == (str(other), "HTTP 200")
    assert failed["next_try_at"]
    page = (await api.http.get(f"{BASE}/notifications", params={"limit": "4"})).json()
    rest = await listed(cursor=page["next"])
    assert len({each["id"] for each in [*page["items"], *rest]}) == 6
    for query in ({"task_id": "x"}, {"state": "lost"}):
        refused = await api.http.get(f"{BASE}/notifications", params=query)
        assert refused.status_code == 400


async def test_incidents_are_listed_open_or_closed(api: Api) -> None:
    task = uuid4()
    for closed in (None, "2026-01-02T00:00:00Z"):
        await api.pool.execute(
            "INSERT INTO notify.incidents (id, task_id, class, opened_at, updated_at, count,"
            " first_run_id, last_run_id, closed_at) VALUES (gen_random_uuid(), $1, 'failure',"
            " now(), now(), 3, $1, $1, $2::text::timestamptz)",
            task,
            closed,
        )

    async def listed(**query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (
            await api.http.get(f"{BASE}/incidents", params=query)
        ).json()["items"]
        return items

    assert len(await listed(task_id=str(task))) == 2
    (opened,) = await listed(open="true")
    assert (opened["failure_class"], opened["count"], opened["closed_at"]) == ("failure", 3, None)
    assert (await listed(open="false"))[0]["closed_at"]


def group(*alerts: dict[str, Any], **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of a group
    return {
        "version": "4",
        "groupKey": "{}:{alertname='DiskFull'}",
        "truncatedAlerts": 0,
        "receiver": "automation",
        "status": "firing",
        "groupLabels": {},
        "commonLabels": {},
        "commonAnnotations": {},
        "externalURL": "http://alertmanager:9093",
        "alerts": list(alerts),
        **fields,
    }


def alert(status: str = "firing", **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an alert
    return {
        "status": status,
        "labels": {"alertname": "DiskFull", "severity": "critical"},
        "annotations": {"summary": "no room"},
        "startsAt": "2026-01-01T12:00:00Z",
        "endsAt": "0001-01-01T00:00:00Z" if status == "firing" else "2026-01-01T13:00:00Z",
        "generatorURL": "http://prometheus:9090/graph",
        "fingerprint": "c4a7b2",
        **fields,
    }


async def test_alerts_become_events_once_per_state(api: Api) -> None:
    url = f"{BASE}/alertmanager"
    first = await api.http.post(url, json=group(alert(), alert("resolved")))
    again = await api.http.post(url, json=group(alert()))

    assert first.status_code == 202
    assert [each["status"] for each in first.json()["events"]] == ["accepted", "accepted"]
    assert [each["status"] for each in again.json()["events"]] == ["duplicate"]
    rows = await api.pool.fetch("SELECT subject, payload FROM api.outbox ORDER BY id")
    assert [row["subject"] for row in rows] == [
        "event.alertmanager.firing",
        "event.alertmanager.resolved",
    ]
    data = json.loads(rows[0]["payload"])["data"]
    assert data["labels"]["alertname"] == "DiskFull"
    assert data["receiver"] == "automation"


async def test_what_is_no_alert_is_refused(api: Api) -> None:
    table: list[dict[str, Any]] = [
        group(),
        group(alert("on fire")),
        group(alert(fingerprint="../")),
        {"alerts": 5},
    ]
    for case in cases(table):
        with case as document:
            answer = await api.http.post(f"{BASE}/alertmanager", json=document)

            assert answer.status_code == 422
            assert await api.count("api.outbox") == 0
