"""How long somebody who keeps getting the password wrong has to wait. Pure.

Tries are counted before the password is looked at, so that a thousand at once are a thousand. The
first few are free; then the wait doubles. An account's wait stays short, because whoever knows a
name could otherwise lock its owner out; an address has more free tries, because an office may share
one, but waits longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Patience:
    """How much is put up with."""

    free: int
    """Tries without any wait."""
    most: timedelta
    """The longest wait."""
    forgotten_after: timedelta = timedelta(hours=1)
    """Without another try, all is forgotten."""


WITH_ACCOUNT = Patience(free=5, most=timedelta(minutes=5))
WITH_ADDRESS = Patience(free=20, most=timedelta(minutes=15))


@dataclass(frozen=True, slots=True)
class Tries:
    """What is remembered of an account or an address."""

    count: int
    last_at: datetime
    free_at: datetime


def wait_of(before: Tries | None, now: datetime) -> timedelta:
    """Return how long is to be waited before another try; zero: none at all."""
    return timedelta(0) if before is None else max(timedelta(0), before.free_at - now)


def after_try(before: Tries | None, now: datetime, patience: Patience) -> Tries:
    """Return what is remembered once more was tried."""
    stale = before is None or now - before.last_at > patience.forgotten_after
    count = 1 if before is None or stale else before.count + 1
    # The exponent is bounded: after a week of tries 2 ** n would not fit into a duration.
    over = min(count - patience.free, 20)
    wait = min(timedelta(seconds=2**over), patience.most) if over >= 0 else timedelta(0)
    return Tries(count, now, now + wait)
