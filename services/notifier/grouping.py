"""What one look at a group of alerts comes to. When and why: `shared/domain/alerting/grouping.py`.

An alert is told apart from others by its fingerprint, which is the same each time it comes. One
whose row is gone was resolved long ago, while nobody looked. One that is not for this group any
more, because its rule names other channels or the settings group otherwise, leaves without a word.
Pure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from services.notifier.alert_letter import AlertLetter, AlertPart, write_alert_letter
from shared.domain.alerting.grouping import (
    Member,
    Timing,
    Told,
    first_flush,
    flush,
    group_key,
)
from shared.domain.alerting.matching import Inhibition, Inhibitions, Silence, silenced_by

_NAMESPACE = UUID("0d6a43d0-5b4e-5c8e-8f3a-8a3f0a3a9a11")
#: A receiver that hears nothing for so many `repeat_interval`s need not believe it any more.
BELIEVED = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How alerts are told."""

    group_by: tuple[str, ...]
    timing: Timing
    inhibitions: tuple[Inhibition, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """An alert as it is in its group."""

    part: AlertPart
    recipients: tuple[str, ...] | None
    """Whom its rule tells; None: the rule is gone."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Alerts that one channel is told together."""

    id: UUID
    channel: str
    labels: Mapping[str, str]
    flush_at: datetime
    told: Told | None = None
    members: Sequence[Seen] = field(default_factory=tuple)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What follows from one look."""

    group: Group
    """As it is to be stored; without members: it is over."""
    letter: AlertLetter | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mutes:
    """All that holds alerts now."""

    silences: Sequence[Silence]
    inhibitions: Inhibitions

    def hold(self, alert: AlertPart, now: datetime) -> bool:
        """Return whether nobody is to be told of *alert*."""
        return bool(
            silenced_by(alert.labels, self.silences, now)
            or self.inhibitions.of(alert.fingerprint, alert.labels)
        )


def group_of(channel: str, alert: AlertPart, settings: Settings, now: datetime) -> Group:
    """Return the group in which *channel* is told of *alert*, as it is if it is new."""
    labels = group_key(alert.labels, settings.group_by)
    name = json.dumps([channel, labels], ensure_ascii=False, sort_keys=True)
    return Group(
        id=uuid5(_NAMESPACE, name),
        channel=channel,
        labels=labels,
        flush_at=first_flush(now, alert.starts_at, settings.timing),
    )


def look(group: Group, settings: Settings, mutes: Mutes, now: datetime) -> Outcome:
    """Return what a look at *group* comes to."""
    here = [each for each in group.members if _belongs(each, group, settings)]
    members = [
        Member(
            each.part.fingerprint,
            firing=each.part.status == "firing",
            muted=mutes.hold(each.part, now),
        )
        for each in here
    ]
    done = flush(group.told, members, now, settings.timing)
    left = [each for each in here if each.part.fingerprint not in done.forgotten]
    after = replace(
        group, members=left, told=done.told, flush_at=now + settings.timing.group_interval
    )
    if not done.speaks:
        return Outcome(group=after, letter=None)
    named = done.firing | done.resolved
    letter = write_alert_letter(
        group.id,
        group.labels,
        [each.part for each in here if each.part.fingerprint in named],
        at=now,
        believed_for=_believed_for(settings.timing).total_seconds(),
    )
    return Outcome(group=after, letter=letter)


def _belongs(seen: Seen, group: Group, settings: Settings) -> bool:
    if seen.recipients is not None and group.channel not in seen.recipients:
        return False
    return group_key(seen.part.labels, settings.group_by) == dict(group.labels)


def _believed_for(timing: Timing) -> timedelta:
    return BELIEVED * max(timing.repeat_interval, timing.group_interval)
