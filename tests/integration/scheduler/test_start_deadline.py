"""A run that nobody began in time expires."""

from __future__ import annotations

from shared.runtime.clock import utc_now
from tests.integration.scheduler.desk import SECOND, Desk
from tests.integration.scheduler.line import ask, begin, states, task


async def test_waiting_runs_expire_and_unclaimed_ones_too(desk: Desk) -> None:
    late = utc_now() - 60 * SECOND
    free = await task(desk, start_deadline_seconds=30)
    unclaimed, claimed = await ask(desk, free, 2)
    await begin(desk, claimed)
    held = await task(desk, start_deadline_seconds=30, concurrency={"limit": 1})
    (waiting,) = await ask(desk, held)
    await desk.pool.execute("UPDATE scheduler.occurrences SET due_at = $1", late)

    await desk.admitter().step()

    assert await states(desk, [unclaimed, claimed, waiting]) == ["expired", "ordered", "expired"]
    assert (await desk.row(unclaimed))["settled"]
    assert (await desk.row(unclaimed))["reason"] == "start.deadline"
    assert await desk.executor().claim(3) == []
