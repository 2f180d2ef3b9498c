"""Calendars: which instants they hold, and where a blackout begins and ends."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from shared.domain.blackout import FARTHEST, covering, covering_any, parse_calendar
from shared.domain.blackout_times import coming
from shared.domain.errors import InvalidDefinition
from shared.domain.instant import format_instant, parse_instant
from tests.support.cases import table

WEEK = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


def held(spec: dict[str, Any], at: str) -> tuple[str, str] | None:
    found = covering(parse_calendar(spec), parse_instant(at))
    return found and (format_instant(found[0]), format_instant(found[1]))


def nightly(begins: str, ends: str, zone: str = "UTC", *days: str) -> dict[str, Any]:
    return {
        "timezone": zone,
        "weekly": [{"days": list(days) or WEEK, "from": begins, "to": ends}],
    }


YEAR_END = {"timezone": "Asia/Taipei", "dates": [{"from": "2026-12-30", "to": "2027-01-02"}]}
ENDS_2027 = ("2026-12-29T16:00:00Z", "2027-01-02T16:00:00Z")


@table(
    ("at", "expected"),
    [
        ("2026-12-29T15:59:59Z", None),
        ("2026-12-29T16:00:00Z", ENDS_2027),
        ("2027-01-02T15:59:59Z", ENDS_2027),
        ("2027-01-02T16:00:00Z", None),
    ],
)
def test_a_range_of_dates_holds_both_its_days(at: str, expected: tuple[str, str] | None) -> None:
    assert held(YEAR_END, at) == expected


@table(
    ("at", "expected"),
    [
        ("2026-11-27T21:59:59Z", None),
        ("2026-11-27T22:00:00Z", ("2026-11-27T22:00:00Z", "2026-11-28T06:00:00Z")),
        ("2026-11-28T05:59:59Z", ("2026-11-27T22:00:00Z", "2026-11-28T06:00:00Z")),
        ("2026-11-28T06:00:00Z", None),
        ("2026-11-28T23:00:00Z", None),
    ],
)
def test_a_weekly_window_belongs_to_the_day_on_which_it_begins(
    at: str, expected: tuple[str, str] | None
) -> None:
    assert held(nightly("22:00", "06:00", "UTC", "fri"), at) == expected


def test_a_window_across_the_end_of_the_week_is_seen_on_monday() -> None:
    assert held(nightly("22:00", "06:00", "UTC", "sun"), "2026-11-30T03:00:00Z") is not None


def test_a_whole_day_ends_at_24_00() -> None:
    assert held(nightly("00:00", "24:00", "UTC", "sat"), "2026-11-28T12:00:00Z") == (
        "2026-11-28T00:00:00Z",
        "2026-11-29T00:00:00Z",
    )


def test_blackouts_that_follow_on_each_other_are_one() -> None:
    spec = nightly("00:00", "24:00", "UTC", "sat", "sun") | {"holidays": ["2026-11-30"]}

    assert held(spec, "2026-11-29T12:00:00Z") == ("2026-11-28T00:00:00Z", "2026-12-01T00:00:00Z")


def test_two_calendars_that_follow_on_each_other_are_one() -> None:
    calendars = [parse_calendar({"holidays": [day]}) for day in ("2026-11-28", "2026-11-29")]

    assert covering_any(calendars, datetime(2026, 11, 28, 1, tzinfo=UTC)) == (
        datetime(2026, 11, 28, tzinfo=UTC),
        datetime(2026, 11, 30, tzinfo=UTC),
    )


def test_two_calendars_that_never_open_end_far_away() -> None:
    days, nights = (
        parse_calendar(nightly(begins, ends))
        for begins, ends in (("06:00", "18:00"), ("18:00", "06:00"))
    )
    at = datetime(2026, 11, 28, tzinfo=UTC)

    found = covering_any([days, nights], at)

    assert found is not None
    assert found[1] - at >= FARTHEST


@table(
    ("spec", "at", "expected"),
    [
        (  # begins in a gap
            nightly("02:30", "05:00", "America/New_York"),
            "2026-03-08T07:00:00Z",
            ("2026-03-08T07:00:00Z", "2026-03-08T09:00:00Z"),
        ),
        (  # ends in a gap
            nightly("00:00", "02:30", "America/New_York"),
            "2026-03-08T06:59:59Z",
            ("2026-03-08T05:00:00Z", "2026-03-08T07:00:00Z"),
        ),
        (  # lies in a gap
            nightly("02:00", "03:00", "America/New_York", "sun"),
            "2026-03-08T07:00:00Z",
            None,
        ),
        (  # begins in a fold
            nightly("01:30", "03:00", "America/New_York"),
            "2026-11-01T06:10:00Z",
            ("2026-11-01T05:30:00Z", "2026-11-01T08:00:00Z"),
        ),
        (  # ends in a fold
            nightly("00:00", "01:30", "America/New_York"),
            "2026-11-01T06:10:00Z",
            ("2026-11-01T04:00:00Z", "2026-11-01T06:30:00Z"),
        ),
    ],
)
def test_clocks_that_jump(spec: dict[str, Any], at: str, expected: tuple[str, str] | None) -> None:
    assert held(spec, at) == expected


def test_a_day_that_a_zone_left_out_is_no_blackout() -> None:
    # Samoa went from Thursday the 29th of December 2011 to Saturday the 31st.
    spec = {"timezone": "Pacific/Apia", "holidays": ["2011-12-30"]}

    assert held(spec, "2011-12-30T09:59:59Z") is None
    assert held(spec, "2011-12-30T10:00:00Z") is None


def test_the_normal_form_reads_back_to_the_same_calendar() -> None:
    calendar = parse_calendar(YEAR_END | {"holidays": ["2027-01-03"], "weekly": None})

    assert parse_calendar(calendar.spec) == calendar
    assert len(calendar.ranges) == 1


@table("spec", [[], "x", None, {"holidays": []}, {"weekly": []}, {1: 2}])
def test_what_is_no_calendar_is_refused(spec: Any) -> None:  # noqa: ANN401 - anything at all
    with pytest.raises(InvalidDefinition):
        parse_calendar(spec)


@table(
    ("spec", "at", "expected"),
    [
        # The one that is now comes first; windows that touch are one.
        (
            nightly("22:00", "24:00", "UTC", "mon"),
            "2026-06-01T23:00:00Z",  # a Monday
            [
                ("2026-06-01T22:00:00Z", "2026-06-02T00:00:00Z"),
                ("2026-06-08T22:00:00Z", "2026-06-09T00:00:00Z"),
            ],
        ),
        (
            {
                "weekly": [
                    {"days": ["fri"], "from": "22:00", "to": "24:00"},
                    {"days": ["sat"], "from": "00:00", "to": "06:00"},
                ],
                "holidays": ["2026-06-10"],
            },
            "2026-06-04T00:00:00Z",
            [
                ("2026-06-05T22:00:00Z", "2026-06-06T06:00:00Z"),
                ("2026-06-10T00:00:00Z", "2026-06-11T00:00:00Z"),
            ],
        ),
        (YEAR_END, "2026-12-31T00:00:00Z", [ENDS_2027]),
        (YEAR_END, "2027-01-02T16:00:00Z", []),
    ],
)
def test_the_next_blackouts_are_told_each_once(
    spec: dict[str, Any], at: str, expected: list[tuple[str, str]]
) -> None:
    found = coming(parse_calendar(spec), parse_instant(at), 2)

    assert [(format_instant(start), format_instant(end)) for start, end in found] == expected
