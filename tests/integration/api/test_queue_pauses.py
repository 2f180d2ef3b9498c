"""Pauses have a reason and may end by themselves; limits hold for a while: the scheduler's view."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from services.api.documented import queues as documented
from tests.integration.api.client import BASE, Api
from tests.support.cases import cases

QUEUE = f"{BASE}/queues/slow"
SOON = (datetime.now(UTC) + timedelta(hours=1)).isoformat()


async def ends(api: Api) -> None:
    """Let the time of pauses and overrides pass."""
    await api.pool.execute(
        "UPDATE api.queues SET paused_until = now() - interval '1 s' WHERE paused_until IS NOT NULL"
    )
    await api.pool.execute(
        "UPDATE api.queues SET override_until = now() - interval '1 s'"
        " WHERE override_until IS NOT NULL"
    )
    await api.pool.execute(
        "UPDATE api.switches SET paused_until = now() - interval '1 s'"
        " WHERE paused_until IS NOT NULL"
    )


async def seen(api: Api) -> tuple[bool, int | None]:
    """Return what the scheduler sees of the queue."""
    row = await api.pool.fetchrow("SELECT paused, concurrency FROM api.scheduler_queues")
    assert row is not None
    return row["paused"], row["concurrency"]


async def shown(api: Api) -> dict[str, Any]:
    queue: dict[str, Any] = (await api.http.get(QUEUE)).json()
    documented.Queue.model_validate(queue)
    return queue


async def test_a_pause_says_why_by_whom_and_until_when(api: Api) -> None:
    wish = {"reason": "資料庫維護", "until": SOON}
    paused = (await api.http.post(f"{QUEUE}/pause", json=wish)).json()

    assert (paused["paused"], paused["state"]) == (True, "paused")
    assert paused["pause"]["reason"] == "資料庫維護"
    assert paused["pause"]["paused_by"]
    assert datetime.fromisoformat(paused["pause"]["until"]) == datetime.fromisoformat(SOON)
    assert await seen(api) == (True, None)

    resumed = (await api.http.post(f"{QUEUE}/resume")).json()
    assert (resumed["paused"], resumed["pause"]) == (False, None)
    assert await seen(api) == (False, None)


async def test_a_pause_ends_by_itself(api: Api) -> None:
    await api.http.post(f"{QUEUE}/pause", json={"until": SOON})
    await ends(api)

    queue = await shown(api)

    assert (queue["paused"], queue["pause"]) == (False, None)
    assert await seen(api) == (False, None)
    await api.http.put(QUEUE, json={"description": "later"})  # brings it not back
    assert await seen(api) == (False, None)
    paused = (await api.http.put(QUEUE, json={"paused": True})).json()
    assert (paused["paused"], paused["pause"]["until"]) == (True, None)


async def test_a_pause_that_is_said_anew_is_as_said(api: Api) -> None:
    await api.http.post(f"{QUEUE}/pause", json={"reason": "one", "until": SOON})
    again = (await api.http.post(f"{QUEUE}/pause", json={"reason": "two"})).json()

    assert (again["pause"]["reason"], again["pause"]["until"]) == ("two", None)
    await api.http.put(QUEUE, json={"concurrency": 5})
    assert (await shown(api))["pause"]["reason"] == "two"


async def test_everything_is_paused_for_a_while(api: Api) -> None:
    wish = {"reason": "move", "until": SOON}
    paused = (await api.http.post(f"{BASE}/pause", json=wish)).json()
    documented.Pause.model_validate(paused)
    assert (paused["paused"], paused["reason"]) == (True, "move")
    assert await api.pool.fetchval("SELECT paused FROM api.scheduler_switches")

    await ends(api)

    over = (await api.http.get(f"{BASE}/pause")).json()
    assert (over["paused"], over["reason"], over["until"]) == (False, None, None)
    assert not await api.pool.fetchval("SELECT paused FROM api.scheduler_switches")


async def test_a_limit_holds_for_a_while_and_then_the_own_one_is_back(api: Api) -> None:
    await api.http.put(QUEUE, json={"concurrency": 8})
    wish = {"concurrency": 2, "until": SOON, "reason": "the other side is slow"}

    overridden = (await api.http.put(f"{QUEUE}/override", json=wish)).json()
    assert (overridden["concurrency"], overridden["override"]["concurrency"]) == (8, 2)
    assert await seen(api) == (False, 2)
    await ends(api)
    assert await seen(api) == (False, 8)
    assert (await shown(api))["override"] is None

    await api.http.put(f"{QUEUE}/override", json={"concurrency": None, "until": SOON})
    assert await seen(api) == (False, None)  # no limit at all, for a while
    ended = (await api.http.delete(f"{QUEUE}/override")).json()
    assert ended["override"] is None
    assert await seen(api) == (False, 8)
    assert (await api.http.delete(f"{BASE}/queues/unknown/override")).status_code == 404


async def test_a_pause_that_makes_no_sense_is_refused(api: Api) -> None:
    table: list[tuple[dict[str, Any], str, str | None]] = [
        ({"until": "2020-01-01T00:00:00Z"}, "/until", "queue.until"),
        ({"until": "soon"}, "/until", None),
        ({"reason": ""}, "/reason", None),
        ({"paused": True}, "/paused", "field.unknown"),
    ]
    for case in cases(table):
        with case as (body, pointer, code):
            for path in (f"{QUEUE}/pause", f"{BASE}/pause"):
                answer = await api.http.post(path, json=body)
                assert answer.status_code == 422
                (error,) = answer.json()["errors"]
                assert error["pointer"] == pointer
                assert code in (None, error["code"])


async def test_a_limit_for_a_while_needs_an_end(api: Api) -> None:
    answer = await api.http.put(f"{QUEUE}/override", json={"concurrency": 2})
    assert answer.json()["errors"][0]["pointer"] == "/until"
    late = await api.http.put(f"{QUEUE}/override", json={"until": "2020-01-01T00:00:00Z"})
    assert late.json()["errors"][0]["code"] == "queue.until"
