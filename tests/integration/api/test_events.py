"""Events over HTTP: taken once, said until the scheduler has them, refused by name."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

from nats.aio.client import Client

from services.api.bus.announce import OUTBOX
from services.api.bus.forget import Forgetter
from services.api.bus.insist import Insister
from services.api.documented.events import TakenEvents
from services.api.store.database import Database
from shared.bus import topology
from shared.bus.declare import declare
from shared.bus.publisher import Publisher
from shared.domain.event import Event, event_from
from shared.outbox.relay import Relay
from tests.integration.api.client import BASE, TASKS, Api, bearer
from tests.support.cases import cases

EVENTS = f"{BASE}/events"
CLOUD = {
    "specversion": "1.0",
    "id": "7",
    "source": "https://shop.example/orders",
    "type": "com.example.order.created",
    "time": "2026-11-24T09:00:00+08:00",
    "datacontenttype": "application/json",
    "tenant": "a",
    "data": {"total": 5},
}
PLAIN = {"source": "monitor", "type": "metrics.sample", "data": {"error_rate": 12.5}}


async def post(api: Api, body: object, **headers: str) -> list[dict[str, str]]:
    answer = await api.http.post(EVENTS, json=body, headers=headers)
    assert answer.status_code == 202, answer.text
    TakenEvents.model_validate(answer.json())
    found: list[dict[str, str]] = answer.json()["events"]
    return found


async def said(api: Api) -> list[tuple[str, Event]]:
    """Return what lies in the outbox, as the scheduler will read it."""
    rows = await api.pool.fetch("SELECT * FROM api.outbox ORDER BY id")
    return [
        (
            row["subject"],
            event_from(row["subject"], None, row["payload"], received_at=row["created_at"]),
        )
        for row in rows
    ]


async def test_a_plain_event_becomes_a_cloud_event_on_its_subject(api: Api) -> None:
    (taken,) = await post(api, PLAIN)

    ((subject, event),) = await said(api)
    assert taken == {"id": event.id, "source": "monitor", "status": "accepted"}
    assert UUID(taken["id"])
    assert subject == "event.monitor.metrics.sample"
    assert (event.source, event.type) == ("monitor", "metrics.sample")
    assert event.data == {"error_rate": 12.5}
    assert len(api.woken) == 1


async def test_a_cloud_event_keeps_what_it_says_of_itself(api: Api) -> None:
    answer = await api.http.post(
        EVENTS,
        content=json.dumps(CLOUD),
        headers={"Content-Type": "application/cloudevents+json; charset=utf-8"},
    )
    assert answer.status_code == 202

    ((subject, event),) = await said(api)
    assert subject == "event.https___shop_example_orders.com.example.order.created"
    assert event.as_json()["time"] == "2026-11-24T01:00:00Z"
    assert event.attributes["tenant"] == "a"
    assert (event.id, event.source, event.data) == ("7", CLOUD["source"], {"total": 5})


BINARY = {
    "ce-specversion": "1.0",
    "ce-id": "7",
    "ce-source": "https://shop.example/%E5%BA%97",
    "ce-type": "com.example.order.created",
    "ce-time": "2026-11-24T09:00:00+08:00",
    "ce-tenant": '"a \\"quoted\\" one"',
    "Content-Type": "application/json",
}


async def test_a_cloud_event_in_binary_mode_is_the_same_event(api: Api) -> None:
    answer = await api.http.post(EVENTS, content=b'{"total": 5}', headers=BINARY)
    assert answer.status_code == 422  # a source is ASCII once it is decoded
    headers = {**BINARY, "ce-source": "https://shop.example/%7Eorders"}
    for status in ("accepted", "duplicate"):
        answer = await api.http.post(EVENTS, content=b'{"total": 5}', headers=headers)
        assert answer.status_code == 202, answer.text
        assert answer.json()["events"] == [
            {"id": "7", "source": "https://shop.example/~orders", "status": status}
        ]

    ((subject, event),) = await said(api)
    assert subject == "event.https___shop_example__orders.com.example.order.created"
    assert event.data == {"total": 5}
    assert event.as_json()["time"] == "2026-11-24T01:00:00Z"
    assert event.attributes == {"tenant": 'a "quoted" one', "datacontenttype": "application/json"}


async def test_binary_mode_needs_no_data_and_says_what_is_wrong_by_name(api: Api) -> None:
    mode = {**BINARY, "ce-source": "shop"}
    bare = {name: value for name, value in mode.items() if name != "Content-Type"}
    without = await api.http.post(EVENTS, headers=bare)
    assert without.status_code == 202, without.text
    assert [event.data for _, event in await said(api)] == [{}]

    async def refused(headers: dict[str, str], content: bytes = b"{}") -> tuple[int, list[str]]:
        answer = await api.http.post(EVENTS, content=content, headers=headers)
        pointers = [each["pointer"] for each in answer.json().get("errors", [])]
        return answer.status_code, pointers

    assert await refused({**mode, "ce-specversion": "0.3"}) == (422, ["/specversion"])
    assert await refused({"ce-id": "1", "Content-Type": "application/json"}) == (
        422,
        ["/specversion", "/source", "/type"],
    )
    assert (await refused({**mode, "Content-Type": "text/plain"}))[0] == 415
    assert (await refused(bare))[0] == 415
    assert (await refused({**mode, "ce-data": "x", "ce-source": "automation"}))[1] == ["/source"]


async def test_under_one_idempotency_key_other_headers_are_another_event(api: Api) -> None:
    headers = {**BINARY, "ce-source": "shop", "Idempotency-Key": "k"}
    first = await api.http.post(EVENTS, content=b"{}", headers=headers)
    other = await api.http.post(EVENTS, content=b"{}", headers={**headers, "ce-id": "8"})

    assert (first.status_code, other.status_code) == (202, 422)


async def test_the_same_event_is_taken_once_a_day(api: Api) -> None:
    first = await post(api, [CLOUD, {**CLOUD, "data": 1}, {**CLOUD, "id": "8"}])
    again = await post(api, CLOUD)

    assert [each["status"] for each in first] == ["accepted", "duplicate", "accepted"]
    assert [each["status"] for each in again] == ["duplicate"]
    assert [event.data for _, event in await said(api)] == [{"total": 5}, {"total": 5}]

    await api.pool.execute("UPDATE api.events SET accepted_at = now() - interval '25 hours'")
    assert [each["status"] for each in await post(api, CLOUD)] == ["accepted"]


async def test_events_of_a_batch_go_out_in_its_order(api: Api) -> None:
    batch = [{**PLAIN, "id": str(number)} for number in (3, 1, 2)]
    await post(api, batch)

    assert [event.id for _, event in await said(api)] == ["3", "1", "2"]


async def test_a_batch_of_five_hundred_is_taken_and_one_more_is_not(api: Api) -> None:
    batch = [{**PLAIN, "id": str(number)} for number in range(501)]

    assert len(await post(api, batch[:500])) == 500
    refused = await api.http.post(EVENTS, json=batch)
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["code"] == "events.too_many"
    assert await api.count("api.outbox") == 500


async def test_two_calls_at_once_take_an_event_once(api: Api) -> None:
    batch = [{**PLAIN, "id": str(number)} for number in range(20)]

    answers = await asyncio.gather(post(api, batch), post(api, batch[::-1]), post(api, batch))

    statuses = [each["status"] for answer in answers for each in answer]
    assert statuses.count("accepted") == 20
    assert await api.count("api.outbox") == 20


async def test_an_idempotency_key_gives_the_same_ids_again(api: Api) -> None:
    first = await post(api, PLAIN, **{"Idempotency-Key": "k"})
    second = await post(api, PLAIN, **{"Idempotency-Key": "k"})

    assert first == second
    assert await api.count("api.outbox") == 1


async def test_events_need_their_own_scope(api: Api) -> None:
    producer = bearer(await api.token("events:write"))
    reader = bearer(await api.token("tasks:write"))

    taken = await api.http.post(EVENTS, json=PLAIN, headers=producer)
    refused = await api.http.post(EVENTS, json=PLAIN, headers=reader)
    closed = await api.http.get(TASKS, headers=producer)

    assert (taken.status_code, refused.status_code, closed.status_code) == (202, 403, 403)


def deep(levels: int) -> Any:  # noqa: ANN401 - any JSON value
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


REFUSED: list[tuple[object, str, str]] = [
    (5, "", "event.object"),
    ([], "", "field.too_few"),
    ([PLAIN, "x"], "/1", "event.object"),
    ({"type": "a"}, "/source", "field.required"),
    ({"source": "a"}, "/type", "field.required"),
    ([PLAIN, {**PLAIN, "source": None}], "/1/source", "field.required"),
    ({**PLAIN, "source": 5}, "/source", "field.string"),
    ({**PLAIN, "source": ""}, "/source", "field.too_short"),
    ({**PLAIN, "source": "a b"}, "/source", "field.pattern"),
    ({**PLAIN, "source": "a|b"}, "/source", "field.pattern"),
    ({**PLAIN, "source": "x" * 256}, "/source", "field.too_long"),
    ({**PLAIN, "source": "automation"}, "/source", "event.source_reserved"),
    ({**PLAIN, "source": "alert"}, "/source", "event.source_reserved"),
    ({**PLAIN, "type": "a\nb"}, "/type", "field.pattern"),
    ({**PLAIN, "id": 5}, "/id", "field.string"),
    ({**PLAIN, "id": ""}, "/id", "field.too_short"),
    ({**PLAIN, "id": "x" * 256}, "/id", "field.too_long"),
    ({**PLAIN, "time": "yesterday"}, "/time", "datetime.invalid"),
    ({**PLAIN, "time": "2026-11-24T09:00:00"}, "/time", "datetime.zone_required"),
    ({**PLAIN, "dta": {}}, "/dta", "field.unknown"),
    ({**CLOUD, "specversion": "0.3"}, "/specversion", "field.choice"),
    ({**CLOUD, "specversion": 1}, "/specversion", "field.choice"),
    ({**CLOUD, "id": None}, "/id", "field.required"),
    ({**CLOUD, "subject": ""}, "/subject", "field.too_short"),
    ({**CLOUD, "data_base64": "AA=="}, "/data_base64", "event.binary"),
    ({**CLOUD, "Tenant": "a"}, "/Tenant", "event.extension_name"),
    ({**CLOUD, "a/b": "a"}, "/a~1b", "event.extension_name"),
    ({**CLOUD, "tenant": {}}, "/tenant", "event.extension_value"),
    ({**CLOUD, "tenant": 2**31}, "/tenant", "event.extension_value"),
    ({**CLOUD, "tenant": "x" * 1025}, "/tenant", "event.extension_value"),
    ({**PLAIN, "data": "x" * 65_536}, "", "event.too_large"),
]


async def test_a_senseless_event_is_refused_by_the_name_of_its_field(shared_api: Api) -> None:
    for case in cases(REFUSED):
        with case as (body, pointer, code):
            answer = await shared_api.http.post(EVENTS, json=body)

            assert answer.status_code == 422
            assert (pointer, code) in [
                (each["pointer"], each["code"]) for each in answer.json()["errors"]
            ]
            assert await shared_api.count("api.outbox") == 0


UNREADABLE = [
    (b"", 400, "json.empty"),
    (b'{"source": "a", "source": "b", "type": "c"}', 400, "json.duplicate_key"),
    (b'{"source": "a", "type": "b", "data": {"x": 1, "x": 2}}', 400, "json.duplicate_key"),
    (b'{"source": "a", "type": "b", "data": NaN}', 400, "json.number"),
    (b'{"source": "a", "type": "b", "data": 1e999}', 400, "json.number"),
    (b'{"source": "a", "type": "b", "data": 9007199254740993}', 422, "int.range"),
    (b'{"source": "a", "type": "b", "data": "\\ud800"}', 400, "json.surrogate"),
    (b'{"source": "a", "type": "b", "data": "\\u0000"}', 422, "text.control"),
    (json.dumps({**PLAIN, "data": deep(32)}).encode(), 400, "json.depth"),
    (json.dumps({**PLAIN, "data": [0] * 50_001}).encode(), 400, "json.size"),
    (b'{"source": "a"', 400, "json.syntax"),
    (b'"' + b"x" * (1024 * 1024) + b'"', 413, "body.too_large"),
]


async def test_what_cannot_be_read_is_refused(shared_api: Api) -> None:
    for case in cases(UNREADABLE):
        with case as (body, status, code):
            answer = await shared_api.http.post(
                EVENTS, content=body, headers={"Content-Type": "application/json"}
            )

            assert (answer.status_code, answer.json()["code"]) == (status, code)
            assert await shared_api.count("api.outbox") == 0


async def test_another_media_type_is_refused(shared_api: Api) -> None:
    for case in cases(["text/plain", "application/xml", "application/cloudevents+xml"]):
        with case as kind:
            answer = await shared_api.http.post(
                EVENTS, content=b"{}", headers={"Content-Type": kind}
            )

            assert answer.status_code == 415


async def pass_seconds(api: Api, seconds: int) -> None:
    await api.pool.execute(
        "UPDATE api.outbox SET sent_at = sent_at - make_interval(secs => $1)", seconds
    )


async def stored(bus: Client) -> list[str]:
    """Return the ids of the events that the stream holds."""
    js = bus.jetstream()
    info = await js.stream_info(topology.EVENTS.name)
    found: list[str] = []
    for sequence in range(info.state.first_seq, info.state.last_seq + 1):
        message = await js.get_msg(topology.EVENTS.name, sequence)
        found.append(json.loads(message.data or b"")["id"])
    return found


async def test_an_accepted_event_survives_a_wiped_stream(
    api: Api, bus: Client, nats_url: str
) -> None:
    relay = Relay(api.pool, Publisher(bus), OUTBOX)
    insister = Insister(Database(api.own), lambda: None)
    await post(api, {**PLAIN, "id": "1"})
    await relay.step()
    assert await stored(bus) == ["1"]

    await bus.jetstream().delete_stream(topology.EVENTS.name)
    await declare(nats_url)
    await pass_seconds(api, 4)
    await insister.step()
    await relay.step()

    assert await stored(bus) == ["1"]
    await pass_seconds(api, 4)
    await api.pool.execute(
        "INSERT INTO scheduler.events_seen (event_key) SELECT awaits_event FROM api.outbox"
    )
    await insister.step()
    assert await api.count("api.outbox") == 0


async def test_the_event_s_key_is_the_scheduler_s(api: Api) -> None:
    await post(api, {**PLAIN, "id": "1"})

    same: bool = await api.pool.fetchval(
        "SELECT awaits_event = sha256(convert_to(E'monitor\\n1', 'UTF8')) FROM api.outbox"
    )
    assert same


async def test_events_are_forgotten_after_a_day(api: Api) -> None:
    await post(api, [{**PLAIN, "id": "old"}, {**PLAIN, "id": "new"}])
    await api.pool.execute(
        "UPDATE api.events SET accepted_at = now() - interval '25 hours' WHERE id = 'old'"
    )

    await Forgetter(Database(api.own)).step()

    assert [row["id"] for row in await api.pool.fetch("SELECT id FROM api.events")] == ["new"]


async def test_an_unknown_id_is_never_taken_for_another(api: Api) -> None:
    ids = [str(uuid4()) for _ in range(3)]

    taken = await post(api, [{**PLAIN, "id": each} for each in ids])

    assert [each["id"] for each in taken] == ids
