"""Who has what a run waits for: the runs in its slots, with its locks, or of its task."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.contracts.policy import TaskPolicy
from shared.contracts.policy_keys import key_of, locks_of
from shared.db.pool import Connection, Record

#: Runs that are told; whoever has to look at more looks at the queue.
MOST = 20


class Holder(NamedTuple):
    """A run that is in the way, longest there first."""

    run_id: UUID
    task_id: UUID
    task_name: str | None
    since: datetime
    """When it was let go."""


# As the scheduler counts (services/scheduler/store/admission.py). A run between two attempts keeps
# its task busy, but has no slot and no lock.
_HOLDERS = """
SELECT o.run_id, o.task_id, t.name AS task_name, coalesce(o.admitted_at, o.due_at) AS since
FROM scheduler.api_occurrences o LEFT JOIN api.tasks t ON t.id = o.task_id
WHERE NOT o.settled AND o.outcome = 'fired' AND o.run_id <> $1
  AND (NOT o.held OR $3 = 'overlap' AND o.attempt > 1)
  AND CASE $3 WHEN 'overlap' THEN o.task_id = $2
              WHEN 'slot' THEN o.task_id = $2 AND coalesce(o.slot, '') = $4
              WHEN 'queue' THEN o.queue = $4
              ELSE o.locks::jsonb ?| $5::text[] END
ORDER BY since, o.run_id LIMIT $6
"""


async def of(connection: Connection, run_id: UUID) -> list[Holder]:
    """Return who has what a run waits for; nobody if it waits for no other run."""
    row = await connection.fetchrow(
        "SELECT o.task_id, o.queue, o.waits_for, o.slot, o.locks, t.policy,"
        " coalesce(o.params, t.action_config::text) AS params"
        " FROM scheduler.api_occurrences o JOIN api.tasks t ON t.id = o.task_id"
        " WHERE o.run_id = $1 AND o.held AND o.waits_for IN ('overlap', 'concurrency', 'lock')",
        run_id,
    )
    if row is None:
        return []
    policy = TaskPolicy.model_validate_json(row["policy"])
    if row["waits_for"] == "overlap":
        return await _read(connection, run_id, row, "overlap")
    if row["waits_for"] == "lock":
        kept = json.loads(row["locks"] or "[]")  # of a run that has begun
        locks = locks_of(policy, row["params"]) if row["slot"] is None else kept
        return await _read(connection, run_id, row, "lock", locks=locks)
    if policy.concurrency is not None:
        key = key_of(policy, row["params"])
        most = max(MOST, policy.concurrency.limit)
        found = await _read(connection, run_id, row, "slot", key=key, most=most)
        if len(found) >= policy.concurrency.limit:
            return found[:MOST]
    return await _read(connection, run_id, row, "queue", key=row["queue"])


async def _read(
    connection: Connection,
    run_id: UUID,
    row: Record,
    what: str,
    *,
    key: str = "",
    locks: Sequence[str] = (),
    most: int = MOST,
) -> list[Holder]:
    rows = await connection.fetch(_HOLDERS, run_id, row["task_id"], what, key, list(locks), most)
    return [Holder(*each) for each in rows]
