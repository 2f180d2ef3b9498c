"""Instants and durations, typed and shown."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from services.cli.failures import Misused
from services.cli.language import speak
from services.cli.times import read_duration, read_instant, show_duration, show_instant, zone_of

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
TAIPEI = ZoneInfo("Asia/Taipei")


@pytest.fixture(autouse=True)
def english() -> None:
    speak("en")


def test_durations() -> None:
    meant = {"90": 90, "90s": 90, "5m": 300, "1h30m": 5400, "2d": 172_800}

    assert {typed: read_duration(typed).total_seconds() for typed in meant} == meant


def test_what_is_no_duration() -> None:
    for typed in ("", "abc", "1x", "m", "-5m"):
        with pytest.raises(Misused):
            read_duration(typed)


def test_instants_are_typed_in_the_zone_of_the_reader() -> None:
    meant = {
        ("now", False): "2026-03-01T12:00:00+00:00",
        ("2h", False): "2026-03-01T10:00:00+00:00",
        ("2h", True): "2026-03-01T14:00:00+00:00",
        ("2026-03-01", False): "2026-02-28T16:00:00+00:00",
        ("2026-03-01T09:00", False): "2026-03-01T01:00:00+00:00",
        ("2026-03-01T09:00Z", False): "2026-03-01T09:00:00+00:00",
    }

    assert {
        (typed, ahead): read_instant(typed, now=NOW, zone=TAIPEI, ahead=ahead)
        for typed, ahead in meant
    } == meant


def test_relative_times() -> None:
    shown = {
        "2026-03-01T11:55:00Z": "5m ago",
        "2026-03-02T13:00:00Z": "in 1d",
        "2026-03-01T12:00:00.5Z": "now",
    }

    assert {at: show_instant(at, "relative", now=NOW, zone=TAIPEI) for at in shown} == shown


def test_iso_is_in_the_zone_and_raw_is_untouched() -> None:
    instant = "2026-03-01T11:55:00.123456Z"

    assert show_instant(instant, "iso", now=NOW, zone=TAIPEI) == "2026-03-01T19:55:00+08:00"
    assert show_instant(instant, "raw", now=NOW, zone=TAIPEI) == instant


def test_durations_shown() -> None:
    shown = {0.004: "4ms", 1.5: "1.5s", 42: "42s", 3725: "1h2m", 90_000: "1d1h"}

    assert {seconds: show_duration(seconds) for seconds in shown} == shown


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(Misused, match="Mars/Base"):
        zone_of("Mars/Base")
