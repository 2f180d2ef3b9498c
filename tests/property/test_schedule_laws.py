"""Laws of schedules that no list of examples can cover."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

from cronsim import CronSim, CronSimError
from hypothesis import assume, example, given
from hypothesis import strategies as st

from shared.domain.cron import parse_cron
from shared.domain.describe import describe
from shared.domain.errors import InvalidDefinition
from shared.domain.schedule import due_at, fires, next_fire, parse_schedule
from shared.domain.texts.schedule import TEXTS
from tests.support import cron_oracle as oracle

TASK = "7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11"
ZONES = (
    "UTC",
    "Asia/Taipei",
    "America/New_York",
    "Europe/Dublin",
    "Australia/Lord_Howe",
    "Antarctica/Troll",
    "America/Santiago",
    "Africa/Casablanca",
    "Pacific/Chatham",
)

Config = dict[str, object]


# --- strategies


def terms(low: int, high: int) -> st.SearchStrategy[str]:
    number = st.integers(low, high)
    span = st.tuples(number, number).map(sorted)
    return st.one_of(
        number.map(str),
        span.map(lambda s: f"{s[0]}-{s[1]}"),
        span.flatmap(
            lambda s: st.integers(1, s[1] - s[0] + 1).map(lambda step: f"{s[0]}-{s[1]}/{step}")
        ),
        st.tuples(number, st.integers(1, high - low + 1)).map(lambda s: f"{s[0]}/{s[1]}"),
    )


def cron_fields(low: int, high: int, *more: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    star = st.one_of(st.just("*"), st.integers(1, high - low + 1).map(lambda step: f"*/{step}"))
    listed = st.lists(st.one_of(terms(low, high), *more), min_size=1, max_size=3).map(",".join)
    return st.one_of(st.just("*"), star, listed)


seconds = cron_fields(0, 59)
hours = cron_fields(0, 23)
days = cron_fields(1, 31, st.just("L"))
months = cron_fields(1, 12, st.sampled_from(["JAN", "feb", "MAR-MAY"]))
weekdays = cron_fields(
    0,
    6,
    st.sampled_from(["7", "SUN", "mon", "MON-FRI", "5-7", "SAT-SUN"]),
    st.integers(0, 7).map(lambda n: f"{n}L"),
    st.tuples(st.integers(0, 7), st.integers(1, 5)).map(lambda t: f"{t[0]}#{t[1]}"),
)
five_fields = st.tuples(seconds, hours, days, months, weekdays).map(" ".join)
six_fields = st.tuples(seconds, five_fields).map(" ".join)
instants = st.datetimes(datetime(2024, 1, 1), datetime(2032, 1, 1))  # noqa: DTZ001
instants = st.one_of(instants, instants.map(lambda at: at.replace(second=0, microsecond=0)))
# The hours around the clock changes of 2026, where the laws are hardest to keep.
nights = st.tuples(
    st.sampled_from(
        [f"2026-{day}" for day in ("03-08", "03-29", "04-05", "10-04", "10-25", "11-01")]
    ),
    st.integers(-86_400, 86_400),
).map(lambda t: datetime.fromisoformat(t[0]) + timedelta(seconds=t[1]))


def is_possible(expression: str, *, day_or: bool = True) -> bool:
    try:
        parse_cron(expression, day_or=day_or)
    except InvalidDefinition as error:
        return error.problems[0].code != "cron.never_fires"  # anything else is for the test to see
    return True


crons = st.one_of(five_fields, six_fields).map(lambda text: {"cron": text})
intervals = st.one_of(
    st.integers(1, 100_000).map(lambda n: {"interval_seconds": n}),
    st.integers(1, 2_000).map(lambda n: {"interval_minutes": n}),
    st.integers(1, 48).map(lambda n: {"interval_hours": n}),
)
one_shots = st.one_of(instants, nights).map(lambda at: {"at": at.isoformat() + "Z"})


@st.composite
def configs(
    draw: st.DrawFn, times: st.SearchStrategy[Any] = crons | intervals | one_shots
) -> Config:
    config: Config = draw(times)
    if "cron" in config:
        config["day_or"] = draw(st.booleans())
        assume(is_possible(str(config["cron"]), day_or=bool(config["day_or"])))
    return config | draw(
        st.fixed_dictionaries(
            {
                "timezone": st.sampled_from(ZONES),
                "dst_gap": st.sampled_from(["run_after", "run_before", "skip"]),
                "dst_fold": st.sampled_from(["first", "second", "both"]),
            },
            optional={
                "jitter_seconds": st.integers(0, 86_400),
                "start_at": st.just("2020-06-01T12:34:56+08:00"),
                "end_at": st.just("2033-01-01T00:00:00.5Z"),
                "misfire": st.fixed_dictionaries(
                    {},
                    optional={
                        "policy": st.sampled_from(["skip", "fire_once", "fire_all"]),
                        "pick": st.sampled_from(["latest", "earliest"]),
                        "threshold_seconds": st.integers(1, 3_600),
                        "catchup_window_seconds": st.integers(0, 86_400),
                        "limit": st.integers(1, 1_000),
                    },
                ),
            },
        )
    )


json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=30)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=9), inner, max_size=3)
    ),
    max_leaves=6,
)
known_keys = st.sampled_from(
    [
        "cron",
        "interval_seconds",
        "interval_minutes",
        "interval_hours",
        "at",
        "timezone",
        "start_at",
        "end_at",
        "jitter_seconds",
        "dst_gap",
        "dst_fold",
        "day_or",
        "misfire",
    ]
)


# --- laws of the wall clock


@given(six_fields, st.one_of(instants, nights), st.booleans())
def test_no_match_is_skipped_within_the_next_minutes(
    expression: str,
    after: datetime,
    day_or: bool,  # noqa: FBT001
) -> None:
    assume(is_possible(expression, day_or=day_or))
    found = parse_cron(expression, day_or=day_or).next_match(after)
    start = after.replace(microsecond=0) + oracle.SECOND

    expected = next(
        (
            wall
            for wall in (start + n * oracle.SECOND for n in range(200))
            if oracle.matches(expression, wall, day_or=day_or)
        ),
        None,
    )

    if expected is None:
        assert found is None or found >= start + 200 * oracle.SECOND
    else:
        assert found == expected


@given(days, months, weekdays, instants, st.booleans())
def test_no_day_is_skipped_within_the_next_years(
    day: str,
    month: str,
    weekday: str,
    after: datetime,
    day_or: bool,  # noqa: FBT001
) -> None:
    expression = f"30 12 {day} {month} {weekday}"
    assume(is_possible(expression, day_or=day_or))
    found = parse_cron(expression, day_or=day_or).next_match(after)
    noon = after.replace(hour=12, minute=30, second=0, microsecond=0)

    for n in range(800):
        wall = noon + timedelta(days=n)
        if wall > after and oracle.matches(expression, wall, day_or=day_or):
            assert found == wall
            return
    assert found is None or found > noon + timedelta(days=799)


@given(days, months, weekdays)
def test_what_never_fires_really_never_does(day: str, month: str, weekday: str) -> None:
    expression = f"0 0 {day} {month} {weekday}"
    if not is_possible(expression):
        start = datetime(2000, 1, 1)  # noqa: DTZ001
        # 28 years hold every combination of a weekday and a leap year.
        assert not any(
            oracle.matches(expression, start + timedelta(days=n)) for n in range(28 * 366)
        )


@given(st.one_of(five_fields, six_fields), instants)
@example("0 0 * 2 MON#5", datetime(2026, 11, 24))  # noqa: DTZ001
def test_cronsim_agrees_about_wall_time(expression: str, after: datetime) -> None:
    assume(is_possible(expression))
    # The two differ on purpose in `a/n` for weekdays (cronsim counts Sunday twice), in ranges that
    # end with SUN (cronsim refuses them) and in `a-a/n` (cronsim reads `a/n`).
    weekday = expression.rsplit(maxsplit=1)[-1]
    assume("/" not in weekday and "SUN" not in weekday)
    assume(not re.search(r"\b(\d+)-\1/", expression))
    try:
        theirs = next(CronSim(expression, after), None)
    except CronSimError:
        assume(False)  # noqa: FBT003 - hypothesis's own spelling

    assert parse_cron(expression).next_match(after) == theirs


# --- laws of fires


@given(configs(), st.one_of(nights, instants))
def test_fires_are_strictly_increasing(config: Config, after: datetime) -> None:
    after = after.replace(tzinfo=UTC)
    found = [after, *(fire.at for fire in fires(parse_schedule(config), after, 20))]

    assert all(earlier < later for earlier, later in pairwise(found))


@given(configs(), nights, st.data())
def test_the_next_fire_does_not_depend_on_where_one_stands_before_it(
    config: Config, after: datetime, data: st.DataObject
) -> None:
    schedule = parse_schedule(config)
    found = [fire.at for fire in fires(schedule, after.replace(tzinfo=UTC), 6)]

    for earlier, later in pairwise(found):
        gap = (later - earlier) // timedelta(microseconds=1)
        stand = earlier + timedelta(microseconds=data.draw(st.integers(0, gap - 1)))
        fire = next_fire(schedule, stand)

        assert fire is not None
        assert fire.at == later


@given(configs(crons | one_shots), nights, st.integers(0, 29 * 3_600))
def test_a_window_cuts_and_changes_nothing_else(
    config: Config, after: datetime, later: int
) -> None:
    """Of intervals the start is also the anchor; a one-shot lies within its window."""
    after = after.replace(tzinfo=UTC)
    free = {k: v for k, v in config.items() if k not in {"start_at", "end_at"}}
    start, end = after + timedelta(hours=1), after + timedelta(hours=30)
    window = {"start_at": start.isoformat(), "end_at": end.isoformat()}
    if "at" in free:
        free["at"] = (start + timedelta(seconds=later)).isoformat()
    some = fires(parse_schedule(free), start - timedelta(microseconds=1), 50)

    cut = fires(parse_schedule(free | window), after, 50)

    assert [fire.at for fire in cut] == [fire.at for fire in some if fire.at <= end]


@given(configs(), instants)
def test_jitter_only_delays_and_stays_below_its_bound(config: Config, at: datetime) -> None:
    schedule = parse_schedule(config)
    at = at.replace(tzinfo=UTC)
    due = due_at(schedule, TASK, at)

    assert due == due_at(parse_schedule(dict(config)), TASK, at)
    assert timedelta(0) <= due - at <= schedule.jitter
    assert due == at or due - at < schedule.jitter


# --- laws of definitions


@given(configs())
def test_what_is_written_back_reads_the_same(config: Config) -> None:
    schedule = parse_schedule(config)
    stored = json.loads(json.dumps(schedule.config))

    assert parse_schedule(stored) == schedule
    assert parse_schedule(stored).config == schedule.config


@given(
    st.dictionaries(st.one_of(known_keys, st.text(max_size=9)), json_values, max_size=6),
    st.sampled_from([None, datetime(2026, 11, 24, tzinfo=UTC)]),
)
def test_whatever_the_input_the_only_error_is_ours(config: Config, now: datetime | None) -> None:
    try:
        parse_schedule(config, now=now)
    except InvalidDefinition as error:
        for problem in error.problems:
            assert TEXTS[problem.code].fill("en", problem.params)
            assert problem.pointer == "" or problem.pointer.startswith("/")
            json.dumps(dict(problem.params))


@given(st.text(alphabet=st.sampled_from("0123456789*/,-#LWSUNMO?@ a"), max_size=30))
def test_whatever_the_expression_the_only_error_is_ours(text: str) -> None:
    try:
        cron = parse_cron(text)
    except InvalidDefinition:
        return
    assert cron.next_match(datetime(2026, 11, 24)) is not None  # noqa: DTZ001


@given(configs())
def test_descriptions_do_not_mix_languages(config: Config) -> None:
    said = describe(parse_schedule(config))

    assert said["en"].replace("…", "").isascii()
    words = said["zh-TW"].replace(str(config["timezone"]), "")
    assert not any(letter.isascii() and letter.isalpha() for letter in words)
