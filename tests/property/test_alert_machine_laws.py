"""Alerts live as Prometheus says: the machine against a second reading of the rules.

The machine goes step by step and remembers little; the oracle knows the whole past and looks for
the evaluations at which something must have happened.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from shared.domain.alerting.machine import Found, Instance, Timing, changes, step

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SECONDS = st.integers(0, 6).map(lambda steps: timedelta(seconds=30 * steps))
COUNT = st.none() | st.integers(1, 4)

TIMINGS = st.builds(
    Timing,
    hold=SECONDS,
    keep_firing=SECONDS,
    after_samples=COUNT,
    clear_samples=COUNT,
    max_gap=st.sampled_from([timedelta(seconds=45), timedelta(seconds=90), timedelta(days=1)]),
)
#: How long after the one before, and whether the condition is met.
EVALUATIONS = st.lists(
    st.tuples(st.sampled_from([1, 15, 30, 60, 90, 1200]), st.booleans()), max_size=25
)


@dataclass(frozen=True)
class Past:
    """All evaluations of one series."""

    timing: Timing
    times: Sequence[datetime]
    met: Sequence[bool]

    def is_ripe(self, start: int, end: int) -> bool:
        """Whether met from *start* to *end* without a break is long enough to fire."""
        if self.timing.after_samples is not None:
            return end - start + 1 >= self.timing.after_samples
        waits = [later - sooner for sooner, later in pairwise(self.times[start : end + 1])]
        counted = [each for each in waits if each <= self.timing.max_gap]
        return sum(counted, timedelta(0)) >= self.timing.hold

    def is_clear(self, start: int, end: int) -> bool:
        """Whether unmet from *start* to *end* without a break is long enough to resolve."""
        if self.timing.clear_samples is not None:
            return end - start + 1 >= self.timing.clear_samples
        return self.times[end] - self.times[start] >= self.timing.keep_firing

    def stretch(self, end: int, *, met: bool, after: int) -> int | None:
        """Return where the unbroken stretch that ends at *end* begins, not before *after*."""
        if self.met[end] is not met:
            return None
        return next(
            (
                begin
                for begin in range(after, end + 1)
                if all(self.met[place] is met for place in range(begin, end + 1))
            ),
            None,
        )

    def told(self) -> list[tuple[int, str]]:
        """Return at which evaluation the series came to which state."""
        found: list[tuple[int, str]] = []
        begun, fired = 0, -1  # since when the present life counts; where it fired, if it did
        state = "none"
        for place in range(len(self.met)):
            if state in ("none", "pending"):
                start = self.stretch(place, met=True, after=begun)
                new = "none" if start is None else "pending"
                if start is not None and self.is_ripe(start, place):
                    new, fired = "firing", place
            else:
                start = self.stretch(place, met=False, after=fired + 1)
                is_over = start is not None and self.is_clear(start, place)
                new, begun = ("none", place + 1) if is_over else ("firing", begun)
            if new != state:
                over = {"firing": "resolved", "pending": "gone"}.get(state, "")
                found.append((place, over if new == "none" else new))
            state = new
        return found


@given(timing=TIMINGS, evaluations=EVALUATIONS)
@example(timing=Timing(hold=timedelta(seconds=60)), evaluations=[(1, True), (1200, True)])
@example(timing=Timing(), evaluations=[(1, True), (1, False), (1, True)])
def test_the_machine_comes_to_what_the_whole_past_says(
    timing: Timing, evaluations: list[tuple[int, bool]]
) -> None:
    at, times, seen = NOON, [], []
    remembered: dict[str, Instance] = {}
    forgetful: dict[str, Instance] = {}
    for place, (wait, is_met) in enumerate(evaluations):
        at += timedelta(seconds=wait)
        times.append(at)
        met = {"a": Found(series={}, value=1.0)} if is_met else {}
        after = dict(step(timing, remembered, met, at))
        happened = changes(remembered, after)
        seen += [(place, change.state) for change in happened]

        # What is over need not be remembered to say the same.
        without = dict(step(timing, forgetful, met, at))
        assert changes(forgetful, without) == happened
        forgetful = {key: each for key, each in without.items() if each.state != "resolved"}
        remembered = after

    assert seen == Past(timing, times, [is_met for _, is_met in evaluations]).told()


@given(timing=TIMINGS, wait=st.integers(0, 3000))
@example(timing=Timing(), wait=900)
def test_what_is_over_is_remembered_for_a_quarter_of_an_hour(timing: Timing, wait: int) -> None:
    over = Instance(
        series={}, value=1.0, state="resolved", active_at=NOON, met_at=NOON, resolved_at=NOON
    )

    after = step(timing, {"a": over}, {}, NOON + timedelta(seconds=wait))

    assert ("a" in after) is (wait <= 900)


@given(
    timing=TIMINGS,
    evaluations=st.lists(
        st.tuples(st.integers(1, 90), st.sets(st.sampled_from("abc"))), max_size=8
    ),
)
def test_series_do_not_know_each_other(
    timing: Timing, evaluations: list[tuple[int, set[str]]]
) -> None:
    at = NOON
    together: dict[str, Instance] = {}
    apart: dict[str, dict[str, Instance]] = {key: {} for key in "abc"}
    for wait, met in evaluations:
        at += timedelta(seconds=wait)
        found = {key: Found(series={"name": key}, value=2.0) for key in met}
        together = dict(step(timing, together, found, at))
        for key in "abc":
            own = {key: found[key]} if key in found else {}
            apart[key] = dict(step(timing, apart[key], own, at))

    assert together == {key: each for one in apart.values() for key, each in one.items()}
