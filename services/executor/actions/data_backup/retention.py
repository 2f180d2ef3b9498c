"""Which backups may go. Pure.

A backup is kept if any rule wants it:

    last N       the newest N
    daily N      of each of the newest N days that have any, one; weekly (ISO) and monthly alike
    verified N   the newest N that are verified

Of a day, week or month the newest verified one is taken, else the newest. Days are those of UTC.
The one that was just made counts as the newest, whatever the clock said when it was made. So the
newest verified one never goes, and asking again after the removal removes nothing more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """How many to keep by each rule."""

    last: int
    daily: int = 0
    weekly: int = 0
    monthly: int = 0
    verified: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What the rules look at."""

    name: str
    at: datetime
    verified: bool


def to_remove(backups: Iterable[Kept], keep: Keep, *, newest: str | None = None) -> list[str]:
    """Return the names that no rule wants, oldest first."""
    found = sorted(
        backups, key=lambda each: (each.name == newest, each.at, each.name), reverse=True
    )
    verified = [each for each in found if each.verified]
    wanted = {each.name for each in found[: max(1, keep.last)]}
    wanted |= {each.name for each in verified[: max(1, keep.verified)]}
    for count, period in (
        (keep.daily, _day),
        (keep.weekly, _week),
        (keep.monthly, _month),
    ):
        wanted |= _one_of_each(found, period, count)
    return [each.name for each in reversed(found) if each.name not in wanted]


def _one_of_each(
    found: Sequence[Kept], period: Callable[[datetime], tuple[int, ...]], count: int
) -> set[str]:
    """Return one name of each of the newest *count* periods."""
    chosen: dict[tuple[int, ...], Kept] = {}
    for each in found:  # newest first
        of = period(each.at.astimezone(UTC))
        if of not in chosen or (each.verified and not chosen[of].verified):
            chosen[of] = each
    return {chosen[of].name for of in sorted(chosen, reverse=True)[:count]}


def _day(at: datetime) -> tuple[int, ...]:
    return at.year, at.month, at.day


def _week(at: datetime) -> tuple[int, ...]:
    return tuple(at.isocalendar()[:2])


def _month(at: datetime) -> tuple[int, ...]:
    return at.year, at.month
