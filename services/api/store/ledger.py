"""Runs that are asked for by hand, entered into the scheduler's ledger by its own function."""

from __future__ import annotations

import json
from collections.abc import Sequence
from uuid import UUID

from shared.contracts.runs import RunRequest
from shared.db.pool import Connection
from shared.domain.occurrence import Outcome
from shared.runtime import tracing
from shared.runtime.row_metrics import ENTERED


async def enter(
    connection: Connection, requests: Sequence[RunRequest], requested_by: str
) -> dict[UUID, str]:
    """Enter those of these runs that need no rule of their tasks; return them with their queues.

    On commit they are let go: executors may have them. Where runs are traced none is: the span of a
    ledger row is the scheduler's, told once the row is committed.
    """
    if tracing.is_on() or not requests:
        return {}
    rows = await connection.fetch(
        "SELECT run_id, queue FROM scheduler.enter_requests($1, $2, $3, $4, $5, $6)",
        [each.run_id for each in requests],
        [each.task_id for each in requests],
        [each.version for each in requests],
        [each.requested_at for each in requests],
        [
            None if each.params is None else json.dumps(each.params, ensure_ascii=False)
            for each in requests
        ],
        requested_by,
    )
    ENTERED.labels("manual", Outcome.FIRED.value).inc(len(rows))
    return {row["run_id"]: row["queue"] for row in rows}
