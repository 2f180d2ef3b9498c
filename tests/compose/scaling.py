"""How many runs a second one executor does, and how many four do.

Two kinds of work: one that waits for somebody else (a call that is answered after a second), where
the executors' slots are the limit; and one that does nothing (`noop`), where the machine is, and
the database and the bus that all share.
"""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import UUID

from tests.compose.stage import SINK, Stage
from tests.support.load import RUNS, calls

WAITING, IDLE = 240, 2000
AT_ONCE = 500
DONE_WITHIN = 120.0
POLL = 0.1

PACE = """
SELECT count(*) AS ended,
       extract(epoch FROM max(completed_at) - min(started_at)) AS seconds
FROM log.runs WHERE task_id = $1 AND final
"""


async def rates(here: Stage) -> dict[str, float]:
    """Return the runs a second of both kinds of work, with the executors that there are."""
    waits = calls(f"{SINK}/delay/1/scaling")
    nothing: dict[str, Any] = {"task_action": "noop", "action_config": {}}
    return {
        "waits 1 s": await _rate(here, WAITING, waits),
        "noop": await _rate(here, IDLE, nothing),
    }


async def _rate(here: Stage, count: int, action: dict[str, Any]) -> float:
    task = await here.operator.create(name=f"scaling {time.monotonic_ns()}", **action)
    for begun in range(0, count, AT_ONCE):
        items = [{"task_id": str(task)}] * min(AT_ONCE, count - begun)
        await here.operator.insist("POST", RUNS, json={"runs": items})
    return await _pace(here, task, count)


async def _pace(here: Stage, task: UUID, count: int) -> float:
    """Wait until all have ended; return how many a second that were."""
    connection = await here.witness.connect()
    try:
        deadline = time.monotonic() + DONE_WITHIN
        while (row := await connection.fetchrow(PACE, task)) is None or row["ended"] < count:
            assert time.monotonic() < deadline, f"{row and row['ended']} of {count} runs have ended"
            await asyncio.sleep(POLL)
        return float(count / max(float(row["seconds"]), 0.001))
    finally:
        await connection.close()
