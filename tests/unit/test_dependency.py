"""Airflow's trigger rules, one example at a time, and the rounds in which ends meet."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from shared.contracts.runs import RunStatus
from shared.domain.dependency import (
    End,
    EndState,
    Heard,
    Met,
    Needs,
    Never,
    NotYet,
    Place,
    Rule,
    Seat,
    Tally,
    Verdict,
    end_state,
    hear,
    judge,
)
from shared.domain.occurrence import Outcome
from tests.support.cases import table

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
A, B, C = UUID(int=1), UUID(int=2), UUID(int=3)

LETTERS = {"s": "success", "f": "failed", "u": "upstream_failed", "k": "skipped", ".": "waiting"}
MET, NOT_YET = Met(), NotYet()
FAILED, SKIPPED = Never(EndState.UPSTREAM_FAILED), Never(EndState.SKIPPED)


def spelled(ends: str) -> Tally:
    """Return the tally of upstreams spelled as letters."""
    return Tally(**{name: ends.count(letter) for letter, name in LETTERS.items()})


EXAMPLES: list[tuple[Rule, str, Verdict]] = [
    (Rule.ALL_SUCCESS, "ss", MET),
    (Rule.ALL_SUCCESS, "s.", NOT_YET),
    (Rule.ALL_SUCCESS, "f.", FAILED),
    (Rule.ALL_SUCCESS, "su", FAILED),
    (Rule.ALL_SUCCESS, "k.", SKIPPED),
    (Rule.ALL_SUCCESS, "fk", FAILED),
    (Rule.ALL_DONE, "fk", MET),
    (Rule.ALL_DONE, "us", MET),
    (Rule.ALL_DONE, "ff.", NOT_YET),
    (Rule.ALL_FAILED, "fu", MET),
    (Rule.ALL_FAILED, "f.", NOT_YET),
    (Rule.ALL_FAILED, "s.", SKIPPED),
    (Rule.ALL_FAILED, "kf", SKIPPED),
    (Rule.ALL_SKIPPED, "kk", MET),
    (Rule.ALL_SKIPPED, "k.", NOT_YET),
    (Rule.ALL_SKIPPED, "s.", SKIPPED),
    (Rule.ALL_SKIPPED, "ku", SKIPPED),
    (Rule.ONE_SUCCESS, "s.", MET),
    (Rule.ONE_SUCCESS, "f.", NOT_YET),
    (Rule.ONE_SUCCESS, "fk", FAILED),
    (Rule.ONE_SUCCESS, "kk", SKIPPED),
    (Rule.ONE_FAILED, "f.", MET),
    (Rule.ONE_FAILED, "u.", MET),
    (Rule.ONE_FAILED, "s.", NOT_YET),
    (Rule.ONE_FAILED, "sk", SKIPPED),
    (Rule.ONE_DONE, "f.", MET),
    (Rule.ONE_DONE, "s.", MET),
    (Rule.ONE_DONE, "k.", NOT_YET),
    (Rule.ONE_DONE, "ku", SKIPPED),
    (Rule.NONE_FAILED, "sk", MET),
    (Rule.NONE_FAILED, "kk", MET),
    (Rule.NONE_FAILED, "s.", NOT_YET),
    (Rule.NONE_FAILED, "u.", FAILED),
    (Rule.NONE_FAILED_MIN_ONE_SUCCESS, "sk", MET),
    (Rule.NONE_FAILED_MIN_ONE_SUCCESS, "kk", SKIPPED),
    (Rule.NONE_FAILED_MIN_ONE_SUCCESS, "k.", NOT_YET),
    (Rule.NONE_FAILED_MIN_ONE_SUCCESS, "f.", FAILED),
    (Rule.ALWAYS, "f..", MET),
    (Rule.ALWAYS, "..", MET),
]


@table(
    ("rule", "ends", "verdict"),
    EXAMPLES,
)
def test_rules(rule: Rule, ends: str, verdict: Verdict) -> None:
    assert judge(rule, spelled(ends)) == verdict


def test_every_rule_has_an_example_of_being_met_and_all_but_two_of_being_lost() -> None:
    assert {rule for rule, _, verdict in EXAMPLES if verdict == MET} == set(Rule)
    lost = {rule for rule, _, verdict in EXAMPLES if isinstance(verdict, Never)}
    assert lost == set(Rule) - {Rule.ALWAYS, Rule.ALL_DONE}


STATES = [
    ("success", EndState.SUCCESS),
    ("failure", EndState.FAILED),
    ("timed_out", EndState.FAILED),
    ("cancelled", EndState.FAILED),
    ("needs_operator", EndState.FAILED),
    ("upstream_failed", EndState.UPSTREAM_FAILED),
    ("skipped_paused", EndState.SKIPPED),
    ("skipped_blackout", EndState.SKIPPED),
    ("expired", EndState.SKIPPED),
    ("missed", EndState.SKIPPED),
    ("skipped_lock", EndState.SKIPPED),
    ("throttled", None),
    ("skipped_overlap", None),
    ("coalesced", None),
    ("superseded", None),
    ("deduped", None),
]


@table(("status", "state"), STATES)
def test_an_end_as_dependants_see_it(status: str, state: EndState | None) -> None:
    assert end_state(status) is state


def test_every_final_status_is_an_end() -> None:
    final = {each for each in RunStatus if each.is_final}
    assert all(end_state(each) is not None for each in final)
    assert {each for each in Outcome if end_state(each) is None} == {
        Outcome.FIRED,
        Outcome.COALESCED,
        Outcome.SUPERSEDED,
        Outcome.DEDUPED,
        Outcome.SKIPPED_OVERLAP,
        Outcome.THROTTLED,
    }


class Story:
    """A dependant, and what it heard."""

    def __init__(self, rule: Rule, *upstreams: UUID, window: timedelta = 24 * HOUR) -> None:
        self.needs = Needs(upstreams=frozenset(upstreams), rule=rule, window=window)
        self.seats: dict[UUID, Seat] = {}
        self.number = 0

    def hears(self, task: UUID, state: EndState, hour: float, run: UUID | None = None) -> Heard:
        self.number += 1
        run = run or UUID(int=1000 + self.number)
        heard = hear(self.needs, self.seats, End(task, run, state, NOON + hour * HOUR))
        self.seats = dict(heard.seats)
        return heard

    def verdict(self, task: UUID, state: EndState, hour: float) -> Verdict:
        return self.hears(task, state, hour).verdict


OK, BAD, SKIP = EndState.SUCCESS, EndState.FAILED, EndState.SKIPPED


def test_ends_are_spent_by_the_run_that_they_start() -> None:
    story = Story(Rule.ALL_SUCCESS, A, B)
    assert story.verdict(A, OK, 0) == NOT_YET
    met = story.hears(B, OK, 1)
    assert (met.verdict, met.round) == (MET, {A: UUID(int=1001), B: UUID(int=1002)})

    assert story.verdict(B, OK, 2) == NOT_YET
    assert story.verdict(A, OK, 3) == MET


def test_the_latest_end_of_an_upstream_counts() -> None:
    story = Story(Rule.ALL_DONE, A, B)
    story.hears(A, BAD, 0)
    story.hears(A, OK, 1)

    assert story.hears(B, OK, 2).round == {A: UUID(int=1002), B: UUID(int=1003)}


def test_an_end_that_is_told_late_does_not_replace_a_later_one() -> None:
    story = Story(Rule.ALL_DONE, A, B)
    story.hears(A, OK, 1)
    story.hears(A, BAD, 0)

    assert story.hears(B, OK, 2).round == {A: UUID(int=1001), B: UUID(int=1003)}


@table("rule", [Rule.ALL_SUCCESS, Rule.ONE_SUCCESS, Rule.ALWAYS])
def test_an_end_is_heard_once(rule: Rule) -> None:
    story = Story(rule, A)
    run = UUID(int=7)
    assert story.hears(A, OK, 0, run).verdict == MET

    assert story.hears(A, OK, 0, run).verdict == NOT_YET


def test_ends_further_apart_than_the_window_do_not_meet() -> None:
    story = Story(Rule.ALL_SUCCESS, A, B, window=HOUR)
    story.hears(A, OK, 0)

    assert story.verdict(B, OK, 1.01) == NOT_YET
    assert story.verdict(A, OK, 2.01) == MET  # exactly the window apart


def test_an_end_told_too_late_for_the_window_meets_nothing() -> None:
    story = Story(Rule.ALWAYS, A, B, window=HOUR)
    story.needs = Needs(upstreams=story.needs.upstreams, rule=Rule.ALL_DONE, window=HOUR)
    story.hears(A, OK, 5)

    assert story.verdict(B, OK, 0) == NOT_YET
    assert story.seats[B].place is Place.SPENT


def test_what_a_lost_round_still_owes_does_not_get_into_the_next() -> None:
    """The other's success of yesterday must not meet this one's of today."""
    story = Story(Rule.ALL_SUCCESS, A, B)
    assert story.verdict(A, BAD, 0) == FAILED
    assert story.verdict(B, OK, 1) == NOT_YET

    assert story.verdict(A, OK, 23) == NOT_YET
    assert story.verdict(B, OK, 24) == MET


def test_a_lost_round_is_told_once() -> None:
    story = Story(Rule.ALL_SUCCESS, A, B, C)
    assert story.verdict(A, BAD, 0) == FAILED

    assert story.verdict(B, BAD, 1) == NOT_YET
    assert story.verdict(C, SKIP, 2) == NOT_YET


def test_an_upstream_that_is_run_again_begins_a_new_round_with_those_to_come() -> None:
    story = Story(Rule.ALL_SUCCESS, A, B)
    story.hears(A, BAD, 0)
    assert story.verdict(A, OK, 1) == NOT_YET

    assert story.verdict(B, OK, 2) == MET


def test_nothing_is_owed_for_longer_than_the_window() -> None:
    story = Story(Rule.ALL_SUCCESS, A, B, window=HOUR)
    story.hears(A, BAD, 0)

    assert story.verdict(B, OK, 2) == NOT_YET
    assert story.verdict(A, OK, 2.5) == MET


def test_a_rule_that_one_can_meet_is_met_by_each_further_end() -> None:
    story = Story(Rule.ONE_FAILED, A, B)

    assert story.verdict(A, BAD, 0) == MET
    assert story.verdict(B, BAD, 1) == MET
    assert story.verdict(A, OK, 2) == NOT_YET
    assert story.verdict(B, OK, 3) == SKIPPED


def test_what_was_heard_of_a_former_upstream_is_forgotten() -> None:
    story = Story(Rule.ALL_SUCCESS, A, B)
    story.hears(A, OK, 0)
    story.needs = Needs(upstreams=frozenset({B}), rule=Rule.ALL_SUCCESS, window=HOUR)

    assert story.hears(B, OK, 1).round == {B: UUID(int=1002)}
