"""What comes of it when somebody wants an account running or stopped. Pure.

    superseded   a later run, or a person since then, wants it otherwise; at the same instant the
                 stop wins
    inactive     it is switched off for tasks
    held         a person holds it in the other state
    noop         it is as it should be
    too_young    it has not been up for as long as it should be before it is stopped
    no_runtime   nobody is there who could do it; nothing is changed, so that nothing happens hours
                 later when nobody expects it any more
    joined       it is wanted so already, and on its way
    desired      it is wanted so from now on, under a new generation

A person's word is never superseded, held back by its own hold or by a missing runtime.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

Wanted = Literal["running", "stopped"]
Verdict = Literal[
    "superseded", "inactive", "held", "noop", "too_young", "no_runtime", "joined", "desired"
]

#: Its runtime does not try any more.
GIVEN_UP: Final = frozenset({"failed", "quarantined"})
#: Only a new generation gets an account out of these: somebody may have logged in by now.
_STUCK: Final = GIVEN_UP | {"needs_login"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """An account as it is known."""

    desired: Wanted
    generation: int
    desired_run: UUID | None
    desired_for: datetime | None
    """The instant that the one who wants it so speaks for; None: nobody ever wanted anything."""
    state: str | None
    state_generation: int
    state_since: datetime | None
    healthy: bool | None
    hold: Wanted | None
    """What a person holds it in; None: nothing, or not any more."""
    active: bool
    runtime_live: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """What is wanted of an account now, by a run or by a person (`run` is None)."""

    desired: Wanted
    run: UUID | None
    at: datetime
    """For a run, when it was due; for a person, now."""
    now: datetime
    enforce: bool = False
    """True: a hold does not count."""
    min_uptime: timedelta = timedelta(0)


def judge(facts: Facts, wish: Wish) -> Verdict:
    """Return what comes of *wish*."""
    if wish.run is not None and (facts.desired, facts.desired_run) == (wish.desired, wish.run):
        return "desired" if _is_stuck(facts) else "joined"
    return _objection(facts, wish) or _deed(facts, wish)


def _objection(facts: Facts, wish: Wish) -> Verdict | None:
    """Return who or what is against it."""
    if wish.run is not None:
        if _is_superseded(facts, wish):
            return "superseded"
        if wish.desired == "running" and not facts.active:
            return "inactive"
    if facts.hold not in (None, wish.desired) and not wish.enforce:
        return "held"
    return None


def _deed(facts: Facts, wish: Wish) -> Verdict:
    """Return what is to be done, or why it cannot be done now."""
    if is_reached(facts, wish.desired):
        return "noop"
    if _is_too_young(facts, wish):
        return "too_young"
    if wish.run is not None and not facts.runtime_live:
        return "no_runtime"
    is_wanted = facts.desired == wish.desired and not _is_stuck(facts)
    return "joined" if is_wanted else "desired"


def is_reached(facts: Facts, wanted: Wanted) -> bool:
    """Return whether an account is, and is to be, as it is *wanted*."""
    if facts.desired != wanted:
        return False
    if wanted == "stopped":
        return facts.state in (None, "stopped")
    return (
        facts.state == "working"
        and facts.healthy is not False
        and facts.state_generation >= facts.generation
    )


def _is_stuck(facts: Facts) -> bool:
    """Return whether it was tried under this generation, in vain.

    A question that is asked again before the runtime has answered the first one is no second try.
    """
    return facts.state in _STUCK and facts.state_generation >= facts.generation


def _is_superseded(facts: Facts, wish: Wish) -> bool:
    if facts.desired == wish.desired or facts.desired_for is None:
        return False
    if facts.desired_for == wish.at:
        return facts.desired == "stopped"
    return facts.desired_for > wish.at


def _is_too_young(facts: Facts, wish: Wish) -> bool:
    if wish.desired != "stopped" or facts.state != "working" or facts.state_since is None:
        return False
    return wish.now - facts.state_since < wish.min_uptime
