"""The fires that the API foretells: what a blackout skips, holds until its end, or forbids."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any
from uuid import UUID

from services.api.tasks.definition import Definition
from services.api.tasks.upcoming import read_calendar, upcoming
from shared.contracts.policy import Blackout, TaskPolicy
from shared.contracts.tasks import TaskType
from shared.domain.blackout import Calendar, parse_calendar
from tests.support.cases import table

TASK = UUID("7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11")
NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)  # a Friday
WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKEND = parse_calendar({"weekly": [{"days": ["sat", "sun"], "from": "00:00", "to": "24:00"}]})
NIGHTS = parse_calendar({"weekly": [{"days": WEEK, "from": "18:00", "to": "06:00"}]})
DAYS = parse_calendar({"weekly": [{"days": WEEK, "from": "06:00", "to": "18:00"}]})


def coming(
    config: dict[str, Any], *calendars: Calendar, count: int = 3, at_end: bool = False
) -> list[tuple[str, str]]:
    blackout = Blackout(calendars=("c",), on_blackout="run_at_end" if at_end else "skip")
    task = Definition(
        task_type=TaskType.SCHEDULED,
        schedule_config=config,
        policy=TaskPolicy(blackout=blackout if calendars else None),
    )
    found = islice(upcoming(task, TASK, calendars, NOW), count)
    return [(f"{each.at:%d %H:%M:%S}", f"{each.due:%d %H:%M:%S}") for each in found]


def at(*times: str) -> list[tuple[str, str]]:
    return [(time, time) for time in times]


def test_without_calendars_every_fire_comes() -> None:
    assert coming({"cron": "0 9 * * *"}) == at("28 09:00:00", "29 09:00:00", "30 09:00:00")


def test_fires_in_a_blackout_are_skipped() -> None:
    assert coming({"cron": "0 9 * * *"}, WEEKEND, count=2) == at("30 09:00:00", "01 09:00:00")


def test_the_first_fire_at_the_end_of_a_blackout_comes() -> None:
    assert coming({"interval_seconds": 1}, NIGHTS, WEEKEND, count=1) == at("27 12:00:01")
    assert coming({"cron": "0 0 * * *"}, WEEKEND, count=1) == at("30 00:00:00")


@table(
    ("config", "last"),
    [
        ({"cron": "0 9 * * *"}, "29 09:00:00"),
        ({"cron": "0 9 * * sat"}, "28 09:00:00"),
        ({"interval_hours": 4}, "29 20:00:00"),
    ],
)
def test_the_last_fire_of_a_blackout_is_held_until_its_end(
    config: dict[str, Any], last: str
) -> None:
    held = coming(config, WEEKEND, count=20, at_end=True)

    assert [pair for pair in held if pair[1] == "30 00:00:00" and pair[0] != pair[1]] == [
        (last, "30 00:00:00")
    ]


def test_every_second_through_a_weekend_is_told_at_once() -> None:
    (fire,) = coming(
        {"interval_seconds": 1, "start_at": "2026-11-28T00:00:00Z"}, WEEKEND, count=1, at_end=True
    )

    assert fire == ("29 23:59:59", "30 00:00:00")


def test_a_schedule_that_is_always_blacked_out_has_no_fires() -> None:
    assert coming({"cron": "0 3 * * *"}, NIGHTS) == []
    assert coming({"interval_seconds": 1}, NIGHTS, DAYS) == []


def test_a_paused_task_has_no_fires() -> None:
    task = Definition(
        task_type=TaskType.SCHEDULED, schedule_config={"interval_seconds": 1}, enabled=False
    )

    assert list(upcoming(task, TASK, (), NOW)) == []


def test_jitter_is_in_the_due_time() -> None:
    task = Definition(
        task_type=TaskType.SCHEDULED,
        schedule_config={"interval_hours": 1, "jitter_seconds": 600},
    )

    fires = list(islice(upcoming(task, TASK, (), NOW), 20))

    assert all(timedelta(0) <= each.due - each.at < timedelta(minutes=10) for each in fires)
    assert len({each.due - each.at for each in fires}) > 1


def test_a_calendar_of_older_rules_breaks_no_read() -> None:
    assert read_calendar('{"weekly": "old"}') is None
