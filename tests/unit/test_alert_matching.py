"""Matchers, silences and inhibition, as in Alertmanager."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from shared.domain.alerting.matching import (
    Firing,
    Inhibition,
    Inhibitions,
    Matcher,
    Op,
    Silence,
    problems_with,
    silenced_by,
)
from tests.support.cases import table

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@table(
    ("op", "value", "matching"),
    [
        ("=", "a", {"a"}),
        ("!=", "a", {"b", "ab", ""}),
        ("=~", "a.?", {"a", "ab"}),
        ("!~", "a.?", {"b", ""}),
        ("=", "", {""}),
        ("!=", "", {"a", "b", "ab"}),
        ("=~", "(a|)", {"a", ""}),
    ],
)
def test_what_a_matcher_matches(op: Op, value: str, matching: set[str]) -> None:
    """A label that is not there is as good as an empty one."""
    matcher = Matcher("queue", op, value)
    found = {each for each in ("a", "b", "ab") if matcher.matches({"queue": each})}

    assert found | ({""} if matcher.matches({}) else set()) == matching
    assert matcher.matches({}) is matcher.matches({"queue": ""})


def test_a_silence_holds_from_its_beginning_until_its_end() -> None:
    silence = Silence(
        id="s", matchers=(Matcher("a", "=", "b"),), starts_at=NOON, ends_at=NOON + HOUR
    )
    times = [NOON - HOUR, NOON, NOON + HOUR / 2, NOON + HOUR]

    assert [silenced_by({"a": "b"}, [silence], at) for at in times] == [[], ["s"], ["s"], []]
    assert silenced_by({"a": "c"}, [silence], NOON) == []


def test_who_is_source_and_target_is_held_by_none_of_its_kind() -> None:
    both = (Matcher("kind", "=~", "a|b"),)
    rule = Inhibition(source=both, target=(Matcher("kind", "=~", "b|c"),))
    firing = [Firing(kind, {"kind": kind}) for kind in "abc"]
    inhibitions = Inhibitions([rule], firing)

    held = {each.fingerprint: inhibitions.of(each.fingerprint, each.labels) for each in firing}

    assert held == {"a": [], "b": ["a"], "c": ["a", "b"]}


@table(
    ("op", "value", "code"),
    [
        ("=", "", "alert.matches_all"),
        ("!=", "x", "alert.matches_all"),
        ("!~", "x", "alert.matches_all"),
        ("=~", "x*", "alert.matches_all"),
        ("=~", "(", "alert.pattern"),
        ("=~", "x+", None),
        ("!=", "", None),
    ],
)
def test_matchers_must_want_something(op: Op, value: str, code: str | None) -> None:
    found = problems_with([Matcher("a", op, value)], "/matchers")

    assert [each.code for each in found] == ([code] if code else [])
