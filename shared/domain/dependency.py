"""When a task that depends on others may run: Airflow's rules over the ends of its upstreams.

A **round** holds at most one end of each upstream, the latest. Each new end is put into the round
and the rule is asked:

    Met      the dependant runs now; the ends are spent, and the next end begins a new round
    Never    whatever the others do, the rule cannot be met any more: the dependant ends without
             a run, as `upstream_failed` or `skipped`; the others still owe an end to this round
             and are not heard again before one that has ended does so anew
    NotYet   the others are waited for

Ends further apart than the window do not meet in one round. A rule that one upstream alone can meet
(`one_success` and its like, `always`) is asked anew after it was met, so that each further end may
meet it again: between scheduled tasks there is no run of the whole graph to which an end belongs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from shared.domain.occurrence import Outcome


class Rule(StrEnum):
    """Which ends of the upstream tasks let a dependant run (Airflow's trigger rules)."""

    ALL_SUCCESS = "all_success"
    ALL_DONE = "all_done"
    ALL_FAILED = "all_failed"
    ALL_SKIPPED = "all_skipped"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    ALWAYS = "always"


class EndState(StrEnum):
    """How an upstream ended, as far as its dependants care."""

    SUCCESS = "success"
    FAILED = "failed"
    UPSTREAM_FAILED = "upstream_failed"  # it did not run: what it depends on did not succeed
    SKIPPED = "skipped"  # it did not run


@dataclass(frozen=True, slots=True)
class Met:
    """The dependant runs now."""


@dataclass(frozen=True, slots=True)
class NotYet:
    """It depends on the ends to come."""


@dataclass(frozen=True, slots=True)
class Never:
    """No end to come can help: the dependant itself ends, as `state`."""

    state: EndState


Verdict = Met | NotYet | Never

#: What is no end to dependants: another run stands for the fire, and that one's end is heard.
NO_END = frozenset(
    {
        Outcome.FIRED,
        Outcome.COALESCED,
        Outcome.SUPERSEDED,
        Outcome.DEDUPED,
        Outcome.SKIPPED_OVERLAP,
        Outcome.THROTTLED,
    }
)
_SKIPPED = frozenset({Outcome.MISSED, Outcome.EXPIRED})


def end_state(status: str) -> EndState | None:
    """Return what a final status of a run, or the outcome of a fire without one, is to dependants.

    None: nothing (`NO_END`). A run that was cancelled or timed out has failed to do what was asked
    of it.
    """
    if status in NO_END:
        return None
    if status == EndState.SUCCESS:
        return EndState.SUCCESS
    if status == Outcome.UPSTREAM_FAILED:
        return EndState.UPSTREAM_FAILED
    if status in _SKIPPED or status == EndState.SKIPPED or status.startswith("skipped_"):
        return EndState.SKIPPED
    return EndState.FAILED


class Tally(NamedTuple):
    """How many upstreams ended in which way."""

    waiting: int = 0
    """Have not ended yet."""
    success: int = 0
    failed: int = 0
    upstream_failed: int = 0
    skipped: int = 0


def judge(rule: Rule, ends: Tally) -> Verdict:
    """Return whether *rule* is met by *ends*, or ever can be."""
    match rule:
        case Rule.ALWAYS:
            return Met()
        case Rule.ALL_DONE:
            return NotYet() if ends.waiting else Met()
        case Rule.ONE_SUCCESS | Rule.ONE_FAILED | Rule.ONE_DONE:
            return _judge_one(rule, ends)
        case _:
            return _judge_all(rule, ends)


def _judge_one(rule: Rule, ends: Tally) -> Verdict:
    """Judge a rule that one upstream can meet: it is lost only when all have ended."""
    bad = ends.failed + ends.upstream_failed
    met = {
        Rule.ONE_SUCCESS: ends.success,
        Rule.ONE_FAILED: bad,
        Rule.ONE_DONE: ends.success + ends.failed,
    }[rule]
    if met:
        return Met()
    if ends.waiting:
        return NotYet()
    lost = rule is Rule.ONE_SUCCESS and bad
    return Never(EndState.UPSTREAM_FAILED if lost else EndState.SKIPPED)


def _judge_all(rule: Rule, ends: Tally) -> Verdict:
    """Judge a rule that one upstream can spoil: it is met only when all have ended."""
    bad = ends.failed + ends.upstream_failed
    none_failed = rule in (Rule.NONE_FAILED, Rule.NONE_FAILED_MIN_ONE_SUCCESS)
    if bad and (none_failed or rule is Rule.ALL_SUCCESS):
        return Never(EndState.UPSTREAM_FAILED)
    spoilt = {
        Rule.ALL_SUCCESS: ends.skipped,
        Rule.ALL_FAILED: ends.success + ends.skipped,
        Rule.ALL_SKIPPED: ends.success + bad,
    }.get(rule, 0)
    if spoilt:
        return Never(EndState.SKIPPED)
    if ends.waiting:
        return NotYet()
    if rule is Rule.NONE_FAILED_MIN_ONE_SUCCESS and not ends.success:
        return Never(EndState.SKIPPED)
    return Met()


class Place(StrEnum):
    """Where the latest end of an upstream stands."""

    OPEN = "open"  # in the round
    SPENT = "spent"  # in a round that is over; kept so that it is not heard twice
    OWED = "owed"  # still to come, for a round that was decided without it


class Seat(NamedTuple):
    """What is known of one upstream of a dependant."""

    place: Place
    run_id: UUID | None
    """The run that was heard last."""
    state: EndState | None
    at: datetime
    """When that run ended; of an end that is owed: when the round was decided."""


class End(NamedTuple):
    """An upstream ended."""

    task_id: UUID
    run_id: UUID
    state: EndState
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a task depends on."""

    upstreams: frozenset[UUID]
    rule: Rule
    window: timedelta
    gone: int = 0
    """Further upstreams that were deleted: each counts as skipped, in every round."""


class Heard(NamedTuple):
    """What one more end does."""

    verdict: Verdict
    seats: Mapping[UUID, Seat]
    """All seats, as they are from now on."""
    round: Mapping[UUID, UUID]
    """The runs that met or spoilt the rule, by task."""


def hear(needs: Needs, seats: Mapping[UUID, Seat], end: End) -> Heard:
    """Return what *end* does to a dependant whose upstreams stand at *seats*."""
    before = seats.get(end.task_id)
    here = Seat(Place.OPEN, end.run_id, end.state, end.at)
    if before is not None and before.run_id == end.run_id:
        return Heard(NotYet(), seats, {})
    if before is not None and before.place is Place.OWED and end.at - before.at <= needs.window:
        spent = here._replace(place=Place.SPENT)
        return Heard(NotYet(), {**seats, end.task_id: spent}, {})
    if before is not None and before.place is Place.OPEN and end.at < before.at:
        return Heard(NotYet(), seats, {})  # the latest end counts
    now = _begun_anew(needs, {**seats, end.task_id: here})
    in_round = {task: seat for task, seat in now.items() if seat.place is Place.OPEN}
    if end.task_id not in in_round:
        return Heard(NotYet(), now, {})  # told so late that it meets none of the others
    verdict = judge(needs.rule, _tally(needs, in_round))
    if isinstance(verdict, NotYet):
        return Heard(verdict, now, {})
    runs = {task: seat.run_id for task, seat in in_round.items() if seat.run_id is not None}
    over = {task: seat._replace(place=Place.SPENT) for task, seat in now.items()}
    if isinstance(verdict, Never):
        for task in needs.upstreams - in_round.keys():
            last = over.get(task)
            over[task] = Seat(Place.OWED, last.run_id if last else None, None, end.at)
    return Heard(verdict, over, runs)


def _begun_anew(needs: Needs, seats: Mapping[UUID, Seat]) -> dict[UUID, Seat]:
    """Return *seats* without ends that are too old to meet the newest, and with nothing owed."""
    known = {task: seat for task, seat in seats.items() if task in needs.upstreams}
    newest = max(seat.at for seat in known.values())
    return {
        task: seat
        if seat.place is Place.OPEN and newest - seat.at <= needs.window
        else seat._replace(place=Place.SPENT)
        for task, seat in known.items()
    }


def _tally(needs: Needs, in_round: Mapping[UUID, Seat]) -> Tally:
    states = [seat.state for seat in in_round.values()]
    return Tally(
        waiting=len(needs.upstreams) - len(states),
        success=states.count(EndState.SUCCESS),
        failed=states.count(EndState.FAILED),
        upstream_failed=states.count(EndState.UPSTREAM_FAILED),
        skipped=states.count(EndState.SKIPPED) + needs.gone,
    )
