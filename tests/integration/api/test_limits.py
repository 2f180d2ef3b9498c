"""However much comes, in whatever form: an answer, never a bug and never a hang."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.api.wire import body
from services.api.wire.front_door import FrontDoor
from tests.integration.api.client import BASE, TASKS, Api, a_task, client_of

text = st.sampled_from(
    [
        *("", "a", "日本", "\u202e", "x" * 300, "0 9 * * *", "60 * * * *", "2030-01-01T00:00:00Z"),
        *("Asia/Taipei", "greet", "manual", "scheduled", "' OR 1=1--", "👩‍👩‍👧", "\r\n"),
    ]
) | st.text(max_size=5)
scalars = st.none() | st.booleans() | text | st.integers() | st.floats()
names = st.sampled_from(
    [
        *("name", "task_type", "task_action", "schedule_config", "action_config", "enabled"),
        *("timeout_seconds", "notify_recipients", "dependent_tasks", "cron", "interval_seconds"),
        *("at", "timezone", "end_at", "misfire", "jitter_seconds", "runs", "task_id", "count"),
    ]
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(names | text, inner, max_size=3),
    max_leaves=8,
)
documents = st.dictionaries(names, values, max_size=5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(document=documents, whole=st.booleans(), path=st.sampled_from(["task", "preview", "runs"]))
async def test_no_document_is_answered_with_a_server_error(
    shared_api: Api, document: dict[str, Any], path: str, *, whole: bool
) -> None:
    url = {
        "task": TASKS,
        "preview": f"{BASE}/schedules/preview",
        "runs": f"{BASE}/automation-runs",
    }[path]
    sent = {**a_task(), **document} if whole else document

    answer = await shared_api.http.post(
        url, content=json.dumps(sent).encode(), headers={"Content-Type": "application/json"}
    )

    assert answer.status_code in (200, 201, 202, 400, 422)
    if answer.status_code == 201:
        read = await shared_api.http.get(f"{TASKS}/{answer.json()['id']}")
        assert read.json() == answer.json()


async def test_a_full_house_says_so_and_the_probes_still_answer(shared_api: Api) -> None:
    full = FrontDoor(shared_api.framework, max_in_flight=0)

    async with client_of(full) as client:
        answer = await client.get(TASKS)
        alive = await client.get("/healthz")

    assert (answer.status_code, answer.json()["code"]) == (503, "server.busy")
    assert answer.headers["retry-after"] == "1"
    assert alive.status_code == 200


async def test_a_body_that_never_ends_is_given_up_on(
    shared_api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(body, "BODY_SECONDS", 0.05)

    async def silent() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.Event().wait()

    answer = await shared_api.http.post(
        TASKS, content=silent(), headers={"Content-Type": "application/json"}
    )

    assert (answer.status_code, answer.json()["code"]) == (408, "body.timeout")


async def test_answers_are_hardened(shared_api: Api) -> None:
    async with client_of(shared_api.app) as nobody:
        answers = [await nobody.get(TASKS), await nobody.get("/nothing")]
    answers.append(await shared_api.http.get(TASKS))

    for answer in answers:
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["x-frame-options"] == "DENY"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "access-control-allow-origin" not in answer.headers


async def test_a_bug_is_a_500_that_says_nothing(caplog: pytest.LogCaptureFixture) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    async with client_of(FrontDoor(broken, max_in_flight=5)) as client:
        answer = await client.get(TASKS)

    assert (answer.status_code, answer.json()["code"]) == (500, "server.error")
    assert "secret detail" not in answer.text
    assert "secret detail" in caplog.text


async def test_the_reference_is_there_for_who_may_read(shared_api: Api) -> None:
    document = (await shared_api.http.get("/openapi.json")).json()
    page = await shared_api.http.get("/docs")

    assert document["openapi"].startswith("3.")
    assert page.headers["content-type"].startswith("text/html")
    for path in document["paths"]:
        assert path in page.text
