"""From rows of the database to the nouns of admission: policies read, keys rendered."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from services.scheduler.policies import key_of, locks_of, overlap_of, policy_of
from services.scheduler.waiting import Candidate, Live, QueueRule, Rate
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
        keys = locks_of(policy, row["key_params"])
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
                key=key_of(policy, row["key_params"]),
                locks=tuple(
                    (key, lock.on_conflict) for key, lock in zip(keys, policy.locks, strict=True)
                ),
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
        key=key_of(policy, row["key_params"]),
        locks=frozenset(locks_of(policy, row["key_params"])),
        cancelling=row["cancelling"],
        between_attempts=row["held"],
    )


def queue_rule_of(row: Record) -> QueueRule:
    """Return what is laid down for a queue."""
    rate = None
    if row["rate_limit"] is not None and row["rate_period_seconds"] is not None:
        rate = Rate(limit=row["rate_limit"], period=timedelta(seconds=row["rate_period_seconds"]))
    return QueueRule(paused=row["paused"], concurrency=row["concurrency"], rate=rate)
