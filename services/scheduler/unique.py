"""Runs that would be the same as one that is there: what becomes of the new one, and of the old.

Pure. That no two get through at once is the business of a partial unique index
(`occurrences_unique`); here is decided what to do about it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.scheduler.job import Entry, Job
from shared.contracts.policy import Unique
from shared.domain.occurrence import Outcome

#: What starts runs that can be the same: a schedule's fires never are.
TRIGGERS = frozenset({"manual", "requeue", "event"})


class Existing(NamedTuple):
    """A run that fired under some key."""

    unique_key: str
    run_id: UUID
    settled: bool
    waits: bool
    """No executor has it, nor ever had."""
    created_at: datetime


@dataclass(slots=True)
class Resolved:
    """What to write."""

    entries: list[Entry] = field(default_factory=list)
    replaced: dict[UUID, UUID] = field(default_factory=dict)
    """Runs that new ones take the place of."""
    released: set[UUID] = field(default_factory=set)
    """Runs that are too old, or too far, to stand in the way of the same one."""


def unique_key(entry: Entry, unique: Unique | None, job: Job | None) -> str | None:
    """Return what tells a run from others by the chosen fields; None if it need not be told."""
    if unique is None or job is None or entry.trigger not in TRIGGERS:
        return None
    if entry.outcome != Outcome.FIRED:
        return None
    chosen: dict[str, object] = {}
    if "task" in unique.fields:
        chosen["task"] = str(entry.task_id)
    if "params" in unique.fields:
        params = entry.params if entry.params is not None else job.action_config
        chosen["params"] = json.loads(params)
    text = json.dumps(chosen, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def resolve(
    entries: Sequence[Entry],
    uniques: Mapping[UUID, Unique],
    existing: Sequence[Existing],
    now: datetime,
) -> Resolved:
    """Decide about *entries* in their order; *uniques* by task, *existing* the newest last."""
    there: dict[str, Existing] = {each.unique_key: each for each in existing if each.settled}
    there |= {each.unique_key: each for each in existing if not each.settled}
    resolved = Resolved()
    known = {each.run_id for each in existing}
    for entry in entries:
        unique = uniques.get(entry.task_id)
        if entry.unique_key is None or unique is None or entry.run_id in known:
            resolved.entries.append(entry)
            continue
        other = there.get(entry.unique_key)
        entered = _enter(entry, unique, other, resolved, now)
        resolved.entries.append(entered)
        if entered.unique_key is not None:
            there[entry.unique_key] = Existing(
                entry.unique_key, entry.run_id, settled=False, waits=True, created_at=now
            )
    return resolved


def _enter(
    entry: Entry, unique: Unique, other: Existing | None, resolved: Resolved, now: datetime
) -> Entry:
    if other is None:
        return entry
    if not _stands_in_the_way(other, unique, now):
        if not other.settled:
            resolved.released.add(other.run_id)
        return entry
    if unique.on_conflict == "replace" and other.waits and not other.settled:
        _replace(other.run_id, entry.run_id, resolved)
        return entry
    code = "unique.rejected" if unique.on_conflict == "reject" else "unique.existing"
    return entry._replace(
        outcome=Outcome.DEDUPED,
        reason=f"{code}:{other.run_id}",
        unique_key=None,
        held=False,
        waits_for=None,
    )


def _replace(old: UUID, new: UUID, resolved: Resolved) -> None:
    """Let *new* take the place of *old*, which may itself be of this batch."""
    for place, entry in enumerate(resolved.entries):
        if entry.run_id == old:
            resolved.entries[place] = entry._replace(
                outcome=Outcome.SUPERSEDED,
                reason=f"unique.replaced:{new}",
                unique_key=None,
                held=False,
                waits_for=None,
            )
            return
    resolved.replaced[old] = new


def _stands_in_the_way(other: Existing, unique: Unique, now: datetime) -> bool:
    period = unique.period_seconds
    if period is not None and other.created_at < now - timedelta(seconds=period):
        return False
    if unique.states == "all":
        return True
    return not other.settled and (unique.states == "incomplete" or other.waits)
