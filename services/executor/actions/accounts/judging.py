"""What is known of an account on its way, and when the way is over. Pure.

on its way ──► it is so, for as long as it has to be ──► done
    ├──► its runtime gave it up                       ──► failed
    ├──► a person must log in                         ──► needs_operator
    ├──► somebody wants it otherwise by now           ──► superseded
    ├──► its runtime is not heard any more            ──► failed
    └──► its time is up                               ──► failed
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeVar
from uuid import UUID

from services.executor.actions.targets import Fate
from shared.contracts.accounts_commands import AccountSeen, Wanted

#: A runtime that is not heard for so long, on top of the seconds after which it counts as away, is
#: not waited for.
SILENCE_SECONDS: Final = 5.0

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """What is to become of every account, and how long that may take."""

    wanted: Wanted
    seconds: float
    """Until it is so."""
    stable_seconds: float = 0.0
    """For which it has to be so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """An account on its way; instants are seconds of one clock."""

    id: UUID
    name: str
    began: float
    """When it was wanted so."""
    before: dict[str, Any]
    good_since: float | None = None
    restarts: int = 0
    silent_since: float | None = None
    was_looked_at: bool = False


@dataclass(frozen=True, slots=True)
class Arrival:
    """The end of a way."""

    fate: Fate
    error: str | None = None
    nobody_acted: bool = False
    """No runtime has taken notice: a wish to run can be taken back."""


def look(way: Way, seen: AccountSeen | None, goal: Goal, now: float) -> Way | Arrival:
    """Return how *way* goes on after a look at its account, or how it ends."""
    if seen is None:
        return Arrival("skipped", "it was deleted meanwhile")
    if seen.desired != goal.wanted:
        return Arrival("superseded", f"somebody else wants it {seen.desired} by now")
    is_current = seen.state_generation >= seen.generation
    if is_current and (end := _given_up(seen, goal.wanted)):
        return end
    way = _with(way, seen, is_good=is_current and _is_good(seen, goal.wanted), now=now)
    if way.good_since is not None and now - way.good_since >= goal.stable_seconds:
        return Arrival("done")
    return _impatience(way, seen, goal, now) or way


def _given_up(seen: AccountSeen, wanted: Wanted) -> Arrival | None:
    """Return the end that its runtime has said."""
    detail = f": {seen.detail}" if seen.detail else ""
    if seen.state == "needs_login" and wanted == "running":
        return Arrival("needs_operator", f"a person must log in{detail}")
    if seen.state in ("failed", "quarantined"):
        return Arrival("failed", f"{seen.state}{detail}")
    return None


def _is_good(seen: AccountSeen, wanted: Wanted) -> bool:
    if wanted == "stopped":
        return seen.state == "stopped"
    return seen.state == "working" and seen.healthy is not False


def _with(way: Way, seen: AccountSeen, *, is_good: bool, now: float) -> Way:
    good_since = way.good_since
    if not is_good:
        good_since = None
    elif good_since is None or seen.restarts != way.restarts:
        # Before the first look nobody else has looked: it may have been so for long.
        up = 0.0 if way.was_looked_at else seen.state_seconds or 0.0
        good_since = now - up
    silent_since = now if way.silent_since is None else way.silent_since
    return replace(
        way,
        good_since=good_since,
        restarts=seen.restarts,
        silent_since=None if seen.runtime_live else silent_since,
        was_looked_at=True,
    )


def _impatience(way: Way, seen: AccountSeen, goal: Goal, now: float) -> Arrival | None:
    nobody_acted = seen.state_generation < seen.generation
    if way.silent_since is not None and now - way.silent_since >= SILENCE_SECONDS:
        error = f"no runtime of server {seen.server_id} is heard any more"
        return Arrival("failed", error, nobody_acted)
    patience = goal.seconds + (goal.stable_seconds if way.good_since is not None else 0.0)
    if now - way.began < patience:
        return None
    health = ", not healthy" if seen.healthy is False else ""
    detail = f": {seen.detail}" if seen.detail else ""
    state = f"{seen.state or 'unknown'}{health}{detail}"
    return Arrival("failed", f"not {_word(goal)} within {goal.seconds:g} s: {state}", nobody_acted)


def _word(goal: Goal) -> str:
    return "ready" if goal.wanted == "running" else "stopped"


def in_order(chosen: Sequence[T], order: str, seed: UUID) -> list[T]:
    """Return *chosen* in the order of a run: the same for each of its attempts."""
    ordered = list(chosen)
    if order == "random":
        random.Random(seed.int).shuffle(ordered)  # noqa: S311 - nobody gains by guessing it
    return ordered


def waves(chosen: Sequence[T], size: int) -> list[Sequence[T]]:
    """Return *chosen* in parts of at most *size*."""
    return [chosen[start : start + size] for start in range(0, len(chosen), size)]
