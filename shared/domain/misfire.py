"""What the ticker records when it looks at a task: every nominal fire, once, with its outcome.

A task's row holds `next_fire_at`, the nominal time of its first fire that is not in the ledger yet.
When the ticker finds it due it calls `plan` and writes down, in one transaction, what comes back.

    lateness of a fire (from when it could have been taken, jitter included, to now)
    ├─ up to the threshold ──────────► fired: it just runs late
    ├─ beyond the catch-up window ───► missed
    └─ in between: misfired ─┬─ skip ──────► missed
                             ├─ fire_once ─► one of them fired, the others coalesced
                             └─ fire_all ──► fired, up to the policy's limit; then missed

After a week of downtime a task may owe half a million fires. One call returns at most `limit` of
them, and a `Backlog` that the next call takes up: together they say the same as one long call would
have said. Which fire runs under `fire_once` is known only at the end of the backlog, so the
candidate waits in there, unrecorded; that is why a task with a backlog is to be looked at again at
once, and why an edit has to settle it (`plan_edit`).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.domain.catch_up import Backlog, CatchUp, PlannedOccurrence
from shared.domain.occurrence import Outcome
from shared.domain.schedule import Schedule, due_at, next_fire

__all__ = ["Backlog", "Plan", "PlannedOccurrence", "plan", "plan_edit"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to record now, in nominal order, and when to look again.

    `next_fire_at` is the new nominal time for the row, None if the schedule has run its course.
    `next_due_at` is when the ticker has to look again: at once while there is a backlog, else at
    the due time of `next_fire_at`. With jitter a fire after that one may be due earlier; it waits,
    because fires are taken in nominal order. None: never again.
    """

    occurrences: tuple[PlannedOccurrence, ...]
    next_fire_at: datetime | None
    next_due_at: datetime | None
    backlog: Backlog | None = None


def plan(
    schedule: Schedule,
    *,
    task_id: str,
    next_fire_at: datetime | None,
    now: datetime,
    backlog: Backlog | None = None,
    limit: int = 500,
    enabled: bool = True,
) -> Plan:
    """Return what becomes of the fires from *next_fire_at* up to *now*, at most *limit* of them.

    *next_fire_at* is None only if a backlog is left of a schedule that has run its course. A fire
    is taken once its due time has come. *enabled* false: the task is paused, and every fire is
    skipped for that reason, however late.

    Raises:
        ValueError: *limit* is below 1.
    """
    if limit < 1:
        raise ValueError("limit must be at least 1")
    catch_up = CatchUp(schedule, task_id, now, backlog or Backlog(), enabled=enabled)
    catch_up.drop_stale_candidate()
    fire_at = next_fire_at
    due = None if fire_at is None else due_at(schedule, task_id, fire_at)
    while fire_at is not None and due is not None and due <= now:
        if len(catch_up.occurrences) >= limit:
            break
        catch_up.take(fire_at, due)
        following = next_fire(schedule, fire_at)
        fire_at = None if following is None else following.at
        due = None if fire_at is None else due_at(schedule, task_id, fire_at)
    finished = due is None or due > now
    if finished and len(catch_up.occurrences) < limit:
        catch_up.settle_candidate()
    left = None if finished and catch_up.candidate is None else catch_up.to_backlog()
    return Plan(
        occurrences=tuple(sorted(catch_up.occurrences, key=lambda o: o.scheduled_for)),
        next_fire_at=fire_at,
        next_due_at=due if left is None else now,
        backlog=left,
    )


def plan_edit(
    schedule: Schedule,
    *,
    task_id: str,
    next_fire_at: datetime | None,
    edited_at: datetime,
    backlog: Backlog | None = None,
    limit: int = 500,
    enabled: bool = True,
) -> tuple[PlannedOccurrence, ...]:
    """Return what becomes of the old schedule's fires up to *edited_at* that are not recorded yet.

    An edit is no downtime: nothing is caught up across it. A fire that is not later than the
    threshold still runs (its due time may even lie ahead, by jitter), an older one is superseded.
    The new version starts strictly after *edited_at*, without a backlog.

    An edit is one transaction and cannot be resumed, so only the newest *limit* fires are
    returned, and no more than a small multiple of them is computed. If older ones had to be left
    out, the first occurrence says so: its `missed_since` is the earliest fire left out.
    """
    backlog = backlog or Backlog()
    unrecorded = [] if backlog.candidate is None else [backlog.candidate]
    if next_fire_at is not None and next_fire_at <= edited_at:
        unrecorded.append(next_fire_at)
        unrecorded += _newest_fires(schedule, next_fire_at, edited_at, limit)
    left_out = unrecorded[0] if len(unrecorded) > limit else None
    ready = backlog.ready_at
    occurrences = []
    for at in unrecorded[-limit:]:
        due = due_at(schedule, task_id, at)
        ready = max(due, ready or due)
        outcome, reason = Outcome.FIRED, None
        if not enabled:
            outcome, reason = Outcome.SKIPPED_PAUSED, "task.paused"
        elif edited_at - ready > schedule.misfire.threshold:
            outcome, reason = Outcome.SUPERSEDED, "schedule.superseded"
        occurrences.append(
            PlannedOccurrence(
                scheduled_for=at, due_at=due, outcome=outcome, reason=reason, missed_since=left_out
            )
        )
        left_out = None
    return tuple(occurrences)


def _newest_fires(
    schedule: Schedule, after: datetime, until: datetime, limit: int
) -> list[datetime]:
    """Return the newest *limit* fires in (*after*, *until*], in order.

    Looks at spans before *until*, each twice the last, until one holds enough: a schedule that
    fires every second and was down for a month must not be walked from its beginning.
    """
    span = timedelta(seconds=limit)
    while True:
        start = max(after, until - span)
        newest: deque[datetime] = deque(maxlen=limit)
        fire = next_fire(schedule, start)
        while fire is not None and fire.at <= until:
            newest.append(fire.at)
            fire = next_fire(schedule, fire.at)
        if start == after or len(newest) == limit:
            return list(newest)
        span *= 2
