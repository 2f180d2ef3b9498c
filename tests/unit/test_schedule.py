"""What a `schedule_config` may say, when it fires, and how a refusal is worded."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from string import Formatter

import pytest

from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.preview import preview
from shared.domain.schedule import (
    Misfire,
    MisfirePick,
    MisfirePolicy,
    due_at,
    fires,
    next_fire,
    parse_schedule,
    warnings,
)
from shared.domain.texts.schedule import TEXTS

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TASK = "7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11"
DAILY: dict[str, object] = {"cron": "0 9 * * *"}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def found_problems(config: object, now: datetime | None = NOW) -> list[Problem]:
    with pytest.raises(InvalidDefinition) as refused:
        parse_schedule(config, now=now)  # type: ignore[arg-type]
    return list(refused.value.problems)


def refusals(config: object, now: datetime | None = NOW) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in found_problems(config, now)]


def times(config: dict[str, object], after: str, count: int) -> list[str]:
    found = fires(parse_schedule(config), utc(after), count)
    return [f"{fire.at:%Y-%m-%d %H:%M:%S}" for fire in found]


# --- what fires when


def test_cron_is_local_time() -> None:
    config = {**DAILY, "timezone": "Asia/Taipei"}

    assert times(config, "2026-11-24 00:00", 2) == ["2026-11-24 01:00:00", "2026-11-25 01:00:00"]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"interval_seconds": 90}, ["2026-11-24 00:01:30", "2026-11-24 00:03:00"]),
        ({"interval_minutes": 40}, ["2026-11-24 00:40:00", "2026-11-24 01:20:00"]),
        ({"interval_hours": 24}, ["2026-11-25 00:00:00", "2026-11-26 00:00:00"]),
    ],
)
def test_intervals_count_from_the_epoch(config: dict[str, object], expected: list[str]) -> None:
    assert times(config, "2026-11-24 00:00", 2) == expected


def test_a_start_is_the_first_fire_of_an_interval_and_its_anchor() -> None:
    config: dict[str, object] = {"interval_hours": 7, "start_at": "2026-11-24T09:30:00+08:00"}

    assert times(config, "2020-01-01 00:00", 2) == ["2026-11-24 01:30:00", "2026-11-24 08:30:00"]
    assert times(config, "2026-12-24 00:00", 1) == ["2026-12-24 02:30:00"]


def test_the_zone_of_the_question_does_not_matter() -> None:
    here = utc("2026-11-24 00:30").astimezone(timezone(timedelta(hours=8)))

    fire = next_fire(parse_schedule(DAILY), here)

    assert fire is not None
    assert fire.at == utc("2026-11-24 09:00")


def test_an_interval_ignores_dst() -> None:
    config: dict[str, object] = {"interval_hours": 24, "timezone": "Europe/Berlin"}

    assert times(config, "2026-03-28 00:00", 2) == ["2026-03-29 00:00:00", "2026-03-30 00:00:00"]


def test_once_fires_once() -> None:
    config: dict[str, object] = {"at": "2026-11-24T17:00:00.250+08:00"}

    assert [f.at for f in fires(parse_schedule(config), utc("2026-11-01"), 5)] == [
        datetime(2026, 11, 24, 9, 0, 0, 250_000, tzinfo=UTC)
    ]


def test_both_ends_of_a_window_belong_to_it() -> None:
    config = {**DAILY, "start_at": "2026-11-24T09:00:00Z", "end_at": "2026-11-26T09:00:00Z"}

    assert times(config, "2026-01-01 00:00", 10) == [
        "2026-11-24 09:00:00",
        "2026-11-25 09:00:00",
        "2026-11-26 09:00:00",
    ]


def test_nothing_fires_outside_the_calendar() -> None:
    every = parse_schedule({"interval_hours": 24 * 366})

    assert next_fire(every, utc("9995-01-01")) is None
    assert next_fire(parse_schedule(DAILY), utc("9995-01-01")) is None
    assert next_fire(parse_schedule(DAILY), datetime.min.replace(tzinfo=UTC)) is not None
    assert next_fire(parse_schedule(DAILY), datetime.max.replace(tzinfo=UTC)) is None


def new_york(cron: str, **rules: object) -> dict[str, object]:
    return {"cron": cron, "timezone": "America/New_York", **rules}


@pytest.mark.parametrize("cron", ["30 2 * * *", "0 30 2 * * *"])
@pytest.mark.parametrize(
    ("gap", "expected", "note"),
    [
        ("run_after", "2026-03-08 07:00:00", "dst.gap_run_after"),
        ("run_before", "2026-03-08 06:59:59", "dst.gap_run_before"),
        ("skip", "2026-03-09 06:30:00", "dst.gap_skipped"),
    ],
)
def test_a_time_that_does_not_exist(cron: str, gap: str, expected: str, note: str) -> None:
    schedule = parse_schedule(new_york(cron, dst_gap=gap))
    fire = next_fire(schedule, utc("2026-03-08 00:00"))

    assert fire is not None
    assert (fire.at, fire.note) == (utc(expected), note)


@pytest.mark.parametrize("cron", ["30 1 * * *", "0 30 1 * * *"])
@pytest.mark.parametrize(
    ("fold", "expected"),
    [
        ("first", ["2026-11-01 05:30:00"]),
        ("second", ["2026-11-01 06:30:00"]),
        ("both", ["2026-11-01 05:30:00", "2026-11-01 06:30:00"]),
    ],
)
def test_a_time_that_happens_twice(cron: str, fold: str, expected: list[str]) -> None:
    config = new_york(cron, dst_fold=fold, end_at="2026-11-01T12:00:00Z")

    assert times(config, "2026-11-01 00:00", 9) == expected


def test_a_wildcard_hour_follows_real_time_without_notes() -> None:
    schedule = parse_schedule(new_york("*/30 * * * *"))
    found = fires(schedule, utc("2026-11-01 04:45"), 6)

    assert {b.at - a.at for a, b in pairwise(found)} == {timedelta(minutes=30)}
    assert {fire.note for fire in found} == {None}


def test_all_matches_of_a_gap_are_one_fire_even_with_a_regular_one() -> None:
    config = new_york("*/20 2,3 * * *")

    assert times(config, "2026-03-08 05:00", 3) == [
        "2026-03-08 07:00:00",
        "2026-03-08 07:20:00",
        "2026-03-08 07:40:00",
    ]


def test_a_preview_shows_local_time_and_what_dst_does() -> None:
    schedule = parse_schedule(new_york("30 2 * * *", dst_gap="skip"))
    shown = preview(schedule, after=utc("2026-03-07 00:00"), count=2)

    assert [(fire.local, fire.note) for fire in shown] == [
        ("2026-03-07T02:30:00-05:00", None),
        ("2026-03-09T02:30:00-04:00", "dst.gap_skipped"),
    ]
    assert (
        TEXTS["dst.gap_skipped"]
        .fill("zh-TW", shown[1].params)
        .startswith("前一次已略過：2026-03-08 02:30")
    )


def test_a_preview_is_bounded() -> None:
    assert len(preview(parse_schedule({"interval_seconds": 1}), after=NOW, count=10**9)) == 1_000


# --- jitter


def test_jitter_is_frozen() -> None:
    schedule = parse_schedule({**DAILY, "jitter_seconds": 86_400})

    assert due_at(schedule, TASK, utc("2026-11-24 09:00")) == utc("2026-11-24 22:41:15.256")
    assert due_at(schedule, TASK, utc("2026-11-24 09:01")) == utc("2026-11-24 15:07:58.809")


def test_no_jitter_no_delay() -> None:
    assert due_at(parse_schedule(DAILY), TASK, NOW) == NOW


# --- what is refused


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, [("", "schedule.no_kind")]),
        ({"cron": None}, [("", "schedule.no_kind")]),
        ({"cron": "@daily", "at": "2027-01-01T00:00:00Z"}, [("", "schedule.several_kinds")]),
        ({"interval_hours": 1, "interval_minutes": 1}, [("", "schedule.several_kinds")]),
        ({**DAILY, "cron_": 1}, [("/cron_", "field.unknown")]),
        ({**DAILY, "a/b~": 1}, [("/a~1b~0", "field.unknown")]),
        ({**DAILY, "\ud800": 1}, [("/?", "field.unknown")]),
        ({**DAILY, "misfire": {"late": 1}}, [("/misfire/late", "field.unknown")]),
        ({"cron": 5}, [("/cron", "field.string")]),
        ({"cron": "* * * *"}, [("/cron", "cron.fields")]),
        ({"cron": ""}, [("/cron", "cron.empty")]),
        ({**DAILY, "day_or": 1}, [("/day_or", "field.boolean")]),
        ({**DAILY, "dst_gap": "later"}, [("/dst_gap", "field.choice")]),
        ({**DAILY, "dst_fold": ["first"]}, [("/dst_fold", "field.string")]),
        ({**DAILY, "jitter_seconds": -1}, [("/jitter_seconds", "field.range")]),
        ({**DAILY, "jitter_seconds": 86_401}, [("/jitter_seconds", "field.range")]),
        ({**DAILY, "jitter_seconds": True}, [("/jitter_seconds", "field.integer")]),
        ({**DAILY, "jitter_seconds": 1.0}, [("/jitter_seconds", "field.integer")]),
        ({**DAILY, "misfire": []}, [("/misfire", "field.object")]),
        ({**DAILY, "misfire": {"policy": "once"}}, [("/misfire/policy", "field.choice")]),
        ({**DAILY, "misfire": {"limit": 0}}, [("/misfire/limit", "field.range")]),
        (
            {**DAILY, "misfire": {"threshold_seconds": "60"}},
            [("/misfire/threshold_seconds", "field.integer")],
        ),
    ],
)
def test_fields_that_are_wrong(config: object, expected: list[tuple[str, str]]) -> None:
    assert refusals(config) == expected


def test_a_key_that_is_no_string_is_unknown() -> None:
    config: dict[object, object] = {"cron": "@daily", 5: 1}

    assert refusals(config) == [("/?", "field.unknown")]


@pytest.mark.parametrize("document", [None, [], "0 9 * * *", 5, [("cron", "@daily")]])
def test_a_config_is_an_object(document: object) -> None:
    assert refusals(document) == [("", "field.object")]


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (0, "interval.min"),
        (-5, "interval.min"),
        (0.000_000_1, "interval.min"),
        (float("nan"), "interval.min"),
        (float("-inf"), "interval.min"),
        (float("inf"), "field.integer"),
        (2.5, "field.integer"),
        (True, "field.integer"),
        ([], "field.integer"),
        ("PT5M", "interval.syntax"),
        ("1 week", "interval.syntax"),
        ("5", "interval.syntax"),
        (366 * 86_400 + 1, "interval.max"),
        (10**18, "interval.max"),
        (2**63, "interval.max"),
        pytest.param(10**5_000, "interval.max", id="5,000 digits"),
    ],
)
def test_intervals_that_are_refused(value: object, code: str) -> None:
    assert refusals({"interval_seconds": value}) == [("/interval_seconds", code)]


def test_the_longest_interval_is_366_days_in_every_unit() -> None:
    parse_schedule({"interval_hours": 366 * 24}, now=NOW)
    parse_schedule({"interval_minutes": 366 * 24 * 60}, now=NOW)

    assert refusals({"interval_hours": 366 * 24 + 1}) == [("/interval_hours", "interval.max")]


@pytest.mark.parametrize(
    ("at", "code"),
    [
        ("2026-02-30T00:00:00Z", "datetime.invalid"),
        ("2026-12-01T24:00:00Z", "datetime.invalid"),
        ("2026-12-01T23:59:60Z", "datetime.invalid"),
        ("2026-12-01 09:00:00Z", "datetime.invalid"),
        ("2026-12-01", "datetime.invalid"),
        ("2026-W49-1T09:00:00Z", "datetime.invalid"),
        ("20261201T090000Z", "datetime.invalid"),
        ("2026-12-01T09:00:00+8", "datetime.invalid"),
        ("2026-12-01T09:00:00+15:00", "datetime.invalid"),
        ("2026-12-01T09:00:00+08:99", "datetime.invalid"),
        ("2026-12-01T09:00:00.1234567Z", "datetime.invalid"),
        ("2026-12-01T09:00:00Z\n", "datetime.invalid"),
        ("٢٠٢٦-12-01T09:00:00Z", "datetime.invalid"),
        ("0000-01-01T00:00:00Z", "datetime.invalid"),
        ("", "datetime.invalid"),
        pytest.param("9" * 5_000, "datetime.invalid", id="5,000 characters"),
        ("tomorrow", "datetime.invalid"),
        ("2026-12-01T09:00:00", "datetime.zone_required"),
        ("0001-01-01T00:00:00+14:00", "datetime.range"),
        ("9999-12-31T23:59:59-12:00", "datetime.range"),
        ("9999-12-31T23:59:59Z", "datetime.range"),
        ("2077-12-01T00:00:00Z", "datetime.range"),
        ("2026-11-22T12:00:00Z", "datetime.range"),
        ("2026-11-24T11:59:59Z", "once.past"),
        ("2026-11-24T12:00:00Z", "once.past"),
        (1_795_000_000, "field.string"),
    ],
)
def test_instants_that_are_refused(at: object, code: str) -> None:
    assert refusals({"at": at}) == [("/at", code)]


@pytest.mark.parametrize(
    "zone",
    [
        "localtime",
        "posixrules",
        "Factory",
        "right/UTC",
        "posix/UTC",
        "asia/taipei",
        "UTC+8",
        "",
        " ",
        "../../etc/passwd",
        "/etc/localtime",
        "UTC\0",
        pytest.param("A" * 5_000, id="5,000 characters"),
        "\ud800",
        "Europe",
        "tzdata.zi",
    ],
)
def test_zones_that_are_refused(zone: str) -> None:
    assert refusals({**DAILY, "timezone": zone}) == [("/timezone", "tz.unknown")]


@pytest.mark.parametrize(
    ("config", "pointer"),
    [
        (
            {**DAILY, "start_at": "2027-01-02T00:00:00Z", "end_at": "2027-01-01T00:00:00Z"},
            "/end_at",
        ),
        ({**DAILY, "end_at": "2026-11-24T11:00:00Z"}, "/end_at"),
        ({**DAILY, "end_at": "2026-11-25T08:59:59Z"}, "/end_at"),
        ({"interval_hours": 24, "end_at": "2026-11-24T23:00:00Z"}, "/end_at"),
        ({"at": "2027-01-01T00:00:00Z", "end_at": "2026-12-31T00:00:00Z"}, "/at"),
        ({"at": "2027-01-01T00:00:00Z", "start_at": "2027-12-31T00:00:00Z"}, "/at"),
    ],
)
def test_windows_without_a_fire(config: object, pointer: str) -> None:
    assert refusals(config) == [(pointer, "schedule.empty")]


def test_every_problem_is_found_at_once() -> None:
    config = {
        "cron": "99 * * *",
        "timezone": "Mars/Olympus",
        "start_at": "soon",
        "jitter_seconds": "5",
        "misfire": {"policy": 1, "x": None},
        "colour": "blue",
    }

    assert sorted(refusals(config)) == [
        ("/colour", "field.unknown"),
        ("/cron", "cron.fields"),
        ("/jitter_seconds", "field.integer"),
        ("/misfire/policy", "field.string"),
        ("/misfire/x", "field.unknown"),
        ("/start_at", "datetime.invalid"),
        ("/timezone", "tz.unknown"),
    ]


def test_a_stored_definition_is_read_back_long_after_its_time() -> None:
    assert next_fire(parse_schedule({"at": "2020-01-01T00:00:00Z"}), NOW) is None
    assert next_fire(parse_schedule({**DAILY, "end_at": "2020-01-01T00:00:00Z"}), NOW) is None


# --- what is kept


def test_the_config_is_kept_in_its_normal_form_without_defaults() -> None:
    given = {
        "cron": "  0 9  * * * ",
        "timezone": "Asia/Taipei",
        "start_at": "2026-11-24T00:00:00.000+08:00",
        "end_at": None,
        "misfire": {"policy": "fire_all"},
    }

    kept = parse_schedule(given, now=NOW).config

    assert json.loads(json.dumps(kept)) == {
        "cron": "0 9 * * *",
        "timezone": "Asia/Taipei",
        "start_at": "2026-11-23T16:00:00Z",
        "misfire": {"policy": "fire_all"},
    }
    assert parse_schedule(kept) == parse_schedule(given)


def test_misfire_defaults_and_overrides() -> None:
    assert parse_schedule(DAILY).misfire == Misfire(
        threshold=timedelta(seconds=60),
        policy=MisfirePolicy.FIRE_ONCE,
        pick=MisfirePick.LATEST,
        catchup_window=timedelta(hours=24),
        limit=100,
    )
    overridden = parse_schedule({**DAILY, "misfire": {"pick": "earliest", "limit": 3}}).misfire
    assert (overridden.pick, overridden.limit) == (MisfirePick.EARLIEST, 3)


def test_two_restricted_days_are_warned_about() -> None:
    assert [w.code for w in warnings(parse_schedule({"cron": "0 0 29 2 MON"}))] == [
        "cron.either_day"
    ]
    assert not warnings(parse_schedule({"cron": "0 0 29 2 MON", "day_or": False}))
    assert not warnings(parse_schedule({"interval_hours": 1}))


# --- what is said


@pytest.mark.parametrize(
    "config",
    [
        {"cron": ""},
        {"cron": "x" * 201},
        {"cron": "* * *"},
        {"cron": "61 * * * *"},
        {"cron": "*/90 * * * *"},
        {"cron": "? * * * *"},
        {"cron": "a * * * *"},
        {"cron": "0 0 30 2 *"},
        {"cron": "\t"},
        {"cron": "＊ * * * *"},
        {"cron": 1},
        {"cron": "@daily", "interval_hours": 1},
        {},
        {**DAILY, "jitter_seconds": 10**6},
        {**DAILY, "dst_gap": "x"},
        {"at": "2077-12-01T00:00:00Z"},
        {**DAILY, "x": 1},
    ],
)
def test_every_refusal_has_words(config: object) -> None:
    for problem in found_problems(config):
        assert TEXTS[problem.code].fill("zh-TW", problem.params)
        assert TEXTS[problem.code].fill("en", problem.params)


def test_both_languages_have_the_same_blanks() -> None:
    def blanks(template: str) -> set[str | None]:
        return {name for _, name, _, _ in Formatter().parse(template)} - {None}

    for text in TEXTS.values():
        assert blanks(text.zh_tw) == blanks(text.en)


@pytest.mark.parametrize("gap", ["run_after", "run_before", "skip"])
@pytest.mark.parametrize("fold", ["first", "second", "both"])
def test_every_note_has_words(gap: str, fold: str) -> None:
    schedule = parse_schedule(new_york("30 1,2 * * *", dst_gap=gap, dst_fold=fold))
    notes = [fire for fire in fires(schedule, utc("2026-01-01 00:00"), 720) if fire.note]

    assert len({fire.note for fire in notes}) == 2
    for fire in notes:
        assert fire.note is not None
        assert "{" not in TEXTS[fire.note].fill("zh-TW", fire.params)
