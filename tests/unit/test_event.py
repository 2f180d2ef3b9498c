"""Events come in three forms and leave in one."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.domain.event import EVENT_MAX, Event, event_from
from tests.support.cases import table

AT = datetime(2026, 11, 24, 9, tzinfo=UTC)
SUBJECT = "event.shop.order.created"
STRUCTURED = {"specversion": "1.0", "id": "1", "source": "/shop/1", "type": "com.shop.order"}


def read(
    payload: object, headers: dict[str, str] | None = None, *, subject: str = SUBJECT
) -> Event:
    data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return event_from(subject, headers, data, AT, fallback_id="EVENTS:7")


def test_plain_json_is_told_by_its_subject() -> None:
    event = read({"total": 5})
    assert (event.source, event.type, event.id) == ("shop", "order.created", "EVENTS:7")
    assert (event.data, event.time, event.key) == ({"total": 5}, AT, "shop|EVENTS:7")
    assert read({}, {"Nats-Msg-Id": "m1"}).id == "m1"
    assert read({}, subject="event.shop").type == "shop"


def test_without_any_id_what_it_is_tells_it_from_others() -> None:
    ids = {event_from(SUBJECT, None, data, AT).id for data in (b'{"a":1}', b'{"a":2}', b'{"a":1}')}
    assert len(ids) == 2


@table("headers", [None, {"content-type": "application/cloudevents+json; charset=utf-8"}])
def test_structured(headers: dict[str, str] | None) -> None:
    event = read(
        {
            **STRUCTURED,
            "time": "2026-11-24T16:00:00+08:00",
            "subject": "order/5",
            "traceparent": "x",
            "data": {"n": 1},
        },
        headers,
    )
    assert (event.id, event.source, event.type) == ("1", "/shop/1", "com.shop.order")
    assert event.time == datetime(2026, 11, 24, 8, tzinfo=UTC)
    assert (event.subject, event.data) == (SUBJECT, {"n": 1})
    assert event.as_json() == {
        **STRUCTURED,
        "time": "2026-11-24T08:00:00Z",
        "subject": "order/5",
        "traceparent": "x",
        "data": {"n": 1},
    }


def test_binary() -> None:
    event = read(
        {"n": 1},
        {
            "ce-specversion": "1.0",
            "Ce-Id": "9",
            "ce-source": "/shop/%E5%BA%97",
            "ce-type": "t",
            "ce-time": "never",
            "Content-Type": "application/json",
        },
    )
    assert (event.id, event.source, event.type, event.time) == ("9", "/shop/店", "t", AT)
    assert event.data == {"n": 1}
    assert event.as_json()["datacontenttype"] == "application/json"


def test_no_payload_is_no_data() -> None:
    assert read(b"", {"ce-id": "1", "ce-source": "s", "ce-type": "t"}).data == {}


@table("mode", ["header", "binary", "structured"])
def test_causes_come_along(mode: str) -> None:
    chain = [UUID(int=1), UUID(int=2)]
    text = f"{chain[0]}, {chain[1]},nonsense"
    event = {
        "header": lambda: read({}, {"automationcauses": text}),
        "binary": lambda: read(
            {}, {"ce-id": "1", "ce-source": "s", "ce-type": "t", "ce-automationcauses": text}
        ),
        "structured": lambda: read({**STRUCTURED, "automationcauses": text}),
    }[mode]()
    assert list(event.causes) == chain


@table(
    ("payload", "headers"),
    [
        (b"no json", None),
        (b'{"n": NaN}', None),
        (b"[" * 3_000, None),
        (b"[" * 40 + b"]" * 40, None),
        (b'"\\ud800"', None),
        (b"\xff", None),
        (b'"' + b"x" * EVENT_MAX + b'"', None),
        (b"{}", {"content-type": "application/cloudevents+json"}),
        (b"[]", {"content-type": "application/cloudevents+json"}),
        (b"{}", {"ce-id": "1"}),
        (b'{"specversion":"1.0","id":"\\u0000","source":"s","type":"t"}', None),
        (b"{}", {"Nats-Msg-Id": "x" * 600}),
    ],
)
def test_what_is_no_event_is_refused(payload: bytes, headers: dict[str, str] | None) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of its kind means the same
        read(payload, headers)


def test_the_digest_is_what_postgresql_would_compute() -> None:
    event = read(STRUCTURED)
    assert event.digest == hashlib.sha256(b"/shop/1\n1").digest()
