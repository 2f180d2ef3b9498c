"""Laws of calendars that no list of examples can cover, DST included."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.blackout import FARTHEST, Calendar, covering, parse_calendar
from shared.domain.errors import InvalidDefinition

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
ZONES = (
    "UTC",
    "Asia/Taipei",
    "America/New_York",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/Havana",
    "Africa/Casablanca",
    "Pacific/Apia",
)
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)

days = st.dates(date(2011, 11, 1), date(2012, 5, 1))


def clocks(last: int) -> st.SearchStrategy[str]:
    return st.integers(0, last).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")


windows = st.fixed_dictionaries(
    {
        "days": st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True),
        "from": clocks(24 * 60 - 1),
        "to": clocks(24 * 60),
    }
).filter(lambda window: window["from"] != window["to"])
ranges = st.tuples(days, st.integers(0, 9)).map(
    lambda pair: {"from": str(pair[0]), "to": str(pair[0] + timedelta(days=pair[1]))}
)
specs = st.fixed_dictionaries(
    {
        "timezone": st.sampled_from(ZONES),
        "dates": st.lists(ranges, max_size=5),
        "weekly": st.lists(windows, max_size=4),
        "holidays": st.lists(days.map(str), min_size=1, max_size=5),
    }
)
instants = st.datetimes(datetime(2011, 11, 1), datetime(2012, 5, 1), timezones=st.just(UTC))  # noqa: DTZ001 - st.datetimes wants naive bounds


def read(spec: dict[str, Any]) -> Calendar | None:
    try:
        return parse_calendar(spec)
    except InvalidDefinition as error:
        assert {problem.code for problem in error.problems} == {"calendar.always"}  # noqa: PT017 - only some specs fail
        return None


def shown_in(spec: dict[str, Any], wall: datetime) -> bool:
    """Return whether the clock time *wall* stands in the calendar: an oracle that knows no zone."""
    day, clock = wall.date(), f"{wall:%H:%M}"
    if str(day) in spec["holidays"]:
        return True
    if any(each["from"] <= str(day) <= each["to"] for each in spec["dates"]):
        return True
    for window in spec["weekly"]:
        crosses = window["to"] < window["from"]
        today, yesterday = DAYS[day.weekday()], DAYS[(day - DAY).weekday()]
        if (
            today in window["days"]
            and window["from"] <= clock
            and (crosses or clock < window["to"])
        ):
            return True
        if crosses and yesterday in window["days"] and clock < window["to"]:
            return True
    return False


@given(specs, instants)
def test_whenever_clocks_show_a_blackout_it_is_one(spec: dict[str, Any], at: datetime) -> None:
    calendar = read(spec)
    if calendar is None:
        return
    wall = at.astimezone(ZoneInfo(spec["timezone"]))

    if shown_in(spec, wall):
        assert covering(calendar, at) is not None


@given(specs, instants)
def test_without_jumps_nothing_else_is_one(spec: dict[str, Any], at: datetime) -> None:
    calendar = read(spec)
    if calendar is None:
        return
    zone = ZoneInfo(spec["timezone"])
    offsets = {(at + n * DAY).astimezone(zone).utcoffset() for n in range(-2, 3)}

    if len(offsets) == 1:
        assert (covering(calendar, at) is not None) == shown_in(spec, at.astimezone(zone))


@given(specs, instants)
def test_a_blackout_is_the_same_from_wherever_in_it_one_looks(
    spec: dict[str, Any], at: datetime
) -> None:
    calendar = read(spec)
    found = covering(calendar, at) if calendar is not None else None
    if calendar is None or found is None:
        return
    start, end = found

    assert start <= at < end
    assert covering(calendar, start) == found
    assert covering(calendar, end - MICROSECOND) == found
    assert end - at > FARTHEST or covering(calendar, end) is None
    assert at - start > FARTHEST or covering(calendar, start - MICROSECOND) is None


@given(specs)
def test_the_normal_form_is_read_back(spec: dict[str, Any]) -> None:
    calendar = read(spec)
    if calendar is not None:
        assert parse_calendar(calendar.spec) == calendar
        assert parse_calendar(calendar.spec).spec == calendar.spec


junk = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(("from", "to", "days", "dates", "weekly", "holidays", "timezone", "x")),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@given(junk)
def test_junk_is_refused_and_nothing_else(value: Any) -> None:  # noqa: ANN401 - anything at all
    try:
        parse_calendar(value)
    except InvalidDefinition as error:
        assert error.problems  # noqa: PT017 - some junk is a calendar
