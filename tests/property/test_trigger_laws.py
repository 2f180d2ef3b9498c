"""Laws of triggers: the index finds what a plain search finds; limits hold whatever comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.event import Event
from shared.domain.instant import format_instant
from shared.domain.occurrence import Outcome
from shared.domain.trigger import Limit, parse_trigger
from shared.domain.trigger_subject import SubjectIndex, subject_matches
from shared.domain.triggering import machines
from shared.domain.triggering.flow import LONGEST_CHAIN, feed, keys_of
from shared.domain.triggering.machines import State
from shared.domain.triggering.records import Firing, States, Watched

START = datetime(2026, 11, 24, tzinfo=UTC)
TASK = UUID(int=1)

tokens = st.sampled_from(["a", "b", "c"])
subjects = st.lists(tokens, min_size=1, max_size=4).map(lambda each: ".".join(["event", *each]))
patterns = st.builds(
    lambda inner, last: ".".join(["event", *inner, *([last] if last or not inner else [])]),
    st.lists(st.sampled_from(["a", "b", "*"]), max_size=3),
    st.sampled_from(["a", ">", "*"]),
)
moments = st.lists(st.integers(0, 600), min_size=1, max_size=60)


@given(st.lists(patterns, max_size=20), st.sets(st.integers(0, 19)), subjects)
def test_the_index_finds_what_a_plain_search_finds(
    listened: list[str], removed: set[int], subject: str
) -> None:
    index: SubjectIndex[int] = SubjectIndex()
    for number, pattern in enumerate(listened):
        index.add(pattern, number)
    for number in removed:
        if number < len(listened):
            index.remove(listened[number], number)
    wanted = {
        number
        for number, pattern in enumerate(listened)
        if number not in removed and subject_matches(pattern, subject)
    }
    assert index.find(subject) == wanted


@given(moments, st.integers(1, 5), st.integers(1, 120))
def test_no_period_admits_more_than_its_limit(seconds: list[int], most: int, period: int) -> None:
    limit = Limit(limit=most, period=timedelta(seconds=period))
    state: State | None = None
    passed: list[int] = []
    for second in sorted(seconds):
        passes, state = machines.admitted(state, START + timedelta(seconds=second), limit, 1)
        if passes:
            passed.append(second)
    for first in passed:
        assert sum(first <= each < first + period for each in passed) <= most
    assert len(passed) >= min(most, len(seconds))


@given(moments, st.integers(1, 5), st.integers(1, 120))
def test_throttling_keeps_the_limit_the_order_and_every_event(
    seconds: list[int], most: int, period: int
) -> None:
    limit = Limit(limit=most, period=timedelta(seconds=period))
    state: State | None = None
    starts: list[datetime] = []
    for second in sorted(seconds):
        at = START + timedelta(seconds=second)
        start, state = machines.delayed(state, at, limit, 1)
        assert start >= at
        starts.append(start)
    assert starts == sorted(starts)
    for first in starts:
        assert sum(first <= each < first + limit.period for each in starts) <= most


@given(moments, st.integers(2, 5), st.integers(1, 120))
def test_a_threshold_fires_exactly_when_so_many_lie_within(
    seconds: list[int], threshold: int, within: int
) -> None:
    state: State | None = None
    pending: list[int] = []
    for second in sorted(seconds):
        fires, state = machines.counted(
            state, START + timedelta(seconds=second), threshold, timedelta(seconds=within), 1
        )
        pending = [each for each in pending if each > second - within] + [second]
        assert fires is (len(pending) >= threshold)
        if fires:
            pending = []


@given(moments, st.integers(1, 3), st.integers(10, 120))
def test_a_silence_is_said_once_and_at_its_time(
    seconds: list[int], threshold: int, within: int
) -> None:
    state: State | None = None
    said: list[datetime] = []
    for second in sorted(seconds):
        at = START + timedelta(seconds=second)
        silent_since, state = machines.expected(state, at, threshold, timedelta(seconds=within), 1)
        if silent_since is not None:
            assert silent_since < at
            said.append(silent_since)
        assert state.due_at is not None
        assert at <= state.due_at <= at + timedelta(seconds=within)
    assert said == sorted(set(said))


def run(config: dict[str, Any], seconds: list[int], *, version: int = 1) -> list[Firing]:
    watched = Watched(TASK, version, parse_trigger({"subject": "a", **config}))
    states = States()
    firings: list[Firing] = []
    for number, second in enumerate(sorted(seconds)):
        at = START + timedelta(seconds=second)
        event = Event(id=str(number), source="s", type="t", time=at, subject="event.a")
        assert len(keys_of(watched, event.as_json())) <= 3
        firings += feed(watched, event, at, states)
    return firings


@given(moments, st.integers(1, 10), st.integers(1, 60))
def test_every_event_is_in_one_batch_at_most_and_in_order(
    seconds: list[int], size: int, timeout: int
) -> None:
    batch = {"max_size": size, "timeout_seconds": timeout}
    firings = run({"batch": batch}, seconds)
    ids = [int(each["id"]) for firing in firings for each in firing.event["events"]]
    assert ids == list(range(len(ids)))
    assert len(seconds) - len(ids) < size
    assert all(len(firing.event["events"]) <= size for firing in firings)
    assert len({firing.moment for firing in firings}) == len(firings)


@given(moments, st.integers(1, 60))
def test_debouncing_lets_only_the_last_of_a_storm_through(seconds: list[int], quiet: int) -> None:
    firings = run({"debounce_seconds": quiet}, seconds)
    ordered = sorted(seconds)
    wanted = [
        str(number)
        for number, (one, following) in enumerate(pairwise(ordered))
        if following - one >= quiet
    ]
    assert [firing.event["id"] for firing in firings] == wanted
    assert all(
        format_instant(firing.at - timedelta(seconds=quiet)) == firing.event["time"]
        for firing in firings
    )


@given(moments, st.integers(1, 3), st.integers(1, 3), st.integers(1, 60))
def test_what_is_dropped_by_the_rate_limit_takes_no_place_in_the_throttle(
    seconds: list[int], dropped: int, delayed: int, period: int
) -> None:
    firings = run(
        {
            "rate_limit": {"limit": dropped, "period_seconds": period},
            "throttle": {"limit": delayed, "period_seconds": period},
        },
        seconds,
    )
    assert len(firings) == len(seconds)
    starts = [each.not_before or each.at for each in firings if each.outcome is Outcome.FIRED]
    for first in starts:
        until = first + timedelta(seconds=period)
        assert sum(first <= each < until for each in starts) <= delayed
    for firing in firings:
        assert firing.outcome is Outcome.FIRED or firing.reason == "trigger.rate_limited"


@given(st.lists(st.integers(0, 12), max_size=12))
def test_no_chain_of_causes_goes_on_for_ever(causes: list[int]) -> None:
    watched = Watched(TASK, 1, parse_trigger({"subject": "a"}))
    event = Event(
        id="1",
        source="s",
        type="t",
        time=START,
        subject="event.a",
        causes=tuple(UUID(int=each) for each in causes),
    )
    (firing,) = feed(watched, event, START, States())
    fires = TASK not in event.causes and len(causes) <= LONGEST_CHAIN
    assert (firing.outcome is Outcome.FIRED) is fires
