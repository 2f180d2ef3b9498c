"""What a `schedule_config` may not say, and that every refusal has words."""

from __future__ import annotations

from datetime import UTC, datetime
from string import Formatter

import pytest

from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.schedule import parse_schedule
from shared.domain.texts.schedule import TEXTS
from tests.support.cases import table

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
DAILY: dict[str, object] = {"cron": "0 9 * * *"}


def found_problems(config: object, now: datetime | None = NOW) -> list[Problem]:
    with pytest.raises(InvalidDefinition) as refused:
        parse_schedule(config, now=now)  # type: ignore[arg-type]
    return list(refused.value.problems)


def refusals(config: object, now: datetime | None = NOW) -> list[tuple[str, str]]:
    return [(problem.pointer, problem.code) for problem in found_problems(config, now)]


@table(
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


@table("document", [None, [], "0 9 * * *", 5, [("cron", "@daily")]])
def test_a_config_is_an_object(document: object) -> None:
    assert refusals(document) == [("", "field.object")]


@table(
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
        (10**5_000, "interval.max"),  # 5,000 digits
    ],
)
def test_intervals_that_are_refused(value: object, code: str) -> None:
    assert refusals({"interval_seconds": value}) == [("/interval_seconds", code)]


def test_the_longest_interval_is_366_days_in_every_unit() -> None:
    parse_schedule({"interval_hours": 366 * 24}, now=NOW)
    parse_schedule({"interval_minutes": 366 * 24 * 60}, now=NOW)

    assert refusals({"interval_hours": 366 * 24 + 1}) == [("/interval_hours", "interval.max")]


@table(
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
        ("9" * 5_000, "datetime.invalid"),  # 5,000 characters
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


@table(
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
        "A" * 5_000,  # 5,000 characters
        "\ud800",
        "Europe",
        "tzdata.zi",
    ],
)
def test_zones_that_are_refused(zone: str) -> None:
    assert refusals({**DAILY, "timezone": zone}) == [("/timezone", "tz.unknown")]


@table(
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


@table(
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
