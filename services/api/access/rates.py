"""How often somebody may ask: token buckets, in the memory of each process.

    reads, writes   of a token, or of a user who is logged in: one bucket each
    strangers       of a network: requests whose token or cookie was no good (401), and those of
                    the few routes that ask nobody

A bucket holds *burst* requests and is filled up at a steady rate. In memory, because a count in the
database would cost each request a round trip, which is what a run started by hand takes three of:
with n replicas somebody may ask up to n times as often, and a restart fills all buckets. Being in
memory it cannot be away, so there is no question of whether it then lets in or keeps out.

Whose token was good within the hour is let in from a network whose strangers have used theirs up:
one broken program behind the same address must not lock its neighbours out.
"""

from __future__ import annotations

import hashlib
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})
STRANGERS: Final = "strangers"
_ROUNDING: Final = 1e-9
#: Buckets that are remembered; a full one needs no memory.
MOST: Final = 20_000
#: For so long a good token is known to have been good.
KNOWN_FOR: Final = 3_600.0  # seconds


@dataclass(frozen=True, slots=True)
class Budget:
    """How often a kind of request may come; no *per_minute*: as often as it likes."""

    per_minute: int
    burst: int

    @property
    def per_second(self) -> float:
        """How fast a bucket fills."""
        return self.per_minute / 60


NO_LIMIT: Final = Budget(0, 0)


@dataclass(frozen=True, slots=True)
class Standing:
    """What a bucket holds once a request was counted."""

    name: str
    budget: Budget
    allowed: bool
    left: int
    """Requests that may still come at once."""
    wait: int
    """Seconds until another one may come; 0: now."""

    def headers(self) -> dict[str, str]:
        """Say it as the IETF's draft does (draft-ietf-httpapi-ratelimit-headers-10)."""
        window = math.ceil(self.budget.burst / self.budget.per_second)
        said = {
            "RateLimit-Policy": f'"{self.name}";q={self.budget.burst};w={window}',
            "RateLimit": f'"{self.name}";r={self.left};t={self.wait}',
        }
        return said if self.allowed else {**said, "Retry-After": str(max(1, self.wait))}


@dataclass(slots=True)
class _Bucket:
    level: float
    at: float


@dataclass(slots=True)
class Rates:
    """All buckets of this process."""

    reads: Budget = NO_LIMIT
    writes: Budget = NO_LIMIT
    strangers: Budget = NO_LIMIT
    clock: Callable[[], float] = time.monotonic
    _buckets: dict[tuple[str, str], _Bucket] = field(default_factory=dict)
    _good: dict[bytes, float] = field(default_factory=dict)

    def ask(self, holder: str, method: str) -> Standing | None:
        """Count a request of somebody who is known; None: there is no limit."""
        name = "reads" if method in READING else "writes"
        return self._take(holder, name, self.reads if name == "reads" else self.writes)

    def stranger(self, network: str) -> Standing | None:
        """Count a request of nobody in particular; None: there is no limit."""
        return self._take(network, STRANGERS, self.strangers)

    def turned_away(self, network: str, shown: str) -> Standing | None:
        """Return how things stand if what is *shown* from there is not even to be looked at."""
        if not self.strangers.per_minute or (network, STRANGERS) not in self._buckets:
            return None
        if self.clock() < self._good.get(_mark(shown), 0.0):
            return None
        standing = self._take(network, STRANGERS, self.strangers, cost=0)
        return None if standing is None or standing.left >= 1 else _closed(standing)

    def was_good(self, shown: str) -> None:
        """Remember that what was *shown* has let somebody in."""
        if not self.strangers.per_minute:
            return
        if len(self._good) >= MOST:
            self._good.clear()
        self._good[_mark(shown)] = self.clock() + KNOWN_FOR

    def _take(self, holder: str, name: str, budget: Budget, cost: int = 1) -> Standing | None:
        if not budget.per_minute:
            return None
        now = self.clock()
        bucket = self._buckets.get((holder, name))
        if bucket is None:
            self._make_room(now)
            bucket = self._buckets[holder, name] = _Bucket(float(budget.burst), now)
        bucket.level = min(budget.burst, bucket.level + (now - bucket.at) * budget.per_second)
        bucket.at = now
        # Sums of fractions fall short of a whole by less than anybody waits.
        allowed = bucket.level >= cost - _ROUNDING
        if allowed:
            bucket.level = max(0.0, bucket.level - cost)
        wait = 0 if bucket.level >= 1 else math.ceil((1 - bucket.level) / budget.per_second)
        return Standing(name, budget, allowed, int(bucket.level), wait)

    def _make_room(self, now: float) -> None:
        """Forget buckets that are full again; and if all are in use, all of them."""
        if len(self._buckets) < MOST:
            return
        budgets: Mapping[str, Budget] = {
            "reads": self.reads,
            "writes": self.writes,
            STRANGERS: self.strangers,
        }
        for key, bucket in list(self._buckets.items()):
            budget = budgets[key[1]]
            if bucket.level + (now - bucket.at) * budget.per_second >= budget.burst:
                del self._buckets[key]
        if len(self._buckets) >= MOST:
            self._buckets.clear()


def _closed(standing: Standing) -> Standing:
    return Standing(standing.name, standing.budget, allowed=False, left=0, wait=standing.wait)


def _mark(shown: str) -> bytes:
    return hashlib.sha256(shown.encode("utf-8", "surrogateescape")).digest()
