"""Messages are sent once more for whoever asks; channels tell who names them and how they do."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import pytest
import pytest_asyncio

from shared.runtime.secret_box import SecretBox, new_key
from tests.integration.api.client import BASE, Api, bearer, running_api

TOLD = f"{BASE}/notifications"
MAIL = {"kind": "email", "config": {"to": ["ann@example.com"]}}


@pytest_asyncio.fixture(loop_scope="session")
async def api(database: str) -> AsyncIterator[Api]:
    """Serve an API with a channel `ops`."""
    async with running_api(database, box=SecretBox.parse(new_key())) as api:
        await api.http.put(f"{BASE}/channels/ops", json=MAIL)
        yield api


async def told(api: Api, state: str, channel: str = "ops", task: UUID | None = None) -> str:
    """Add a message; return its id."""
    identity = uuid4()
    await api.pool.execute(
        "INSERT INTO notify.deliveries (id, run_id, task_id, event, channel, facts, state, answer)"
        " VALUES ($1, $1, $2, 'failure', $3, '{}', $4, 'HTTP 500')",
        identity,
        task or uuid4(),
        channel,
        state,
    )
    return str(identity)


async def wishes(api: Api) -> list[tuple[UUID, str]]:
    rows = await api.pool.fetch("SELECT delivery_id, how FROM api.notifier_resends")
    return [(row["delivery_id"], row["how"]) for row in rows]


@pytest.mark.parametrize("state", ["sent", "given_up", "folded"])
async def test_what_was_ended_is_wished_for_again_once_for_each_key(api: Api, state: str) -> None:
    message = await told(api, state)

    answers = [
        await api.http.post(f"{TOLD}/{message}/resend", headers={"Idempotency-Key": "k"})
        for _ in range(2)
    ]

    for answer in answers:
        assert answer.status_code == 202, answer.text
        assert (answer.json()["how"], answer.json()["resend_of"]) == ("again", message)
        assert answer.json()["id"] != message
    assert await wishes(api) == [(UUID(message), "again")]
    audit = (await api.http.get(f"{BASE}/audit")).json()["items"][0]
    assert (audit["verb"], audit["subject_id"]) == ("notification.resent", message)


async def test_what_waits_for_its_next_try_is_hurried(api: Api) -> None:
    message = await told(api, "failed")

    answer = (await api.http.post(f"{TOLD}/{message}/resend")).json()

    assert answer == {"id": message, "resend_of": message, "how": "sooner"}
    assert await wishes(api) == [(UUID(message), "sooner")]


async def test_what_makes_no_sense_is_refused(api: Api) -> None:
    waiting, gone = await told(api, "waiting"), await told(api, "sent", "old")
    refused = [await api.http.post(f"{TOLD}/{each}/resend") for each in (waiting, gone)]
    unknown = [await api.http.post(f"{TOLD}/{each}/resend") for each in (uuid4(), "x")]
    address = await api.http.post(f"{TOLD}/{await told(api, 'sent', 'ann@example.com')}/resend")
    reader = bearer(await api.token("channels:read"))
    forbidden = await api.http.post(f"{TOLD}/{gone}/resend", headers=reader)

    assert [(each.status_code, each.json()["code"]) for each in refused] == [
        (409, "notification.waiting"),
        (409, "notification.no_channel"),
    ]
    assert [each.status_code for each in unknown] == [404, 404]
    assert address.status_code == 202
    assert forbidden.status_code == 403


async def test_the_log_names_tasks_and_is_found_by_event_and_time(api: Api) -> None:
    task = await api.create(name="Nightly <b>report</b>")
    await told(api, "sent", task=UUID(task["id"]))

    async def listed(**query: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = (await api.http.get(TOLD, params=query)).json()["items"]
        return items

    (item,) = await listed(event="failure", **{"from": "2020-01-01T00:00:00Z"})
    assert (item["task_name"], item["resend_of"]) == ("Nightly <b>report</b>", None)
    assert await listed(event="recovered") == []
    assert await listed(to="2020-01-01T00:00:00Z") == []


async def test_a_channel_tells_who_names_it_and_how_it_did(api: Api) -> None:
    await api.http.put(f"{BASE}/channels/idle", json=MAIL)
    listed_by = (await api.create(name="by recipient", notify_recipients=["ops"]))["id"]
    rule = [{"on": ["failure"], "channels": ["ops"]}]
    ruled_by = (await api.create(name="by rule", notify=rule, notify_recipients=["ops"]))["id"]
    alert = await api.http.post(
        f"{BASE}/alert-rules",
        json={
            "name": "queue",
            "rule_type": "queue_age",
            "threshold_value": 1,
            "notification_method": "channels",
            "notification_target": "ops, idle",
        },
    )
    for state in ("sent", "sent", "given_up", "failed"):
        await told(api, state)

    ops = (await api.http.get(f"{BASE}/channels/ops")).json()
    idle, listed = (await api.http.get(f"{BASE}/channels")).json()

    assert ops == listed
    assert [(each["kind"], each["id"], each["name"]) for each in ops["used_by"]] == [
        ("task", listed_by, "by recipient"),
        ("task", ruled_by, "by rule"),
        ("alert_rule", alert.json()["id"], "queue"),
    ]
    done = ops["deliveries"]
    assert (done["sent"], done["given_up"], done["failed"], done["waiting"]) == (2, 1, 1, 0)
    assert (done["last_state"], done["last_answer"]) == ("failed", "HTTP 500")
    assert [each["name"] for each in idle["used_by"]] == ["queue"]
    assert idle["deliveries"]["last_at"] is None
