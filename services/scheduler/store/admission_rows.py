"""From rows of the database to the nouns of admission: policies read, keys rendered."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.scheduler.policies import overlap_of, policy_of
from services.scheduler.waiting import Candidate, Conflict, Live, QueueRule, Rate
from shared.contracts.policy import TaskPolicy
from shared.contracts.policy_keys import key_of, locks_of
from shared.db.pool import Record


def candidates_of(rows: Sequence[Record]) -> list[Candidate]:
    """Return candidates; *rows* in the order in which they wait."""
    seen: dict[UUID, int] = {}
    candidates = []
    for row in rows:
        policy = policy_of(row["policy"])
        has_begun = row["attempt"] > 1
        ahead = 0
        if not has_begun:
            ahead = row["place"] - 1 - seen.get(row["task_id"], 0)
            seen[row["task_id"]] = seen.get(row["task_id"], 0) + 1
        candidates.append(
            Candidate(
                run_id=row["run_id"],
                task_id=row["task_id"],
                trigger=row["trigger"],
                due_at=row["due_at"],
                scheduled_for=row["scheduled_for"],
                queue=row["queue"],
                priority=row["priority"],
                overlap=overlap_of(row["trigger"], row["overlap"], policy),
                policy=policy,
                attempt=row["attempt"],
                key=_slot(row, policy),
                locks=_wanted_locks(row, policy),
                key_params=row["key_params"],
                waits_for=row["waits_for"],
                not_before=row["not_before"],
                ahead=ahead,
            )
        )
    return candidates


def live_of(row: Record) -> Live:
    """Return a live run."""
    policy = policy_of(row["policy"])
    return Live(
        run_id=row["run_id"],
        task_id=row["task_id"],
        since=row["since"],
        key=_slot(row, policy),
        locks=frozenset(
            locks_of(policy, row["key_params"]) if row["slot"] is None else _kept_locks(row)
        ),
        cancelling=row["cancelling"],
        between_attempts=row["held"],
    )


def kept_keys(candidate: Candidate) -> tuple[UUID, str, str | None, str | None]:
    """Return what is written of a run's keys when it is admitted; see `_ADMIT`."""
    locks = [lock for lock, _ in candidate.locks]
    return (
        candidate.run_id,
        candidate.key,
        json.dumps(locks, ensure_ascii=False) if locks else None,
        candidate.key_params,
    )


def _slot(row: Record, policy: TaskPolicy) -> str:
    kept: str | None = row["slot"]
    return key_of(policy, row["key_params"]) if kept is None else kept


def _wanted_locks(row: Record, policy: TaskPolicy) -> tuple[tuple[str, Conflict], ...]:
    """Return the locks that a held run needs; one that has begun needs what it had."""
    if row["slot"] is not None:
        return tuple((lock, "wait") for lock in _kept_locks(row))
    keys = locks_of(policy, row["key_params"])
    return tuple((key, lock.on_conflict) for key, lock in zip(keys, policy.locks, strict=True))


def _kept_locks(row: Record) -> list[str]:
    locks: list[str] = json.loads(row["locks"]) if row["locks"] else []
    return locks


def queue_rule_of(row: Record) -> QueueRule:
    """Return what is laid down for a queue."""
    rate = None
    if row["rate_limit"] is not None and row["rate_period_seconds"] is not None:
        rate = Rate(limit=row["rate_limit"], period=timedelta(seconds=row["rate_period_seconds"]))
    return QueueRule(
        paused=row["paused"],
        concurrency=row["concurrency"],
        rate=rate,
        max_depth=row["max_depth"],
        waiting=row["waiting"] or 0,
    )
