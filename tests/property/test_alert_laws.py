"""Alerting: expressions mean what they mean elsewhere; groups are told as Alertmanager does.

Both have an oracle: Python's own engine, and a plain copy of Alertmanager's steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.alerting.grouping import Flush, Member, Timing, Told, first_flush, flush
from shared.domain.alerting.pattern import read_pattern

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)

_ATOMS = st.sampled_from(["a", "b", ".", "[ab]", "[^a]", r"\d", r"\w", r"\.", "1"])
PATTERNS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map("".join),
        st.lists(inner, min_size=2, max_size=3).map(lambda parts: f"({'|'.join(parts)})"),
        st.tuples(inner, st.sampled_from(["*", "+", "?", "{2}", "{0,2}", "{1,}"])).map(
            lambda pair: f"(?:{pair[0]}){pair[1]}"
        ),
    ),
    max_leaves=6,
)


@given(PATTERNS, st.lists(st.text("ab1.x", max_size=6), max_size=5))
def test_an_expression_means_what_it_means_elsewhere(pattern: str, texts: list[str]) -> None:
    oracle = re.compile(pattern, re.ASCII | re.DOTALL)

    for text in texts:
        assert read_pattern(pattern).matches(text) is (oracle.fullmatch(text) is not None)


@dataclass
class Alertmanager:
    """Alertmanager's own steps: `dedup.needsUpdate`, `aggrGroup.flush`, without muting."""

    timing: Timing
    entry: Told | None = None
    alerts: dict[str, bool] = field(default_factory=dict)

    def flush(self, now: datetime) -> tuple[frozenset[str], frozenset[str]] | None:
        firing = frozenset(name for name, fires in self.alerts.items() if fires)
        resolved = frozenset(self.alerts) - firing
        update = self.needs_update(firing, resolved, now) if self.alerts else False
        if update:
            self.entry = Told(now, firing, resolved)
        for name in resolved:
            del self.alerts[name]
        return (firing, resolved) if update else None

    def needs_update(self, firing: frozenset[str], resolved: frozenset[str], now: datetime) -> bool:
        if self.entry is None:
            return len(firing) > 0
        if not firing <= self.entry.firing:
            return True
        if len(firing) == 0:
            return len(self.entry.firing) > 0
        if not resolved <= self.entry.resolved:
            return True
        return self.entry.at < now - self.timing.repeat_interval


@dataclass
class Ours:
    """A group of ours."""

    timing: Timing
    told: Told | None = None
    alerts: dict[str, bool] = field(default_factory=dict)
    believed: set[str] = field(default_factory=set)
    """What a receiver believes that fires."""

    def flush(self, now: datetime, muted: frozenset[str] = frozenset()) -> Flush:
        members = [Member(name, fires, name in muted) for name, fires in self.alerts.items()]
        done = flush(self.told, members, now, self.timing)
        self.told = done.told
        self.believed = (self.believed | done.firing) - done.resolved
        if not self.timing.send_resolved:  # who hears of no ends expects to hear of each beginning
            self.believed -= done.forgotten
        for name in done.forgotten:
            del self.alerts[name]
        return done


NAMES = st.sampled_from("ab")
CHANGES = st.lists(
    st.tuples(st.sampled_from(["fire", "resolve", "flush", "flush"]), NAMES),
    min_size=12,
    max_size=40,
)


@given(CHANGES, st.integers(2, 12))
def test_without_silences_a_group_is_told_as_alertmanager_does(
    changes: list[tuple[str, str]], repeat: int
) -> None:
    timing = Timing(repeat_interval=repeat * MINUTE)
    ours, theirs, now = Ours(timing), Alertmanager(timing), NOON
    for what, name in changes:
        match what:
            case "fire":
                ours.alerts[name] = theirs.alerts[name] = True
            case "resolve":
                for each in (ours, theirs):
                    if name in each.alerts:
                        each.alerts[name] = False
            case "flush":
                now += MINUTE
                told = ours.flush(now)
                assert ((told.firing, told.resolved) if told.speaks else None) == theirs.flush(now)
                assert ours.alerts == theirs.alerts


MUTED_CHANGES = st.lists(
    st.tuples(st.sampled_from(["fire", "resolve", "mute", "unmute", "flush", "flush"]), NAMES),
    min_size=12,
    max_size=40,
)


@given(MUTED_CHANGES, st.booleans())
def test_what_is_muted_is_held_and_what_is_not_is_told(
    changes: list[tuple[str, str]],
    send_resolved: bool,  # noqa: FBT001 - hypothesis gives it by place
) -> None:
    group, now = Ours(Timing(send_resolved=send_resolved)), NOON
    muted: set[str] = set()
    for what, name in changes:
        match what:
            case "fire":
                group.alerts[name] = True
            case "resolve":
                if name in group.alerts:
                    group.alerts[name] = False
            case "mute":
                muted.add(name)
            case "unmute":
                muted.discard(name)
            case "flush":
                now += MINUTE
                fires = {each for each, firing in group.alerts.items() if firing}
                before = set(group.believed)
                done = group.flush(now, frozenset(muted))
                assert not (done.firing | done.resolved) & muted, "what is muted is not told"
                assert fires - muted <= group.believed, "what fires is known after a flush"
                if send_resolved:
                    assert group.believed - muted == fires - muted, "and what ended, too"
                    assert group.believed & muted == before & muted, "of what is held nothing"
                assert fires <= set(group.alerts), "what fires stays in its group"

    # When nothing is silenced any more and nothing happens, one flush makes everything known.
    fires = {each for each, firing in group.alerts.items() if firing}
    group.flush(now + MINUTE)
    if send_resolved:
        assert group.believed == fires
    after = group.flush(now + 2 * MINUTE)
    assert not after.speaks, "and nothing is told twice"
    assert set(group.alerts) == fires


@given(st.sets(NAMES, min_size=1), st.integers(1, 500))
def test_what_goes_on_firing_is_told_again_after_the_repeat_interval(
    firing: set[str], minutes: int
) -> None:
    timing = Timing()
    group = Ours(timing, alerts=dict.fromkeys(firing, True))
    group.flush(NOON)

    again = group.flush(NOON + minutes * MINUTE)

    assert again.speaks is (minutes * MINUTE > timing.repeat_interval)


@given(st.integers(0, 600), st.integers(0, 300))
def test_the_first_flush_waits_no_longer_than_group_wait(age: int, wait: int) -> None:
    timing = replace(Timing(), group_wait=timedelta(seconds=wait))
    at = first_flush(NOON, NOON - timedelta(seconds=age), timing)

    assert NOON <= at <= NOON + timing.group_wait
    assert at == max(NOON, NOON - timedelta(seconds=age) + timing.group_wait)
