"""From a wall clock that never jumps to instants: the nights on which real clocks do jump.

    spring   01:59:59 ──► 03:00:00      02:30 does not exist: the gap
    autumn   01:59:59 ──► 01:00:00      01:30 happens twice: the fold, a first and a second pass

A job of fixed times (the hour field does not begin with `*`) keeps its count: all matches inside a
gap collapse into one fire at its edge, or into none, and a match inside a fold fires in the first
pass, in the second, or in both. A job whose hour is a wildcard follows real time: it fires in both
passes and never inside a gap. That is the rule of Debian's cron, for five fields and six alike.

Following real time is thus the same as "skip the gap, both passes of the fold", and one algorithm
serves both kinds. It needs no table of transitions: between two matches nothing can happen that
matters, so only the wall time found and the wall time we start from are held against the zone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from shared.domain.cron import Cron

_SECOND = timedelta(seconds=1)


class DstGap(StrEnum):
    """What becomes of the matches inside a gap."""

    RUN_AFTER = "run_after"  # one fire at the first instant after it
    RUN_BEFORE = "run_before"  # one fire at the last whole second before it
    SKIP = "skip"  # none


class DstFold(StrEnum):
    """In which pass a match inside a fold fires."""

    FIRST = "first"
    SECOND = "second"
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Fire:
    """One nominal fire: a UTC instant, and why it is not simply what the expression says.

    `note` is a text code (`dst.gap_run_after`) or None; `params` fill its wording.
    """

    at: datetime
    note: str | None = None
    params: Mapping[str, object] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class _Jump:
    """A change of a zone's offset, naive UTC, with the wall times it skips or repeats."""

    at: datetime
    before: timedelta
    after: timedelta

    @property
    def wall_from(self) -> datetime:
        """The first wall time that is skipped or repeated."""
        return self.at + min(self.before, self.after)

    @property
    def wall_to(self) -> datetime:
        """The first wall time after those."""
        return self.at + max(self.before, self.after)


def next_wall_fire(
    cron: Cron, zone: ZoneInfo, *, after: datetime, gap: DstGap, fold: DstFold
) -> Fire | None:
    """Return the first fire strictly after the aware instant *after*; None if there is none."""
    if zone.key == "UTC":
        wall = cron.next_match(after.astimezone(UTC).replace(tzinfo=None))
        return None if wall is None else Fire(wall.replace(tzinfo=UTC))
    if cron.follows_real_time:
        fire = _next_fire(cron, zone, after, DstGap.SKIP, DstFold.BOTH)
        return None if fire is None else Fire(fire.at)  # nothing odd happened to it: no note
    return _next_fire(cron, zone, after, gap, fold)


def instant_of(wall: datetime, zone: ZoneInfo, *, last: bool = False) -> datetime:
    """Return the UTC instant at which clocks show the naive *wall*, or first show a later time.

    A wall time that happens twice is its first occurrence, or the second with *last*.
    """
    before, behind = _offsets(wall, zone)
    if before < behind:
        return _find_jump(wall, zone).at.replace(tzinfo=UTC)
    return (wall - (behind if last else before)).replace(tzinfo=UTC)


def _next_fire(
    cron: Cron, zone: ZoneInfo, after: datetime, gap: DstGap, fold: DstFold
) -> Fire | None:
    local = after.astimezone(zone)
    cursor = local.replace(tzinfo=None, fold=0)
    skipped: Fire | None = None
    before, behind = _offsets(cursor, zone)
    if before != behind:  # we start inside a fold: no instant has a wall time inside a gap
        jump = _find_jump(cursor, zone)
        fire = _rest_of_fold(cron, cursor, jump, fold, in_second=bool(local.fold))
        if fire is not None:
            return fire
        cursor = jump.wall_to - _SECOND
    while (wall := cron.next_match(cursor)) is not None:
        before, behind = _offsets(wall, zone)
        if before >= behind:
            fire = (
                Fire((wall - before).replace(tzinfo=UTC))
                if before == behind
                else _fire_in_fold(wall, before, behind, fold, second=fold is DstFold.SECOND)
            )
            return fire if fire.note or not skipped else Fire(fire.at, skipped.note, skipped.params)
        jump = _find_jump(wall, zone)
        edge = _fire_at_gap(wall, jump, gap)
        if gap is DstGap.SKIP:
            skipped = skipped or edge
        elif edge.at > after:  # run_before: its instant may have gone by already
            return edge
        cursor = jump.wall_to - _SECOND
    return None


def _rest_of_fold(
    cron: Cron, cursor: datetime, jump: _Jump, fold: DstFold, *, in_second: bool
) -> Fire | None:
    """Return the next fire after a *cursor* inside a fold that still belongs to that fold."""
    if not in_second and fold is not DstFold.SECOND:
        wall = cron.next_match(cursor)
        if wall is not None and wall < jump.wall_to:
            return _fire_in_fold(wall, jump.before, jump.after, fold, second=False)
    if fold is not DstFold.FIRST:
        wall = cron.next_match(cursor if in_second else jump.wall_from - _SECOND)
        if wall is not None and wall < jump.wall_to:
            return _fire_in_fold(wall, jump.before, jump.after, fold, second=True)
    return None


def _fire_in_fold(
    wall: datetime, before: timedelta, behind: timedelta, fold: DstFold, *, second: bool
) -> Fire:
    params: dict[str, object] = {"wall": _clock(wall)}
    if fold is DstFold.BOTH:
        params["pass"] = 2 if second else 1
    at = wall - (behind if second else before)
    return Fire(at.replace(tzinfo=UTC), f"dst.fold_{fold}", params)


def _fire_at_gap(wall: datetime, jump: _Jump, gap: DstGap) -> Fire:
    """Return the one fire that stands for all matches in a gap, *wall* being the first of them.

    For `skip` there is none: the value then only carries the note.
    """
    if gap is DstGap.SKIP:
        params = {"wall": f"{wall:%Y-%m-%d} {_clock(wall)}"}
        return Fire(jump.at.replace(tzinfo=UTC), "dst.gap_skipped", params)
    at = jump.at if gap is DstGap.RUN_AFTER else jump.at - _SECOND
    ran = at + (jump.after if gap is DstGap.RUN_AFTER else jump.before)
    return Fire(
        at.replace(tzinfo=UTC), f"dst.gap_{gap}", {"wall": _clock(wall), "ran": _clock(ran)}
    )


def _clock(wall: datetime) -> str:
    return f"{wall:%H:%M:%S}" if wall.second else f"{wall:%H:%M}"


def _offsets(wall: datetime, zone: ZoneInfo) -> tuple[timedelta, timedelta]:
    """Return the offsets before and after a jump at *wall*; the same twice if there is none.

    PEP 495: before > after says that the wall time happens twice, before < after that it never
    does.
    """
    aware = wall.replace(tzinfo=zone)
    before, behind = aware.utcoffset(), aware.replace(fold=1).utcoffset()
    if before is None or behind is None:  # pragma: no cover - a ZoneInfo always knows its offset
        raise AssertionError
    return before, behind


def _find_jump(wall: datetime, zone: ZoneInfo) -> _Jump:
    """Return the jump that skips or repeats *wall*, found by bisection to the second."""
    wall = wall.replace(microsecond=0)
    before, behind = _offsets(wall, zone)
    early, late = sorted((wall - before, wall - behind))
    # Invariant: `before` still holds at early, `behind` already at late.
    while late - early > _SECOND:
        middle = early + timedelta(seconds=(late - early) // _SECOND // 2)
        if middle.replace(tzinfo=UTC).astimezone(zone).utcoffset() == behind:
            late = middle
        else:
            early = middle
    return _Jump(late, before, behind)
