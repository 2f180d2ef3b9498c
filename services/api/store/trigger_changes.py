"""Which triggered tasks have changed of late; noted by the database itself, for the scheduler.

An event may wait in the stream for as long as the stream keeps it, while no scheduler is up; then
it is judged by what was committed before it, whichever of the two the scheduler hears first.
"""

from __future__ import annotations

from datetime import timedelta

from shared.bus.topology import EVENTS
from shared.db.pool import Connection

_KEPT = EVENTS.max_age + timedelta(days=1)


async def forget(connection: Connection, limit: int) -> int:
    """Remove changes that no event can be waiting for, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.trigger_changes WHERE task_id = ANY(ARRAY("
        " SELECT task_id FROM api.trigger_changes"
        " WHERE changed_at < clock_timestamp() - $1::interval ORDER BY changed_at LIMIT $2))",
        _KEPT,
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
