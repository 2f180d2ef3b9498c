"""Events on their way through one trigger: keys apart, batches with an end, causes kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.domain.event import Event
from shared.domain.trigger import parse_trigger
from shared.domain.triggering.flow import feed
from shared.domain.triggering.machines import BATCH_BYTES
from shared.domain.triggering.records import Firing, States, Watched

START = datetime(2026, 11, 24, tzinfo=UTC)
TASK = UUID(int=1)


def fed(
    config: dict[str, Any], datas: Sequence[dict[str, Any]], causes: Sequence[UUID] = ()
) -> list[Firing]:
    """Feed one event a second; event *n* was caused by one of *causes*, in turn."""
    watched = Watched(TASK, 1, parse_trigger({"subject": "a", **config}))
    states = States()
    firings: list[Firing] = []
    for number, data in enumerate(datas):
        at = START + timedelta(seconds=number)
        event = Event(
            id=str(number),
            source="s",
            type="t",
            time=at,
            subject="event.a",
            data=data,
            causes=(causes[number],) if causes else (),
        )
        firings += feed(watched, event, at, states)
    return firings


USERS = [{"user": name} for name in "aabb"]


def test_a_throttle_delays_each_key_for_itself() -> None:
    throttle = {"limit": 1, "period_seconds": 60, "key": "data.user"}
    waits = [
        each.not_before and (each.not_before - START).total_seconds()
        for each in fed({"throttle": throttle}, USERS)
    ]
    assert waits == [None, 60, None, 62]


def test_a_rate_limit_drops_of_each_key_for_itself() -> None:
    limit = {"limit": 1, "period_seconds": 60, "key": "data.user"}
    outcomes = [each.outcome for each in fed({"rate_limit": limit}, USERS)]
    assert outcomes == ["fired", "throttled", "fired", "throttled"]


def test_a_batch_collects_each_key_for_itself() -> None:
    batch = {"max_size": 2, "timeout_seconds": 60, "key": "data.user"}
    firings = fed({"batch": batch}, [USERS[0], USERS[2], USERS[1], USERS[3]])
    assert [[each["id"] for each in firing.event["events"]] for firing in firings] == [
        ["0", "2"],
        ["1", "3"],
    ]


def test_a_batch_of_many_bytes_is_full_whatever_its_size() -> None:
    large = {"text": "x" * (BATCH_BYTES // 4)}
    firings = fed({"batch": {"max_size": 1000, "timeout_seconds": 60}}, [large] * 6)
    assert [len(firing.event["events"]) for firing in firings] == [4]


def test_a_batch_was_caused_by_all_that_caused_its_events() -> None:
    causes = [UUID(int=7), UUID(int=8), UUID(int=7)]
    config = {"batch": {"max_size": 3, "timeout_seconds": 60}}
    (firing,) = fed(config, [{}, {}, {}], causes)
    assert firing.causes == (UUID(int=7), UUID(int=8))
