"""When a schedule fires, DST and jitter included, and what is kept of its definition."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise

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
from tests.support.cases import table

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TASK = "7f0c2c3e-9a55-4d6c-9a7a-9a4f1c9d3b11"
DAILY: dict[str, object] = {"cron": "0 9 * * *"}


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def times(config: dict[str, object], after: str, count: int) -> list[str]:
    found = fires(parse_schedule(config), utc(after), count)
    return [f"{fire.at:%Y-%m-%d %H:%M:%S}" for fire in found]


# --- what fires when


def test_cron_is_local_time() -> None:
    config = {**DAILY, "timezone": "Asia/Taipei"}

    assert times(config, "2026-11-24 00:00", 2) == ["2026-11-24 01:00:00", "2026-11-25 01:00:00"]


@table(
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


@table("cron", ["30 2 * * *", "0 30 2 * * *"])
@table(
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


@table("cron", ["30 1 * * *", "0 30 1 * * *"])
@table(
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


@table("gap", ["run_after", "run_before", "skip"])
@table("fold", ["first", "second", "both"])
def test_every_note_has_words(gap: str, fold: str) -> None:
    schedule = parse_schedule(new_york("30 1,2 * * *", dst_gap=gap, dst_fold=fold))
    notes = [fire for fire in fires(schedule, utc("2026-01-01 00:00"), 720) if fire.note]

    assert len({fire.note for fire in notes}) == 2
    for fire in notes:
        assert fire.note is not None
        assert "{" not in TEXTS[fire.note].fill("zh-TW", fire.params)


# --- jitter


def test_jitter_is_frozen() -> None:
    schedule = parse_schedule({**DAILY, "jitter_seconds": 86_400})

    assert due_at(schedule, TASK, utc("2026-11-24 09:00")) == utc("2026-11-24 22:41:15.256")
    assert due_at(schedule, TASK, utc("2026-11-24 09:01")) == utc("2026-11-24 15:07:58.809")


def test_no_jitter_no_delay() -> None:
    assert due_at(parse_schedule(DAILY), TASK, NOW) == NOW


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


def test_a_stored_definition_is_read_back_long_after_its_time() -> None:
    assert next_fire(parse_schedule({"at": "2020-01-01T00:00:00Z"}), NOW) is None
    assert next_fire(parse_schedule({**DAILY, "end_at": "2020-01-01T00:00:00Z"}), NOW) is None
