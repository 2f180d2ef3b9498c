"""What the API asks of others, written to the outbox in one go with what it presumes."""

from __future__ import annotations

from uuid import UUID

from shared.bus import topology
from shared.db.pool import Connection


async def add_run_request(
    connection: Connection, *, run_id: UUID, task_id: UUID, requested_by: str
) -> bool:
    """Ask for one run if there is such a task; return whether there is.

    One statement, because a person waits for the run: it looks, reads the clock, makes the message
    (`RunsRequested`, held against the contract by a test) and stores it.
    """
    done = await connection.execute(
        "INSERT INTO api.outbox (key, subject, message_id, payload)"
        " SELECT $1::text, $2, 'run:' || $1, convert_to(json_build_object('v', 1, 'requests',"
        "  json_build_array(json_build_object('run_id', $1::text, 'task_id', id,"
        "   'requested_at', clock_timestamp(), 'requested_by', $4::text, 'version', version)"
        "  ))::text, 'UTF8')"
        " FROM api.tasks WHERE id = $3",
        str(run_id),
        topology.RUN_REQUEST_API,
        task_id,
        requested_by,
    )
    return done == "INSERT 0 1"
