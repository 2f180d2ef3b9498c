"""A job: the scheduler's copy of a task, and what a change of the task does to it.

Pure: no clock, no database. A change is judged at the moment when it became true (`changed_at`),
not when we hear of it, so that a slow bus moves no fire from one version of a task to another.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from shared.contracts.policy import DEFAULT_PRIORITY, DEFAULT_QUEUE
from shared.contracts.tasks import TaskChanged, TaskDefinition, TaskType
from shared.domain.errors import InvalidDefinition
from shared.domain.misfire import Backlog, PlannedOccurrence, plan_edit
from shared.domain.occurrence import Outcome, fire_id
from shared.domain.schedule import Schedule, due_at, next_fire, parse_schedule

#: Rows and orders are made this much before they are due, and the executor that has claimed a run
#: starts it at its time: the work of many runs of one second does not make them late. An edit
#: within this time of a fire comes too late for it. Not of a paused task: once its fire is written
#: down as skipped, nothing could make it run if the task were switched on before it.
AHEAD = timedelta(milliseconds=300)

SCHEDULE = "schedule"
MANUAL = "manual"

log = logging.getLogger(__name__)


class Job(NamedTuple):
    """One row of the job table, in the order of its columns."""

    task_id: UUID
    version: int
    deleted: bool
    enabled: bool
    name: str
    action: str
    action_config: str
    timeout_seconds: int
    queue: str
    priority: int
    schedule: str | None
    next_fire_at: datetime | None
    next_due_at: datetime | None
    backlog: str | None
    changed_at: datetime
    policy: str
    trigger_config: str | None


class Entry(NamedTuple):
    """One row of the ledger, in the order of its columns."""

    run_id: UUID
    task_id: UUID
    trigger: str
    scheduled_for: datetime
    moment: str
    due_at: datetime
    outcome: str
    reason: str | None
    missed_count: int
    missed_since: datetime | None
    version: int
    requested_by: str | None
    queue: str
    priority: int
    held: bool = False
    waits_for: str | None = None
    params: str | None = None
    overlap: str | None = None
    unique_key: str | None = None
    origin: str | None = None
    not_before: datetime | None = None
    traceparent: str | None = None
    """Before it is entered, the trace that it was caused in; then its own span."""


def queues_of(entries: Iterable[Entry]) -> list[str]:
    """Return the queue of each of those ledger rows that fired and need not wait."""
    return [each.queue for each in entries if each.outcome == Outcome.FIRED and not each.held]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cancel:
    """What becomes of the fires that no executor has begun."""

    outcome: Outcome
    reason: str
    requests_too: bool
    """Also what was asked for: runs by hand, requeued ones, those of backfills."""
    early_too: bool
    """Also fires later than the change, made ahead of their time: no version to come wants them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What a task event does: the job as it is from now on, and what the old one leaves behind."""

    job: Job
    entries: tuple[Entry, ...] = ()
    cancel: Cancel | None = None


@lru_cache(maxsize=20_000)
def compiled(config: str) -> Schedule:
    """Parse a stored schedule once; many tasks share one."""
    return parse_schedule(json.loads(config))


def planned_entry(job: Job, planned: PlannedOccurrence) -> Entry:
    """Return the ledger row of one planned fire of *job*."""
    return Entry(
        run_id=fire_id(job.task_id, planned.scheduled_for),
        task_id=job.task_id,
        trigger=SCHEDULE,
        scheduled_for=planned.scheduled_for,
        moment="",
        due_at=planned.due_at,
        outcome=planned.outcome,
        reason=planned.reason,
        missed_count=planned.missed_count,
        missed_since=planned.missed_since,
        version=job.version,
        requested_by=None,
        queue=job.queue,
        priority=job.priority,
    )


def decide_change(
    change: TaskChanged, old: Job | None, *, unknown_since: datetime | None = None
) -> Change | None:
    """Return what *change* does to *old*, or None if it tells nothing new.

    Fires of the old version up to the moment of the change still belong to it. The new version
    begins after that moment; nothing is ever caught up across an edit.

    *unknown_since* is given when the whole job table may have been lost: a task that we do not know
    though it changed before that moment then begins at it, instead of owing all its history.
    """
    if old is not None and old.version >= change.version:
        return None
    entries = tuple(planned_entry(old, each) for each in _left_behind(old, change)) if old else ()
    if change.task is None:
        return Change(
            job=_tombstone(change, old),
            entries=entries,
            cancel=Cancel(
                outcome=Outcome.SUPERSEDED,
                reason="task.deleted",
                requests_too=True,
                early_too=True,
            ),
        )
    cancel = None
    if not change.task.enabled:
        cancel = Cancel(
            outcome=Outcome.SKIPPED_PAUSED,
            reason="task.disabled",
            # What waits was asked for before, as a request waits for the version that it presumes.
            # What is asked for of a task that is off is meant, and stays when it is edited.
            requests_too=old is not None and old.enabled,
            early_too=False,
        )
    begins_at = change.changed_at
    if old is None and unknown_since is not None:
        begins_at = max(begins_at, unknown_since)
    return Change(job=job_of(change, change.task, begins_at), entries=entries, cancel=cancel)


def looked_at(due: datetime | None, *, enabled: bool) -> datetime | None:
    """Return the `next_due_at` of a job whose next fire is due at *due*.

    The ticker looks `AHEAD` of the time at everything, so a paused job is entered that much later.
    """
    return due if due is None or enabled else due + AHEAD


def _left_behind(old: Job, change: TaskChanged) -> tuple[PlannedOccurrence, ...]:
    backlog = backlog_of(old)
    if old.schedule is None or (old.next_fire_at is None and backlog is None):
        return ()
    return plan_edit(
        compiled(old.schedule),
        task_id=str(old.task_id),
        next_fire_at=old.next_fire_at,
        edited_at=change.changed_at,
        backlog=backlog,
        enabled=old.enabled,
    )


def backlog_of(job: Job) -> Backlog | None:
    """Return the catch-up that the job is in the middle of, if any."""
    return Backlog.from_json(json.loads(job.backlog)) if job.backlog else None


def job_of(change: TaskChanged, task: TaskDefinition, begins_at: datetime) -> Job:
    """Return the job row of a task whose first fire comes after *begins_at*."""
    schedule = None
    fire_at = look_at = None
    if task.task_type is TaskType.SCHEDULED and task.schedule_config is not None:
        schedule = json.dumps(task.schedule_config, sort_keys=True)
        try:
            parsed = compiled(schedule)
        except InvalidDefinition:
            # The API accepts only what this very code accepts, so this is an older API's task.
            log.exception("task %s has a schedule that cannot be read", change.task_id)
        else:
            fire = next_fire(parsed, begins_at)
            if fire is not None:
                fire_at = fire.at
                due = due_at(parsed, str(change.task_id), fire.at)
                look_at = looked_at(due, enabled=task.enabled)
    return Job(
        task_id=change.task_id,
        version=change.version,
        deleted=False,
        enabled=task.enabled,
        name=task.name,
        action=task.task_action,
        action_config=json.dumps(task.action_config, ensure_ascii=False),
        timeout_seconds=task.timeout_seconds,
        queue=task.policy.queue,
        priority=task.policy.priority,
        schedule=schedule,
        next_fire_at=fire_at,
        next_due_at=look_at,
        backlog=None,
        changed_at=change.changed_at,
        policy=task.policy.to_json(),
        trigger_config=_trigger_of(task),
    )


def _trigger_of(task: TaskDefinition) -> str | None:
    if task.task_type is not TaskType.TRIGGERED or task.trigger_config is None:
        return None
    return json.dumps(task.trigger_config, sort_keys=True, ensure_ascii=False)


def _tombstone(change: TaskChanged, old: Job | None) -> Job:
    """Return the row that keeps late events of a deleted task harmless."""
    return Job(
        task_id=change.task_id,
        version=change.version,
        deleted=True,
        enabled=False,
        name=old.name if old else "",
        action=old.action if old else "",
        action_config=old.action_config if old else "{}",
        timeout_seconds=old.timeout_seconds if old else 1,
        queue=DEFAULT_QUEUE,
        priority=DEFAULT_PRIORITY,
        schedule=None,
        next_fire_at=None,
        next_due_at=None,
        backlog=None,
        changed_at=change.changed_at,
        policy="{}",
        trigger_config=None,
    )
