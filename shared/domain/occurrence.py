"""An occurrence: one nominal fire of a task, and the one thing that became of it.

The ledger holds exactly one occurrence for every nominal fire, also for those that started nothing:
that is how a person can tell "it was not due" from "it was due and we dropped it".
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from uuid import UUID, uuid5

from shared.domain.instant import format_instant

# Frozen for ever, like the format below: a changed identifier would start every pending run twice.
NAMESPACE = UUID("6f1f0f0e-4c3b-5d0a-9a57-2b8f2f6f9d11")

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Outcome(StrEnum):
    """What became of a nominal fire."""

    FIRED = "fired"  # a run was created for it
    COALESCED = "coalesced"  # came too late; another late fire ran in its stead
    MISSED = "missed"  # came too late, and the misfire policy drops it
    SKIPPED_PAUSED = "skipped_paused"  # the task was switched off at the time
    SUPERSEDED = "superseded"  # the schedule was edited before it could be handled
    EXPIRED = "expired"  # a run was created, but could not start before its deadline
    SKIPPED_OVERLAP = "skipped_overlap"  # another run of the task was live
    SKIPPED_BLACKOUT = "skipped_blackout"  # a calendar says no
    SKIPPED_CONDITION = "skipped_condition"  # the trigger's condition or rule was not met
    SKIPPED_LOCK = "skipped_lock"  # another run had what it needs
    THROTTLED = "throttled"  # too many already run or wait
    DEDUPED = "deduped"  # the same run is there already
    UPSTREAM_FAILED = "upstream_failed"  # what it depends on did not end as its rule demands
    CANCELLED = "cancelled"  # somebody took it back before it began


def run_id_for(task_id: str, trigger: str, moment: str) -> UUID:
    """Return the identifier of the run that *trigger* causes for a task at a *moment*.

    The same three words give the same identifier on every scheduler, so that the database's
    unique key settles any race. Of a schedule it is `fire_id`.
    """
    return uuid5(NAMESPACE, f"{task_id}|{trigger}|{moment}")


def fire_id(task_id: UUID, scheduled_for: datetime) -> UUID:
    """Return the identifier of the run that the schedule of a task causes at a nominal time."""
    moment = format_instant(scheduled_for)
    return time_ordered(run_id_for(str(task_id), "schedule", moment), scheduled_for)


def time_ordered(identity: UUID, at: datetime) -> UUID:
    """Return *identity* with the milliseconds of *at* in front (RFC 9562, version 7).

    Rows that come in the order of their key go to the right edge of an index: half the work, and
    after a checkpoint a fraction of the WAL, of rows that go anywhere.
    """
    since = (at - _EPOCH) // _MILLISECOND & 0xFFFF_FFFF_FFFF
    return UUID(int=since << 80 | 7 << 76 | identity.int & (1 << 76) - 1)
