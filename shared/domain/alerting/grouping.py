"""When a group of alerts is told, and what. As in Alertmanager. Pure.

    first alert ──group_wait──► flush ──group_interval──► flush ──► …        until it is empty
                                  └─► told, if there is something new, or `repeat_interval` is over

A flush tells the group as it stands: all that fires, and what was resolved since the last one. It
is held back if all that it has to say is known: nothing fires that did not fire when the receiver
was last told, and nothing was resolved. Of what fired and was resolved between two flushes of a
group in which nothing fires the receiver never hears.

In one thing we differ. Alertmanager forgets the end of an alert that was told, and is silenced or
inhibited when it ends; the receiver believes for ever that it fires. Here that end is told when
nothing holds it any more.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.alerting.labels import NAME
from shared.domain.alerting.matching import Labels
from shared.domain.errors import Problem

#: In `group_by`: alerts are alike if all of their labels are.
ALL_LABELS = "..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How a group is told."""

    group_wait: timedelta = timedelta(seconds=30)
    group_interval: timedelta = timedelta(minutes=5)
    repeat_interval: timedelta = timedelta(hours=4)
    send_resolved: bool = True


@dataclass(frozen=True, slots=True)
class Member:
    """An alert of a group, as it stands now."""

    key: str
    firing: bool
    muted: bool
    """Silenced or inhibited."""


@dataclass(frozen=True, slots=True)
class Told:
    """What the receiver was told last."""

    at: datetime
    firing: frozenset[str]
    resolved: frozenset[str]


@dataclass(frozen=True, slots=True)
class Flush:
    """What follows from one flush."""

    told: Told | None
    """What the receiver knows from now on."""
    firing: frozenset[str] = frozenset()
    """To be told; empty, and `resolved` too: nothing is."""
    resolved: frozenset[str] = frozenset()
    forgotten: frozenset[str] = frozenset()
    """These leave the group."""

    @property
    def speaks(self) -> bool:
        """Whether the receiver is told something."""
        return bool(self.firing or self.resolved)


def group_key(labels: Labels, group_by: Iterable[str]) -> dict[str, str]:
    """Return the labels that the alerts of one group have in common; `...` stands for all."""
    names = sorted(set(group_by))
    if names == [ALL_LABELS]:
        return dict(sorted(labels.items()))
    return {name: labels[name] for name in names if labels.get(name)}


def problems_with_group_by(group_by: Sequence[str]) -> list[Problem]:
    """Return what is wrong with the names of labels to group by."""
    if ALL_LABELS in group_by:
        return [Problem("/group_by", "alert.group_by_all")] if len(set(group_by)) > 1 else []
    return [
        Problem(f"/group_by/{index}", "field.pattern")
        for index, name in enumerate(group_by)
        if not re.fullmatch(NAME[1:-1], name, re.ASCII)
    ]


def first_flush(now: datetime, fired_at: datetime, timing: Timing) -> datetime:
    """Return when a group is told for the first time: one that has waited already waits less."""
    return min(now + timing.group_wait, max(now, fired_at + timing.group_wait))


def flush(told: Told | None, members: Collection[Member], now: datetime, timing: Timing) -> Flush:
    """Return what a group of *members* tells, of which the receiver knows what was *told*."""
    known = told.firing if told else frozenset()
    heard = [each for each in members if not each.muted]
    firing = frozenset(each.key for each in heard if each.firing)
    resolved = frozenset(each.key for each in heard if not each.firing)
    over = frozenset(each.key for each in members if not each.firing)
    # The end of what was told stays until it may be told.
    held = frozenset(each.key for each in members if each.muted and not each.firing) & known
    forgotten = over - held
    if not heard or not _is_news(told, firing, resolved, now, timing):
        # What ended without a word is news when it fires again.
        kept = told and Told(told.at, told.firing - forgotten, told.resolved)
        return Flush(kept, forgotten=forgotten)
    # What is held is known as it was before: the receiver was not told otherwise.
    muted = frozenset(each.key for each in members if each.muted)
    now_told = Told(now, firing | (muted & known), resolved)
    if not timing.send_resolved:
        return Flush(now_told, firing, forgotten=forgotten)
    return Flush(now_told, firing, resolved, forgotten)


def _is_news(
    told: Told | None,
    firing: frozenset[str],
    resolved: frozenset[str],
    now: datetime,
    timing: Timing,
) -> bool:
    if told is None:
        return bool(firing)
    if not firing <= told.firing:
        return True
    if not firing:
        # Also where ends are not told, so that they are known.
        return bool(resolved & told.firing)
    if timing.send_resolved and not resolved <= told.resolved:
        return True
    return told.at < now - timing.repeat_interval
