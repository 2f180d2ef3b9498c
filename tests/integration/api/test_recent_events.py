"""The stored events are listed newest first, page by page, followed, and told by their kinds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from nats.aio.client import Client

from services.api.documented.events import EventKinds, StoredEvent, StoredEvents
from services.api.events import recent
from shared.bus import topology
from tests.integration.api.client import BASE, Api, bearer
from tests.support.cases import cases

RECENT = f"{BASE}/events/recent"


async def say(bus: Client, source: str, kind: str, number: int, data: Any) -> None:  # noqa: ANN401 - JSON
    """Put an event into the stream."""
    event = {"specversion": "1.0", "id": str(number), "source": source, "type": kind, "data": data}
    subject = topology.event_said(source, kind)
    await bus.jetstream().publish(subject, json.dumps(event).encode())


async def listed(api: Api, **params: Any) -> dict[str, Any]:  # noqa: ANN401 - query parameters
    answer = await api.http.get(RECENT, params=params)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    StoredEvents.model_validate(found)
    return found


def ids(page: dict[str, Any]) -> list[str]:
    return [each["id"] for each in page["items"]]


async def test_the_newest_come_first_and_pages_lead_back_to_the_oldest(
    trying: Api, bus: Client
) -> None:
    for number in range(5):
        await say(bus, "shop", "order", number, {"total": number})

    first = await listed(trying, limit=2)
    second = await listed(trying, limit=2, cursor=first["next"])
    third = await listed(trying, limit=2, cursor=second["next"])

    assert [ids(each) for each in (first, second, third)] == [["4", "3"], ["2", "1"], ["0"]]
    assert third["next"] is None
    assert first["items"][0]["data"] == {"total": 4}


async def test_only_what_is_asked_for_is_listed(trying: Api, bus: Client) -> None:
    await say(bus, "shop", "order", 0, {"by": "bob"})
    await say(bus, "monitor", "sample", 1, {"error_rate": 12})
    await say(bus, "shop", "order", 2, {"by": "Anna"})
    await say(bus, "shop", "paid", 3, {})
    for case in cases(
        [
            ({"subject": "event.shop.>"}, ["3", "2", "0"]),
            ({"subject": "shop.order"}, ["2", "0"]),
            ({"source": "monitor"}, ["1"]),
            ({"type": "order*"}, ["2", "0"]),
            ({"q": "ANNA"}, ["2"]),
            ({"source": "shop", "type": "paid", "q": "nobody"}, []),
        ]
    ):
        with case as (params, found):
            page = await listed(trying, **params)

            assert (ids(page), page["next"]) == (found, None)


async def test_a_rare_event_far_back_is_found(
    trying: Api, bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "_FIRST_WINDOW", 2)
    await say(bus, "rare", "bird", 0, {})
    for number in range(1, 30):
        await say(bus, "shop", "order", number, {})

    assert ids(await listed(trying, source="rare")) == ["0"]


async def test_a_look_that_ends_early_says_where_the_next_one_begins(
    trying: Api, bus: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recent, "_FIRST_WINDOW", 2)
    monkeypatch.setattr(recent, "_GROWTH", 1)
    monkeypatch.setattr(recent, "MOST_READ", 4)
    await say(bus, "rare", "bird", 0, {})
    for number in range(1, 10):
        await say(bus, "shop", "order", number, {})

    seen: list[list[str]] = []
    cursor = ""
    while cursor is not None:
        page = await listed(trying, source="rare", cursor=cursor)
        seen.append(ids(page))
        cursor = page["next"]

    assert seen == [[], [], ["0"]]


async def test_a_follower_hears_only_what_has_come_since(trying: Api, bus: Client) -> None:
    await say(bus, "shop", "order", 0, {})
    before = await listed(trying)

    nothing = await listed(trying, after=before["last"])
    await say(bus, "monitor", "sample", 1, {})
    await say(bus, "shop", "order", 2, {})
    news = await listed(trying, after=nothing["last"], source="shop")
    later = await listed(trying, after=news["last"])

    assert (ids(nothing), ids(news), ids(later)) == ([], ["2"], [])
    assert news["complete"]


async def test_a_follower_of_a_stream_that_was_made_anew_begins_again(
    trying: Api, bus: Client
) -> None:
    await say(bus, "shop", "order", 0, {})

    assert ids(await listed(trying, after=1_000_000)) == ["0"]


async def test_large_data_are_read_one_by_one(trying: Api, bus: Client) -> None:
    await say(bus, "shop", "order", 0, {"text": "a" * 9_000})

    (item,) = (await listed(trying))["items"]
    one = await trying.http.get(f"{BASE}/events/{item['sequence']}")

    StoredEvent.model_validate(one.json())
    assert (item["data"], item["data_cut"], item["data_bytes"]) == (None, True, 9_011)
    assert one.json()["data"] == {"text": "a" * 9_000}


async def test_there_is_no_event_at_a_place_that_is_not_there(trying: Api, bus: Client) -> None:
    for case in cases(["0", "99999", "x", "-1", "1" * 30]):
        with case as place:
            await say(bus, "shop", "order", 0, {})

            answer = await trying.http.get(f"{BASE}/events/{place}")

            assert (answer.status_code, answer.json()["code"]) == (404, "event.not_found")


async def test_kinds_are_told_with_how_often_they_came_and_what_they_hold(
    trying: Api, bus: Client
) -> None:
    for number, rate in enumerate((5, 12)):
        await say(bus, "monitor", "metrics.sample", number, {"error_rate": rate, "host": "a"})
    await say(bus, "shop", "order", 2, {"total": 1, "type": "x"})

    answer = await trying.http.get(f"{BASE}/events/kinds")
    few = await trying.http.get(f"{BASE}/events/kinds", params={"subject": "event.shop.>"})

    EventKinds.model_validate(answer.json())
    kinds = answer.json()
    assert kinds["subjects"] == [
        {"name": "event.monitor.metrics.sample", "count": 2},
        {"name": "event.shop.order", "count": 1},
    ]
    assert kinds["sources"][0] == {"name": "monitor", "count": 2}
    assert kinds["fields"][0] == {
        "path": "data.error_rate",
        "expression": "error_rate",
        "types": ["number"],
        "count": 2,
        "samples": [12, 5],
    }
    assert {each["expression"] for each in few.json()["fields"]} == {"total", "event.data.type"}
    assert few.json()["types"] == [{"name": "order", "count": 1}]


async def test_a_pattern_that_is_none_is_refused_by_name(trying: Api) -> None:
    for path in ("recent", "kinds"):
        answer = await trying.http.get(f"{BASE}/events/{path}", params={"subject": "event.a b"})

        assert answer.status_code == 400
        assert answer.json()["errors"][0]["pointer"] == "/query/subject"


async def test_without_the_bus_it_is_said_that_events_cannot_be_read(api: Api) -> None:
    for path in ("recent", "recent?after=3", "kinds", "1"):
        answer = await api.http.get(f"{BASE}/events/{path}")

        assert (answer.status_code, answer.json()["code"]) == (503, "events.unavailable")


async def test_reading_events_takes_its_own_right(trying: Api) -> None:
    for scope, status in (("events:read", 200), ("events:write", 403), ("tasks:read", 403)):
        headers = bearer(await trying.token(scope))

        assert (await trying.http.get(RECENT, headers=headers)).status_code == status
