"""How much a channel is told: so many messages within a while, then one that says how many more.

    so many within five minutes ──► the others are folded: kept in the delivery log, not sent
                                    └─► when the while is over: one message with their number

When everything fails at once nobody reads a thousand mails, and no mail server takes them. Pure.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid5

from shared.domain.instant import format_instant

PERIOD = timedelta(minutes=5)
_NAMESPACE = UUID("b1f4b6de-6d3c-5f43-9a0e-3f5a8f1f7c55")


class Ordered(NamedTuple):
    """A message that is to be sent."""

    id: UUID
    run_id: UUID | None
    task_id: UUID | None
    event: str
    channel: str
    facts: str
    """JSON."""
    incident_id: UUID | None = None
    group_id: UUID | None = None
    """Of alerts, instead of a run and its task."""


class Allowance(NamedTuple):
    """What a channel was told lately."""

    since: datetime
    """The while began."""
    told: int
    """Messages within it, those included that are to be sent now."""
    most: int


class Fold(NamedTuple):
    """The one message that stands for others of a channel."""

    id: UUID
    channel: str
    since: datetime
    first: Ordered
    """The first of the others."""


def fold(
    ordered: Sequence[Ordered], allowances: Mapping[str, Allowance]
) -> tuple[dict[UUID, UUID], list[Fold]]:
    """Return which messages are folded into which, and those others; no allowance: no limit."""
    new = Counter(each.channel for each in ordered)
    sent = {channel: each.told - new[channel] for channel, each in allowances.items()}
    into: dict[UUID, UUID] = {}
    folds: dict[str, Fold] = {}
    for each in ordered:
        allowance = allowances.get(each.channel)
        if allowance is None:
            continue
        sent[each.channel] += 1
        if sent[each.channel] <= allowance.most:
            continue
        name = f"{each.channel}|{format_instant(allowance.since)}"
        standing = Fold(uuid5(_NAMESPACE, name), each.channel, allowance.since, each)
        into[each.id] = folds.setdefault(each.channel, standing).id
    return into, list(folds.values())
