"""The scheduler's questions: answered in bytes that PostgreSQL wrote, held against the contract."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import nats.errors
import pytest
import pytest_asyncio
from nats.aio.client import Client

from services.api.bus.sync import answer_scheduler
from services.api.store import sync as store
from services.api.store.database import Database
from shared.bus import topology
from shared.bus.connection import Guard, client_of, make_broker
from shared.contracts.runs import RunsRequested
from shared.contracts.sync import Digest, DigestRequest, Page, PageRequest
from shared.contracts.tasks import TaskChanged
from tests.integration.api.client import TASKS, Api

FIRST, LAST = UUID(int=0), UUID(int=2**128 - 1)


@pytest_asyncio.fixture(loop_scope="session")
async def answering(api: Api, bus: Client, nats_url: str) -> AsyncIterator[Client]:
    """Answer on a real bus; give a client of it."""
    guard = Guard()
    broker = make_broker(nats_url, name="api-test", guard=guard)
    answer_scheduler(broker, Database(api.own))
    await broker.start()
    await client_of(broker).flush()  # else a question may be there before whoever answers it
    yield bus
    guard.stopping = True
    await broker.stop()


async def _page(bus: Client, first: UUID, limit: int) -> bytes:
    request = PageRequest(first=first, last=LAST, limit=limit)
    answer = await bus.request(topology.RPC_TASKS_PAGE, request.encode(), timeout=5)
    raw: bytes = answer.data
    return raw


async def _varied_tasks(api: Api) -> None:
    first = await api.create(name='quotes " \\ 日本 👩‍👩‍👧 \u2029'.replace("\u2029", ""))
    await api.create(
        task_type="scheduled",
        schedule_config={"cron": "0 9 * * *", "timezone": "Asia/Taipei", "jitter_seconds": 5},
        dependent_tasks=[first["id"]],
        enabled=False,
        queue="reports",
        retry={"initial_interval_seconds": 0.5},
        locks=["account:{{ params.greeting }}"],
    )
    await api.create(
        task_type="triggered",
        trigger_config={
            "condition": "a > 1",
            "map": {"n": [1e300, 5e-324, 1.0, -0.0, None, True]},
        },
        action_config={"greeting": "\x01\n\t</script>"},
    )
    await api.http.put(f"{TASKS}/{first['id']}", json={"timeout_seconds": 5})


async def test_a_page_is_what_the_contract_would_have_written(api: Api, answering: Client) -> None:
    await _varied_tasks(api)

    raw = await _page(answering, FIRST, 100)

    page = Page.decode(raw)
    assert _but_for_times(page.encode()) == _but_for_times(raw)
    newest: dict[UUID, TaskChanged] = {}
    for row in await api.pool.fetch("SELECT payload FROM api.outbox ORDER BY id"):
        message = TaskChanged.decode(row["payload"])
        newest[message.task_id] = message
    assert {each.task_id: each for each in page.tasks} == newest
    assert page.next is None


def _but_for_times(raw: bytes) -> str:
    """Return a message in one form, without the instants, which may be spelled in two ways."""

    def without(found: dict[str, Any]) -> dict[str, Any]:
        return {key: found[key] for key in found if key not in ("changed_at", "requested_at")}

    return json.dumps(json.loads(raw, object_hook=without), sort_keys=True)


async def test_pages_follow_each_other_without_gap_or_overlap(api: Api, answering: Client) -> None:
    ids = sorted([UUID((await api.create())["id"]) for _ in range(7)])
    seen: list[UUID] = []
    first: UUID | None = FIRST

    while first is not None:
        page = Page.decode(await _page(answering, first, 3))
        assert len(page.tasks) <= 3
        seen += [each.task_id for each in page.tasks]
        first = page.next

    assert seen == ids


async def test_a_page_ends_before_it_is_too_large_for_the_bus(api: Api, answering: Client) -> None:
    for _ in range(20):
        await api.create(action_config={"greeting": "x" * 60_000})

    raw = await _page(answering, FIRST, 1000)

    page = Page.decode(raw)
    assert len(raw) <= store.MOST_PAGE_BYTES + 100
    assert 10 < len(page.tasks) < 20
    assert page.next is not None
    assert page.next > page.tasks[-1].task_id


async def test_an_empty_range_is_an_empty_page(api: Api, answering: Client) -> None:
    assert Page.decode(await _page(answering, FIRST, 10)) == Page(tasks=(), next=None)
    assert await api.count("api.tasks") == 0


async def test_the_digest_tells_every_change(api: Api, answering: Client) -> None:
    async def digest() -> Digest:
        answer = await answering.request(
            topology.RPC_TASKS_DIGEST, DigestRequest().encode(), timeout=5
        )
        return Digest.decode(answer.data)

    tasks = [await api.create() for _ in range(20)]
    before = await digest()
    assert sum(bucket.tasks for bucket in before.buckets) == 20
    assert {bucket.bucket for bucket in before.buckets} == {
        UUID(task["id"]).bytes[0] for task in tasks
    }
    assert await digest() == before

    await api.http.put(f"{TASKS}/{tasks[0]['id']}", json={"name": "b"})

    after = await digest()
    changed = set(before.buckets) ^ set(after.buckets)
    assert {bucket.bucket for bucket in changed} == {UUID(tasks[0]["id"]).bytes[0]}


async def test_the_digest_is_the_agreed_expression(api: Api, answering: Client) -> None:
    task = await api.create()
    answer = await answering.request(topology.RPC_TASKS_DIGEST, b'{"v":1}', timeout=5)

    (bucket,) = Digest.decode(answer.data).buckets

    assert bucket.digest == await api.pool.fetchval(
        "SELECT (sum(hashtextextended(task_id::text || ':' || version, 0)::numeric)"
        " % 9007199254740993)::bigint FROM (VALUES ($1::uuid, 1::bigint)) AS t (task_id, version)",
        UUID(task["id"]),
    )


async def test_a_question_that_is_none_is_not_answered(answering: Client) -> None:
    with pytest.raises(nats.errors.TimeoutError):
        await answering.request(topology.RPC_TASKS_PAGE, b"not json", timeout=0.3)

    assert Page.decode(await _page(answering, FIRST, 1)).tasks == ()


async def test_a_run_request_is_what_the_contract_would_have_written(api: Api) -> None:
    task = await api.create()
    answer = await api.http.post(f"{TASKS}/{task['id']}/run")

    row = await api.pool.fetchrow("SELECT * FROM api.outbox ORDER BY id DESC LIMIT 1")

    assert row is not None
    message = RunsRequested.decode(row["payload"])
    written = RunsRequested.model_dump_json(message, exclude_unset=True).encode()
    assert _but_for_times(written) == _but_for_times(row["payload"])
    (request,) = message.requests
    assert (str(request.run_id), str(request.task_id)) == (answer.json()["run_id"], task["id"])
    assert request.requested_by == "admin"
    assert (row["subject"], row["key"], row["message_id"]) == (
        topology.RUN_REQUEST_API,
        str(request.run_id),
        f"run:{request.run_id}",
    )
