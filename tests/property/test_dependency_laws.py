"""Laws of the trigger rules: against plain definitions, for every possible set of ends."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from shared.domain.dependency import (
    End,
    EndState,
    Met,
    Needs,
    Never,
    NotYet,
    Rule,
    Seat,
    Tally,
    hear,
    judge,
)
from tests.support.cases import table

START = datetime(2026, 11, 24, tzinfo=UTC)
STATES = tuple(EndState)
Ends = Sequence[EndState]

_GOOD, _SKIPPED = EndState.SUCCESS, EndState.SKIPPED
_BAD = (EndState.FAILED, EndState.UPSTREAM_FAILED)

#: What each rule says once everything has ended, in the words of Airflow's manual.
WHOLE: Mapping[Rule, Callable[[Ends], bool]] = {
    Rule.ALL_SUCCESS: lambda ends: all(each is _GOOD for each in ends),
    Rule.ALL_DONE: lambda _: True,
    Rule.ALL_FAILED: lambda ends: all(each in _BAD for each in ends),
    Rule.ALL_SKIPPED: lambda ends: all(each is _SKIPPED for each in ends),
    Rule.ONE_SUCCESS: lambda ends: any(each is _GOOD for each in ends),
    Rule.ONE_FAILED: lambda ends: any(each in _BAD for each in ends),
    Rule.ONE_DONE: lambda ends: any(each in (_GOOD, EndState.FAILED) for each in ends),
    Rule.NONE_FAILED: lambda ends: not any(each in _BAD for each in ends),
    Rule.NONE_FAILED_MIN_ONE_SUCCESS: lambda ends: (
        not any(each in _BAD for each in ends) and any(each is _GOOD for each in ends)
    ),
    Rule.ALWAYS: lambda _: True,
}


def counted(ends: Ends, upstreams: int) -> Tally:
    return Tally(
        waiting=upstreams - len(ends),
        **{state.value: list(ends).count(state) for state in STATES},
    )


@table("rule", Rule)
def test_the_table_of_all_ends_of_up_to_four_upstreams(rule: Rule) -> None:
    """A verdict is given as soon as it is certain; only `all_done` waits for the very end."""
    for upstreams in range(1, 5):
        for ended in range(upstreams + 1):
            certain_yet = rule is not Rule.ALL_DONE or ended == upstreams
            for ends in product(STATES, repeat=ended):
                rest = product(STATES, repeat=upstreams - ended)
                possible = {WHOLE[rule]([*ends, *others]) for others in rest}
                verdict = judge(rule, counted(ends, upstreams))
                if possible == {False}:
                    assert isinstance(verdict, Never), ends
                elif possible == {True} and certain_yet:
                    assert isinstance(verdict, Met), ends
                else:
                    assert isinstance(verdict, NotYet), ends


rules = st.sampled_from(Rule)
states = st.sampled_from(STATES)


@given(rule=rules, ends=st.lists(states, max_size=8), more=st.lists(states, max_size=8))
def test_a_verdict_stands_whatever_ends_later(
    rule: Rule, ends: list[EndState], more: list[EndState]
) -> None:
    upstreams = len(ends) + len(more)
    early = judge(rule, counted(ends, upstreams))
    late = judge(rule, counted([*ends, *more], upstreams))

    if isinstance(early, Met):
        assert isinstance(late, Met)
    if isinstance(early, Never):
        assert isinstance(late, Never)
    if upstreams:
        assert not isinstance(late, NotYet)


@given(rule=rules, ends=st.lists(states, min_size=1, max_size=8), data=st.data())
def test_the_order_of_ends_does_not_matter(
    rule: Rule, ends: list[EndState], data: st.DataObject
) -> None:
    other = data.draw(st.permutations(ends))

    assert judge(rule, counted(ends, len(ends))) == judge(rule, counted(other, len(ends)))


@st.composite
def stories(draw: st.DrawFn) -> tuple[Needs, list[End]]:
    count = draw(st.integers(1, 4))
    tasks = [UUID(int=number) for number in range(1, count + 1)]
    needs = Needs(
        upstreams=frozenset(tasks),
        rule=draw(rules),
        window=timedelta(minutes=draw(st.integers(1, 60))),
    )
    minutes = draw(st.lists(st.integers(0, 20), min_size=1, max_size=20))
    at = START
    ends = []
    for number, pause in enumerate(minutes):
        at += timedelta(minutes=pause)
        run = UUID(int=1000 + number)
        ends.append(End(draw(st.sampled_from(tasks)), run, draw(states), at))
    return needs, ends


@given(story=stories(), data=st.data())
def test_no_end_decides_two_rounds_and_rounds_are_whole(
    story: tuple[Needs, list[End]], data: st.DataObject
) -> None:
    needs, ends = story
    by_run = {end.run_id: end for end in ends}
    seats: Mapping[UUID, Seat] = {}
    used: set[UUID] = set()
    for end in ends:
        heard = hear(needs, seats, end)
        if data.draw(st.booleans()):  # told twice
            again = hear(needs, heard.seats, end)
            assert (again.verdict, again.seats) == (NotYet(), heard.seats)
        seats = heard.seats
        assert bool(heard.round) == (not isinstance(heard.verdict, NotYet))
        if not heard.round:
            continue
        meeting = [by_run[run] for run in heard.round.values()]
        assert end in meeting
        assert used.isdisjoint(heard.round.values())
        used.update(heard.round.values())
        assert max(each.at for each in meeting) - min(each.at for each in meeting) <= needs.window
        told = judge(needs.rule, counted([each.state for each in meeting], len(needs.upstreams)))
        assert told == heard.verdict
        assert seats.keys() <= needs.upstreams


@given(story=stories())
def test_a_single_upstream_is_answered_at_every_end(story: tuple[Needs, list[End]]) -> None:
    needs, ends = story
    alone = Needs(upstreams=frozenset({UUID(int=1)}), rule=needs.rule, window=needs.window)
    seats: Mapping[UUID, Seat] = {}
    for end in ends:
        heard = hear(alone, seats, end._replace(task_id=UUID(int=1)))
        seats = heard.seats
        assert heard.verdict == judge(needs.rule, counted([end.state], 1))
