"""What others have to say, through the views made for the notifier; and how far it was read."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from pydantic import ValidationError

from services.notifier.facts import TASK_CHANGED, Fact, Kind, Task
from shared.contracts.policy import TaskPolicy
from shared.contracts.runs import RunStatus
from shared.db.pool import Pool, Record
from shared.domain.occurrence import Outcome

# Whoever made a task may be a channel, by name; if not, there is nobody to tell.
_TASKS = """
SELECT t.id, t.name, t.notify_on_success, t.notify_on_failure, t.notify_recipients, t.policy,
       CASE WHEN t.created_by LIKE '%@%' OR EXISTS (
           SELECT FROM api.notifier_channels c WHERE c.name = t.created_by)
           THEN t.created_by END AS creator,
       EXISTS (SELECT FROM notify.incidents i
               WHERE i.task_id = t.id AND i.closed_at IS NULL) AS troubled
FROM api.notifier_tasks t WHERE t.id = ANY($1::uuid[])
"""

# What went well is read only where somebody waits for it.
_RUNS = """
SELECT r.run_id, r.task_id, r.trigger, r.status, r.final, r.attempt, r.scheduled_for, r.started_at,
       r.completed_at, r.result, r.error_message, r.recorded_at
FROM log.notifier_runs r JOIN api.notifier_tasks t ON t.id = r.task_id
WHERE r.recorded_at > $1 AND r.recorded_at <= $2
  AND (r.final AND r.status <> 'success' OR t.talks
       OR r.final AND EXISTS (SELECT FROM notify.incidents i
                              WHERE i.task_id = r.task_id AND i.closed_at IS NULL))
  AND NOT EXISTS (SELECT FROM notify.judged j WHERE j.run_id = r.run_id
                  AND j.kind = CASE WHEN r.final THEN 'ended' ELSE 'started' END)
ORDER BY r.recorded_at, r.run_id LIMIT $3
"""

# A time that was missed opens an incident, whoever waits; the rest is read where somebody does.
_OCCURRENCES = """
SELECT o.run_id, o.task_id, o.trigger, o.scheduled_for, o.outcome, o.reason, o.decided_at
FROM scheduler.notifier_occurrences o JOIN api.notifier_tasks t ON t.id = o.task_id
WHERE o.decided_at > $1 AND o.decided_at <= $2 AND o.outcome = ANY($4::text[])
  AND (t.talks OR o.outcome IN ('missed', 'expired'))
  AND NOT EXISTS (SELECT FROM notify.judged j WHERE j.run_id = o.run_id AND j.kind = 'outcome')
ORDER BY o.decided_at, o.run_id LIMIT $3
"""

_WAITING = """
SELECT w.run_id, w.task_id, w.trigger, w.scheduled_for, w.due_at, w.waits_for
FROM scheduler.notifier_waiting w JOIN api.notifier_tasks t ON t.id = w.task_id AND t.talks
WHERE w.due_at < clock_timestamp() - $1::interval
  AND NOT EXISTS (SELECT FROM notify.judged j WHERE j.run_id = w.run_id AND j.kind = 'late')
ORDER BY w.due_at LIMIT $2
"""

_SILENCES = """
SELECT s.run_id, s.task_id, s.since, s.at, s.kind, s.is_told
FROM log.notifier_silences s
WHERE s.at > $1 AND s.at <= $2
  AND NOT EXISTS (SELECT FROM notify.judged j WHERE j.run_id = s.run_id AND j.kind = s.kind)
ORDER BY s.at, s.run_id LIMIT $3
"""


class Known(NamedTuple):
    """A task, and whether an incident of it is open."""

    task: Task
    troubled: bool


class Window(NamedTuple):
    """Facts in the order in which they became true."""

    facts: list[Fact]
    last: datetime | None
    """When the last of them became true; None: there are no more."""


class SourceStore:
    """Views of others, and the table `notify.watermarks`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def tasks(self, ids: Sequence[UUID]) -> dict[UUID, Known]:
        """Return those of the tasks that exist."""
        rows = await self._pool.fetch(_TASKS, ids)
        return {row["id"]: Known(_task(row), row["troubled"]) for row in rows}

    async def runs(self, after: datetime, until: datetime, limit: int) -> Window:
        """Return runs that began or ended within a time and were not judged."""
        rows = await self._pool.fetch(_RUNS, after, until, limit)
        last = rows[-1]["recorded_at"] if len(rows) == limit else None
        return Window([_run(row) for row in rows], last)

    async def occurrences(
        self, after: datetime, until: datetime, limit: int, outcomes: Iterable[Outcome]
    ) -> Window:
        """Return what will not run, decided within a time and not judged."""
        names = [each.value for each in outcomes]
        rows = await self._pool.fetch(_OCCURRENCES, after, until, limit, names)
        last = rows[-1]["decided_at"] if len(rows) == limit else None
        return Window([_occurrence(row) for row in rows], last)

    async def silences(self, after: datetime, until: datetime, limit: int) -> Window:
        """Return schedules that fell silent, or go on again, within a time and were not judged."""
        rows = await self._pool.fetch(_SILENCES, after, until, limit)
        last = rows[-1]["at"] if len(rows) == limit else None
        return Window([_silence(row) for row in rows], last)

    async def due(self, runs: Sequence[UUID]) -> dict[UUID, datetime]:
        """Return when each of *runs* was due."""
        rows = await self._pool.fetch(
            "SELECT run_id, due_at FROM scheduler.notifier_due WHERE run_id = ANY($1::uuid[])", runs
        )
        return {row["run_id"]: row["due_at"] for row in rows}

    async def waiting(self, longer_than: timedelta, limit: int) -> list[Fact]:
        """Return runs that are due for so long and have not begun."""
        return [_late(row) for row in await self._pool.fetch(_WAITING, longer_than, limit)]

    async def watermark(self, source: str) -> tuple[datetime, datetime]:
        """Return up to where a source was read, and the database's time."""
        row = await self._pool.fetchrow(
            "SELECT until, clock_timestamp() FROM notify.watermarks WHERE source = $1", source
        )
        assert row is not None  # noqa: S101 - the migration made it
        return row[0], row[1]

    async def advance(self, source: str, until: datetime) -> None:
        """Note that a source was read up to *until*."""
        await self._pool.execute(
            "UPDATE notify.watermarks SET until = greatest(until, $2) WHERE source = $1",
            source,
            until,
        )


def _task(row: Record) -> Task:
    try:
        policy = TaskPolicy.model_validate_json(row["policy"])
    except ValidationError:  # saved under other rules: the switches still count
        policy = TaskPolicy()
    return Task(
        id=row["id"],
        name=row["name"],
        notify_on_success=row["notify_on_success"],
        notify_on_failure=row["notify_on_failure"],
        recipients=tuple(row["notify_recipients"]),
        creator=row["creator"],
        policy=policy,
    )


def _run(row: Record) -> Fact:
    return Fact(
        kind=Kind.ENDED if row["final"] else Kind.STARTED,
        run_id=row["run_id"],
        task_id=row["task_id"],
        at=row["completed_at"] or row["started_at"],
        trigger=row["trigger"],
        scheduled_for=row["scheduled_for"],
        status=RunStatus(row["status"]) if row["final"] else None,
        started_at=row["started_at"],
        attempt=row["attempt"],
        error=row["error_message"],
        result=row["result"],
    )


def _occurrence(row: Record) -> Fact:
    return Fact(
        kind=Kind.OUTCOME,
        run_id=row["run_id"],
        task_id=row["task_id"],
        at=row["decided_at"],
        trigger=row["trigger"],
        scheduled_for=row["scheduled_for"],
        outcome=Outcome(row["outcome"]),
        reason=row["reason"],
    )


def _silence(row: Record) -> Fact:
    return Fact(
        kind=Kind(row["kind"]),
        run_id=row["run_id"],
        task_id=row["task_id"],
        at=row["at"],
        trigger="schedule",
        scheduled_for=row["since"],
        reason=None if row["is_told"] else TASK_CHANGED,
    )


def _late(row: Record) -> Fact:
    return Fact(
        kind=Kind.LATE,
        run_id=row["run_id"],
        task_id=row["task_id"],
        at=row["due_at"],
        trigger=row["trigger"],
        scheduled_for=row["scheduled_for"],
        reason=row["waits_for"],
    )
