"""All that is known of one run: ledger, lease, attempts, log, or only the request for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.api.store import runs
from services.api.store.runs import RunRow
from services.api.store.waiting import WAITS_FOR
from shared.contracts.runs import RunRequest, RunsRequested
from shared.db.pool import Connection
from shared.runtime.tracing import trace_id_of


class LedgerRow(NamedTuple):
    """What the ledger has of a run."""

    run_id: UUID
    task_id: UUID
    trigger: str
    scheduled_for: datetime
    due_at: datetime
    outcome: str
    reason: str | None
    missed_count: int
    missed_since: datetime | None
    held: bool
    not_before: datetime | None
    admitted_at: datetime | None
    created_at: datetime
    attempt: int
    settled: bool
    queue: str
    priority: int
    requested_by: str | None
    origin: str | None
    params: str | None
    cancel_requested_at: datetime | None
    traceparent: str | None
    cancel_reason: str | None
    waits_for: str | None


class LeaseRow(NamedTuple):
    """An executor's right to a run, the newest one."""

    attempt: int
    claimed_at: datetime
    lease_until: datetime
    outcome: str | None
    progress: str | None
    """JSON; what its action said last of how far it is."""
    executor: str | None


class AttemptRow(NamedTuple):
    """One attempt as the log has it."""

    attempt: int
    status: str
    started_at: datetime
    completed_at: datetime | None
    error_message: str | None
    result: str | None
    executor: str
    retry_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """One run."""

    run: RunRow | None
    ledger: LedgerRow | None = None
    lease: LeaseRow | None = None
    attempts: tuple[AttemptRow, ...] = ()
    claims: Mapping[int, datetime] = field(default_factory=dict)
    """When the attempts were claimed that others followed, as far as it is known."""
    asked: RunRequest | None = None
    """Set if there is nothing but the request."""

    @property
    def task_id(self) -> UUID:
        """The task that ran."""
        for known in (self.run, self.ledger, self.asked):
            if known is not None:
                return known.task_id
        raise ValueError

    @property
    def trace_id(self) -> str | None:
        """The trace that it belongs to, also when the ledger has forgotten it."""
        if self.ledger is not None and self.ledger.traceparent:
            return trace_id_of(self.ledger.traceparent)
        if self.asked is not None:
            return trace_id_of(self.asked.traceparent)
        told = self.run.execution_data if self.run is not None else None
        if not told or '"traceparent"' not in told:
            return None
        return trace_id_of(json.loads(told).get("traceparent"))

    @property
    def origin(self) -> str | None:
        """What caused it, as JSON."""
        if self.ledger is not None:
            return self.ledger.origin
        if self.asked is None or self.asked.origin is None:
            return None
        return self.asked.origin.model_dump_json(exclude_defaults=True)


_PLAIN = ", ".join(f"o.{name}" for name in LedgerRow._fields[:-2])
_LEDGER = f"""
SELECT {_PLAIN}, c.cancel_reason, {WAITS_FOR} AS waits_for
FROM scheduler.api_occurrences o
LEFT JOIN scheduler.api_cancels c ON c.run_id = o.run_id
LEFT JOIN api.tasks t ON t.id = o.task_id
WHERE o.run_id = $1
"""  # noqa: S608 - our own columns
_ATTEMPTS = (
    f"SELECT {', '.join(AttemptRow._fields)} FROM log.api_attempts"  # noqa: S608 - our own columns
    " WHERE run_id = $1 ORDER BY attempt LIMIT 1000"
)


async def find(connection: Connection, run_id: UUID) -> History | None:
    """Return what is known of a run, or None if nobody ever asked for it."""
    # The request first: it leaves the outbox only after the ledger has the run.
    asked = await request_of(connection, run_id)
    ledger = await connection.fetchrow(_LEDGER, run_id)
    lease = await connection.fetchrow(
        "SELECT attempt, claimed_at, lease_until, outcome, progress, executor"
        " FROM executor.api_leases WHERE run_id = $1",
        run_id,
    )
    claims = await connection.fetch(
        "SELECT attempt, claimed_at FROM executor.api_attempt_claims WHERE run_id = $1 LIMIT 1000",
        run_id,
    )
    attempts = await connection.fetch(_ATTEMPTS, run_id)
    run = await runs.get(connection, run_id)
    if run is None and ledger is None and asked is None:
        return None
    return History(
        run=run,
        ledger=LedgerRow(*ledger.values()) if ledger else None,
        lease=LeaseRow(*lease.values()) if lease else None,
        attempts=tuple(AttemptRow(*row.values()) for row in attempts),
        claims={row["attempt"]: row["claimed_at"] for row in claims},
        asked=asked,
    )


async def request_of(connection: Connection, run_id: UUID) -> RunRequest | None:
    """Return the request for a run that is still on its way to the ledger."""
    payload = await connection.fetchval(
        "SELECT payload FROM api.outbox WHERE awaits @> ARRAY[$1::uuid] LIMIT 1", run_id
    )
    if payload is None:
        return None
    return next(each for each in RunsRequested.decode(payload).requests if each.run_id == run_id)
