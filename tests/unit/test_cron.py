"""Which expressions are cron, and which wall times they match."""

from __future__ import annotations

from datetime import datetime

import pytest

from shared.domain.cron import Cron, parse_cron
from shared.domain.errors import InvalidDefinition, Problem
from tests.support.cases import table


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


def matches(expression: str, after: str, count: int, *, day_or: bool = True) -> list[str]:
    cron = parse_cron(expression, day_or=day_or)
    found: list[str] = []
    moment: datetime | None = wall(after)
    while len(found) < count:
        assert moment is not None
        moment = cron.next_match(moment)
        found.append(f"{moment:%Y-%m-%d %H:%M:%S}" if moment else "never")
    return found


def days(expression: str, after: str, count: int, *, day_or: bool = True) -> list[str]:
    return [match[:10] for match in matches(expression, after, count, day_or=day_or)]


def problems(expression: str) -> list[Problem]:
    with pytest.raises(InvalidDefinition) as refused:
        parse_cron(expression)
    return list(refused.value.problems)


# ┌───── minute, hour, day of month, month, weekday
@table(
    ("expression", "after", "expected"),
    [
        ("0 9 * * *", "2026-11-24 08:59:59", "2026-11-24 09:00:00"),
        ("0 9 * * *", "2026-11-24 09:00:00", "2026-11-25 09:00:00"),
        ("*/15 * * * *", "2026-11-24 09:46", "2026-11-24 10:00:00"),
        ("5/20 * * * *", "2026-11-24 09:26", "2026-11-24 09:45:00"),
        ("10-30/10 * * * *", "2026-11-24 09:31", "2026-11-24 10:10:00"),
        ("59 23 31 12 *", "2026-12-31 23:59", "2027-12-31 23:59:00"),
        ("0 0 1 jan *", "2026-11-24 00:00", "2027-01-01 00:00:00"),
        ("0 0 29 2 *", "2026-11-24 00:00", "2028-02-29 00:00:00"),
        ("0 0 29 2 *", "2096-03-01 00:00", "2104-02-29 00:00:00"),
        ("00 09 * * *", "2026-11-24 00:00", "2026-11-24 09:00:00"),
        ("  0   9 * * *  ", "2026-11-24 00:00", "2026-11-24 09:00:00"),
        # six fields put the second first
        ("30 0 9 * * *", "2026-11-24 09:00:00", "2026-11-24 09:00:30"),
        ("30 0 9 * * *", "2026-11-24 09:00:30", "2026-11-25 09:00:30"),
        # a fraction of a second does not repeat a match
        ("0 9 * * *", "2026-11-24 09:00:00.000001", "2026-11-25 09:00:00"),
        ("0 9 * * *", "2026-11-24 08:59:59.999999", "2026-11-24 09:00:00"),
    ],
)
def test_next_match(expression: str, after: str, expected: str) -> None:
    assert matches(expression, after, 1) == [expected]


@table("sunday", ["0", "7", "SUN", "sun", "7-7", "0-0", "7L", "7#4"])
def test_zero_seven_and_sun_are_sunday(sunday: str) -> None:
    after = "2026-11-28 12:00" if sunday == "7L" else "2026-11-21 12:00"
    expected = "2026-11-29" if sunday == "7L" else "2026-11-22"

    assert days(f"0 0 * * {sunday}", after, 1) == [expected]


@table(
    ("rule", "expression", "after", "expected"),
    [
        (
            "a week may end on Sunday",
            "0 0 * * 5-7",
            "2026-11-24",
            ["2026-11-27", "2026-11-28", "2026-11-29", "2026-12-04"],
        ),
        (
            "by its name, too",
            "0 0 * * FRI-SUN",
            "2026-11-24",
            ["2026-11-27", "2026-11-28", "2026-11-29", "2026-12-04"],
        ),
        (
            "steps do not count Sunday twice: Tue Thu Sat Sun",
            "0 0 * * */2",
            "2026-11-23",
            ["2026-11-24", "2026-11-26", "2026-11-28", "2026-11-29"],
        ),
        (
            "nor do they reach it from Tuesday",
            "0 0 * * 2/2",
            "2026-11-23",
            ["2026-11-24", "2026-11-26", "2026-11-28", "2026-12-01"],
        ),
        (
            "the last day of every month",
            "30 23 L * *",
            "2028-01-01",
            ["2028-01-31", "2028-02-29", "2028-03-31", "2028-04-30"],
        ),
        (
            "the last Friday",
            "0 9 * * 5L",
            "2026-10-01",
            ["2026-10-30", "2026-11-27", "2026-12-25"],
        ),
        ("by its name, too", "0 9 * * FRIL", "2026-10-01", ["2026-10-30"]),
        (
            "the second Monday",
            "0 9 * * MON#2",
            "2026-10-01",
            ["2026-10-12", "2026-11-09", "2026-12-14"],
        ),
        ("the fifth, if there is one", "0 9 * * 1#5", "2026-10-01", ["2026-11-30", "2027-03-29"]),
        (
            "lists mix every kind of day",
            "0 0 1,15,L * *",
            "2026-11-10",
            ["2026-11-15", "2026-11-30", "2026-12-01"],
        ),
        (
            "and of weekday",
            "0 0 * * 0,5L",
            "2026-11-20",
            ["2026-11-22", "2026-11-27", "2026-11-29"],
        ),
        (
            "two restricted days are an or",
            "0 0 13 * 5",
            "2026-11-01",
            ["2026-11-06", "2026-11-13", "2026-11-20"],
        ),
        (
            "a leap day on one weekday is rare but no mistake",
            "0 0 * 2 MON#5",
            "2026-11-24",
            ["2044-02-29", "2072-02-29"],
        ),
    ],
)
def test_days(rule: str, expression: str, after: str, expected: list[str]) -> None:
    assert days(expression, after, len(expected)) == expected, rule


def test_two_restricted_days_are_an_and_if_asked_for() -> None:
    assert days("0 0 13 * 5", "2026-11-01", 2, day_or=False) == ["2026-11-13", "2027-08-13"]
    assert days("0 0 29 2 1", "2026-11-24", 1, day_or=False) == ["2044-02-29"]


def test_a_field_that_begins_with_a_star_is_not_restricted() -> None:
    assert days("0 0 */10 * 1", "2026-11-24", 2) == ["2026-12-21", "2027-01-11"]
    assert not parse_cron("0 0 */10 * 1").matches_either_day
    assert parse_cron("0 0 10 * 1").matches_either_day


@table(
    ("alias", "expected"),
    [
        ("@yearly", "0 0 1 1 *"),
        ("@annually", "0 0 1 1 *"),
        ("@monthly", "0 0 1 * *"),
        ("@weekly", "0 0 * * 0"),
        ("@daily", "0 0 * * *"),
        ("@midnight", "0 0 * * *"),
        ("@hourly", "0 * * * *"),
        ("@Daily", "0 0 * * *"),
    ],
)
def test_aliases(alias: str, expected: str) -> None:
    assert matches(alias, "2026-11-24 10:30", 3) == matches(expected, "2026-11-24 10:30", 3)


@table(
    ("expression", "follows"),
    [
        ("* * * * *", True),
        ("0 */2 * * *", True),
        ("@hourly", True),
        ("0 0-23 * * *", False),
        ("0 9 * * *", False),
        ("@daily", False),
    ],
)
def test_a_wildcard_hour_follows_real_time(expression: str, follows: bool) -> None:  # noqa: FBT001
    assert parse_cron(expression).follows_real_time is follows


@table(
    ("expression", "code"),
    [
        ("", "cron.empty"),
        ("   ", "cron.empty"),
        ("0 9 * *", "cron.fields"),
        ("0 0 9 * * * 2026", "cron.fields"),
        ("60 * * * *", "cron.range"),
        ("* 24 * * *", "cron.range"),
        ("0 0 32 * *", "cron.range"),
        ("0 0 0 * *", "cron.range"),
        ("0 0 * 13 *", "cron.range"),
        ("0 0 * * 8", "cron.range"),
        ("60 0 0 * * *", "cron.range"),
        ("30-10 * * * *", "cron.range"),
        ("0 0 * * FRI-MON", "cron.range"),
        ("0 0 * * 1#6", "cron.range"),
        ("0 0 * * 1#0", "cron.range"),
        ("*/0 * * * *", "cron.step"),
        ("*/100 * * * *", "cron.step"),
        ("* */25 * * *", "cron.step"),
        ("5/61 * * * *", "cron.step"),
        ("10-20/12 * * * *", "cron.step"),
        ("0 0 30 2 *", "cron.never_fires"),
        ("0 0 31 4,6,9,11 *", "cron.never_fires"),
        ("1,,2 * * * *", "cron.syntax"),
        ("1-5-7 * * * *", "cron.syntax"),
        ("*/5/2 * * * *", "cron.syntax"),
        ("1.5 * * * *", "cron.syntax"),
        ("-1 * * * *", "cron.syntax"),
        ("1- * * * *", "cron.syntax"),
        ("*5 * * * *", "cron.syntax"),
        ("/5 * * * *", "cron.syntax"),
        ("5/ * * * *", "cron.syntax"),
        ("JAN * * * *", "cron.syntax"),
        ("0 0 * MÄR *", "cron.syntax"),
        ("0 0 * MARCH *", "cron.syntax"),
        ("0 0 * * 1-5#2", "cron.syntax"),
        ("٣ * * * *", "cron.syntax"),
        ("＊ * * * *", "cron.syntax"),
        ("0 0 * jın *", "cron.syntax"),  # its upper case would be ASCII
        ("0\u00a09 * * *", "cron.syntax"),
        ("0 9 * * \ud800", "cron.syntax"),
        ("0 9 * * *\n", "text.control"),
        ("0\t9 * * *", "text.control"),
        ("\n", "text.control"),
        ("0 9 * * \x00", "text.control"),
        ("0 9 ? * *", "cron.unsupported"),
        ("0 9 15W * *", "cron.unsupported"),
        ("0 9 LW * *", "cron.unsupported"),
        ("0 9 L-3 * *", "cron.unsupported"),
        ("0 9 * * L", "cron.unsupported"),
        ("L 9 * * *", "cron.unsupported"),
        ("@reboot", "cron.unsupported"),
        ("@every 5m", "cron.unsupported"),
        ("0 9 * * " + ",".join(["1"] * 100), "cron.too_long"),
        ("9" * 200, "cron.fields"),
        ("9" * 190 + " * * * *", "cron.range"),
    ],
)
def test_what_is_refused(expression: str, code: str) -> None:
    assert [problem.code for problem in problems(expression)] == [code]


def test_every_wrong_field_is_named_as_the_person_counts() -> None:
    found = problems("0 61 25 * * X")

    assert [(p.code, p.params.get("position")) for p in found] == [
        ("cron.range", 2),
        ("cron.range", 3),
        ("cron.syntax", None),
    ]
    assert problems("61 * * * *")[0].params == {
        "value": "61",
        "position": 1,
        "low": 0,
        "high": 59,
    }


def test_an_impossible_date_is_saved_by_a_weekday() -> None:
    assert days("0 0 30 2 MON", "2026-11-24", 1) == ["2027-02-01"]
    with pytest.raises(InvalidDefinition):
        parse_cron("0 0 30 2 MON", day_or=False)


def test_there_is_an_end_of_time() -> None:
    cron: Cron = parse_cron("0 0 1 1 *")

    assert cron.next_match(wall("9990-06-01 00:00")) is None
    assert cron.next_match(wall("9999-12-31 23:59:59")) is None
