"""What the API says has happened: `services/api/bus/said.py`."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

from services.api.bus.said import say_event
from shared.db.pool import Pool, open_pool
from shared.domain.event import event_from

KIND = "account.state_changed"


async def said(pool: Pool) -> list[Any]:
    rows = await pool.fetch("SELECT subject, payload, awaits_event FROM api.outbox ORDER BY id")
    return [(row["subject"], json.loads(row["payload"]), row["awaits_event"]) for row in rows]


async def test_an_event_is_said_once_and_told_by_its_key(database: str) -> None:
    first, second = uuid4(), uuid4()
    async with await open_pool(database, name="test") as pool, pool.acquire() as connection:
        for key in ("a:1", "a:1", "a:2"):
            await say_event(connection, KIND, {"名": key}, key=key, causes=[first, second])
        messages = await said(pool)

    assert [body["data"] for _, body, _ in messages] == [{"名": "a:1"}, {"名": "a:2"}]
    subject, body, awaited = messages[0]
    event = event_from(subject, None, json.dumps(body).encode(), None)  # type: ignore[arg-type]  # it has a time
    assert (event.source, event.type) == ("automation", KIND)
    assert subject == f"event.automation.{KIND}"
    assert event.causes == (first, second)
    assert event.digest == awaited, "it stays until the scheduler has seen it"


async def test_an_event_of_a_transaction_that_is_taken_back_is_not_said(database: str) -> None:
    async with await open_pool(database, name="test") as pool:
        async with pool.acquire() as connection:
            transaction = connection.transaction()
            await transaction.start()
            assert await say_event(connection, KIND, {}, key="a:1")
            await transaction.rollback()
            assert await say_event(connection, KIND, {}, key="a:1")
        assert len(await said(pool)) == 1
