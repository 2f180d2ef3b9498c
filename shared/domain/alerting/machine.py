"""How alerts begin, fire and end: Prometheus' machine, evaluation by evaluation. Pure.

    ─ met ─► pending ─ met for `hold` ─► firing ─ unmet for `keep_firing` ─► resolved ─ 15 min ─►
                └─ unmet ─► gone: nobody is told

An instance is one series of one rule. What is met again after it was resolved begins anew. Two
things are ours: time in which nothing was measured does not count for a pending one (`max_gap`),
and numbers of samples in a row may stand in for the two times.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

State = Literal["pending", "firing", "resolved"]
Reason = Literal["nodata", "error"]

#: An instance that is over is remembered so long.
RESOLVED_STAYS = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """What a rule says of time."""

    hold: timedelta = timedelta(0)
    keep_firing: timedelta = timedelta(0)
    after_samples: int | None = None
    """Fire after so many in a row, whatever `hold`."""
    clear_samples: int | None = None
    """Resolve after so many in a row, whatever `keep_firing`."""
    max_gap: timedelta = timedelta(minutes=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A series that meets the condition."""

    series: Mapping[str, str]
    value: float | None
    reason: Reason | None = None
    """Not measured: that there is no number is what was found."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Instance:
    """One series of one rule, from pending to resolved."""

    series: Mapping[str, str]
    value: float | None
    reason: Reason | None = None
    state: State = "pending"
    active_at: datetime
    """When it was met first, moved on by gaps."""
    met_at: datetime
    """When it was met last."""
    unmet_since: datetime | None = None
    met_samples: int = 0
    """In a row."""
    unmet_samples: int = 0
    fired_at: datetime | None = None
    resolved_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one instance in one evaluation."""

    fingerprint: str
    state: Literal["pending", "firing", "resolved", "gone"]
    instance: Instance


Instances = Mapping[str, Instance]


def step(timing: Timing, instances: Instances, met: Mapping[str, Found], at: datetime) -> Instances:
    """Return the instances after an evaluation at *at* that found *met*, by fingerprint."""
    after: dict[str, Instance] = {}
    for key, instance in instances.items():
        if key not in met and (left := _unmet(timing, instance, at)) is not None:
            after[key] = left
    for key, found in met.items():
        after[key] = _met(timing, instances.get(key), found, at)
    return after


def changes(before: Instances, after: Instances) -> list[Change]:
    """Return which instances have another state than before, in order of their fingerprints."""
    return list(_changes(before, after))


def _changes(before: Instances, after: Instances) -> Iterable[Change]:
    for key in sorted({*before, *after}):
        old, new = before.get(key), after.get(key)
        if new is None:
            if old is not None and old.state == "pending":
                yield Change(key, "gone", old)
        elif old is None or old.state != new.state or old.fired_at != new.fired_at:
            yield Change(key, new.state, new)


def _met(timing: Timing, instance: Instance | None, found: Found, at: datetime) -> Instance:
    if instance is None or instance.state == "resolved":
        instance = Instance(
            series=found.series, value=found.value, reason=found.reason, active_at=at, met_at=at
        )
    gap = at - instance.met_at
    instance = replace(
        instance,
        value=found.value,
        met_at=at,
        active_at=instance.active_at + (gap if gap > timing.max_gap else timedelta(0)),
        unmet_since=None,
        met_samples=instance.met_samples + 1,
        unmet_samples=0,
    )
    if instance.state == "pending" and _is_ripe(timing, instance, at):
        return replace(instance, state="firing", fired_at=at)
    return instance


def _is_ripe(timing: Timing, instance: Instance, at: datetime) -> bool:
    if timing.after_samples is not None:
        return instance.met_samples >= timing.after_samples
    return at - instance.active_at >= timing.hold


def _unmet(timing: Timing, instance: Instance, at: datetime) -> Instance | None:
    if instance.state == "pending":
        return None
    if instance.state == "resolved":
        assert instance.resolved_at is not None  # noqa: S101 - set with the state
        return None if at - instance.resolved_at > RESOLVED_STAYS else instance
    since = instance.unmet_since or at
    samples = instance.unmet_samples + 1
    left = replace(instance, unmet_since=since, met_samples=0, unmet_samples=samples)
    if timing.clear_samples is not None:
        stays = samples < timing.clear_samples
    else:
        stays = at - since < timing.keep_firing
    return left if stays else replace(left, state="resolved", resolved_at=at)
