"""Laws of wishes for accounts, whatever is wished in which order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from services.api.accounts.judging import Facts, Wish, judge
from services.executor.actions.accounts.judging import Arrival, Goal, Way, look
from shared.contracts.accounts_commands import AccountSeen

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
DESIRED = st.sampled_from(["running", "stopped"])
STATES = st.sampled_from(
    [None, "stopped", "starting", "needs_login", "working", "stopping", "failed", "quarantined"]
)
AT = st.integers(0, 3).map(lambda minutes: NOON + timedelta(minutes=minutes))

FACTS = st.builds(
    Facts,
    desired=DESIRED,
    generation=st.just(3),
    desired_run=st.none(),
    desired_for=st.none(),
    state=STATES,
    state_generation=st.integers(2, 3),
    state_since=st.just(NOON),
    healthy=st.sampled_from([None, True, False]),
    hold=st.none(),
    active=st.sampled_from([True]),
    runtime_live=st.sampled_from([True]),
)
WISHES = st.lists(st.tuples(DESIRED, AT), min_size=1, max_size=5, unique_by=lambda wish: wish)


def wish(desired: str, at: datetime, number: int) -> Wish:
    return Wish(desired=desired, run=UUID(int=number + 1), at=at, now=NOON)  # type: ignore[arg-type]


def after(facts: Facts, wanted: Wish) -> Facts:
    """Return what the platform knows once it has carried out a wish."""
    verdict = judge(facts, wanted)
    if verdict not in ("noop", "joined", "desired"):
        return facts
    latest = max(facts.desired_for or wanted.at, wanted.at)
    known = replace(facts, desired_for=latest)
    if verdict == "noop":
        return known
    known = replace(known, desired=wanted.desired, desired_run=wanted.run)
    return replace(known, generation=facts.generation + (verdict == "desired"))


def all_after(facts: Facts, wishes: Sequence[Wish]) -> Facts:
    for each in wishes:
        facts = after(facts, each)
    return facts


@given(FACTS, WISHES, st.randoms(use_true_random=False))
def test_whoever_comes_first_the_latest_wish_counts_and_of_two_the_stop(
    facts: Facts, wished: list[tuple[str, datetime]], dice: object
) -> None:
    wishes = [wish(desired, at, number) for number, (desired, at) in enumerate(wished)]
    latest = max(each.at for each in wishes)
    at_last = {each.desired for each in wishes if each.at == latest}
    dice.shuffle(wishes)  # type: ignore[attr-defined]  # random.Random

    end = all_after(facts, wishes)

    assert end.desired == ("stopped" if "stopped" in at_last else "running")
    assert end.desired_for == latest


@given(FACTS, WISHES)
def test_the_same_wish_again_brings_about_no_new_generation(
    facts: Facts, wished: list[tuple[str, datetime]]
) -> None:
    for number, (desired, at) in enumerate(wished):
        facts = after(facts, wish(desired, at, number))
        again = after(facts, wish(desired, at, number))

        assert (again.generation, again.desired) == (facts.generation, facts.desired)


SEEN = st.builds(
    AccountSeen,
    id=st.just(UUID(int=1)),
    account_id=st.just("a1"),
    server_id=st.just("default"),
    desired=DESIRED,
    generation=st.just(3),
    desired_run=st.none(),
    state=STATES,
    state_generation=st.integers(2, 3),
    state_seconds=st.just(0.0),
    healthy=st.sampled_from([None, True, False]),
    restarts=st.integers(0, 2),
    pid=st.none(),
    detail=st.none(),
    runtime_live=st.booleans(),
)


@given(st.lists(st.none() | SEEN, min_size=7, max_size=7), DESIRED, st.floats(0, 5))
def test_every_way_ends_within_its_patience_and_well_only_where_it_is_wanted(
    looks: list[AccountSeen | None], wanted: str, stable: float
) -> None:
    goal = Goal(wanted=wanted, seconds=20.0, stable_seconds=stable)  # type: ignore[arg-type]
    way = Way(id=UUID(int=1), name="a1", began=0.0, before={})
    for second, seen in zip(range(0, 35, 5), looks, strict=True):
        on = look(way, seen, goal, float(second))
        if isinstance(on, Arrival):
            if on.fate == "done":
                assert seen is not None
                assert (seen.desired, seen.state_generation) == (wanted, 3)
                assert seen.state == {"running": "working", "stopped": "stopped"}[wanted]
                assert second >= stable or not way.was_looked_at
            return
        way = on
        assert second < goal.seconds + stable
    raise AssertionError("it goes on for ever")
