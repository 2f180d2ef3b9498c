"""A rehearsal fires what the scheduler would have fired, also silences and storms that ended."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from shared.domain.event import Event
from shared.domain.occurrence import Outcome
from shared.domain.trigger import parse_trigger
from shared.domain.triggering.records import Firing, Watched
from shared.domain.triggering.rehearsal import rehearsed
from tests.support.cases import table

START = datetime(2026, 11, 24, tzinfo=UTC)
TASK = UUID(int=1)


def at(second: float) -> datetime:
    return START + timedelta(seconds=second)


def fired(
    config: dict[str, Any], seconds: Sequence[int], *, until: int = 1000, users: str = "a"
) -> list[Firing]:
    """Rehearse events at *seconds*, by *users* in turn."""
    watched = Watched(TASK, 1, parse_trigger({"subject": "a", **config}))
    events = [
        Event(
            id=str(number),
            source="s",
            type="t",
            time=at(second),
            subject="event.a",
            data={"user": users[number % len(users)]},
        )
        for number, second in enumerate(seconds)
    ]
    steps = rehearsed(watched, [(each, each.time) for each in events], START, at(until))
    return [firing for step in steps for firing in step if firing.outcome is Outcome.FIRED]


def seconds_of(firings: Sequence[Firing]) -> list[float]:
    return [(each.at - START).total_seconds() for each in firings]


SILENT = {"posture": "proactive", "within_seconds": 100}
CASES: dict[str, tuple[dict[str, Any], list[int], list[float]]] = {
    "every-event": ({}, [1, 2, 3], [1, 2, 3]),
    "threshold": ({"threshold": 2, "within_seconds": 10}, [1, 2, 3, 50, 55], [2, 55]),
    "rate-limit": ({"rate_limit": {"limit": 1, "period_seconds": 10}}, [1, 2, 11], [1, 11]),
    "throttle-delays": ({"throttle": {"limit": 1, "period_seconds": 10}}, [1, 2], [1, 2]),
    "batch-by-size-and-time": (
        {"batch": {"max_size": 2, "timeout_seconds": 10}},
        [1, 2, 3, 40],
        [2, 13, 50],
    ),
    "batch-not-yet-due": ({"batch": {"max_size": 2, "timeout_seconds": 10}}, [995], []),
    "debounce": ({"debounce_seconds": 10}, [1, 5, 9, 40], [19, 50]),
    "debounce-not-for-ever": (
        {"debounce_seconds": 10, "debounce_timeout_seconds": 15},
        [1, 5, 9, 14, 15, 17, 100],
        [16, 27, 110],
    ),
    "silence-from-the-start": (SILENT, [], [100]),
    "silence-is-said-once-until-an-event-comes": (SILENT, [50, 60, 400, 950], [160, 500]),
    "too-few-are-a-silence": ({**SILENT, "threshold": 2}, [50, 60, 120], [160]),
    "no-silence": ({**SILENT, "within_seconds": 600}, [500, 900], []),
    "silence-within-the-rate-limit": (
        {**SILENT, "rate_limit": {"limit": 1, "period_seconds": 900}},
        [50, 400],
        [150],
    ),
}


@table(("config", "seconds", "expected"), CASES.values())
def test_it_fires_when_the_machines_let_go(
    config: dict[str, Any], seconds: list[int], expected: list[float]
) -> None:
    assert seconds_of(fired(config, seconds)) == expected


def test_keys_are_counted_apart_and_ripen_in_the_order_in_which_they_are_due() -> None:
    config = {"for_each": ["data.user"], "debounce_seconds": 10}

    firings = fired(config, [1, 2, 5], users="ab")

    assert seconds_of(firings) == [12, 15]
    assert [each.event["data"]["user"] for each in firings] == ["b", "a"]


def test_silence_by_key_is_known_only_of_keys_that_were_heard_of() -> None:
    firings = fired({**SILENT, "for_each": ["data.user"]}, [1, 2, 90], users="ab")

    assert seconds_of(firings) == [102, 190]
    assert [each.event["data"] for each in firings] == [{"user": "b"}, {"user": "a"}]
