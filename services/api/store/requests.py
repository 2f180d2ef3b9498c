"""What the API asks of others, written to the outbox in one go with what it presumes."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from services.api.store.audit import Actor
from shared.bus import topology
from shared.db.pool import Connection
from shared.runtime import tracing


async def add_run_request(
    connection: Connection, *, run_id: UUID, task_id: UUID, actor: Actor
) -> bool | None:
    """Ask for one run of a task; return whether its runs are to be `unique`, None: no such task.

    One statement, because a person waits for the run: it looks, reads the clock, makes the message
    (`RunsRequested`, held against the contract by a test), stores it, and notes who asked.
    """
    unique: bool | None = await connection.fetchval(
        "WITH asked AS (INSERT INTO api.outbox (key, subject, message_id, awaits, payload)"
        " SELECT $1::text, $2, 'run:' || $1, ARRAY[$1::text::uuid],"
        " convert_to(json_build_object('v', 1, 'requests',"
        "  json_build_array(json_build_object('run_id', $1::text, 'task_id', id,"
        "   'requested_at', clock_timestamp(), 'requested_by', $4::text, 'version', version,"
        "   'traceparent', $6::text)"
        "  ))::text, 'UTF8')"
        " FROM api.tasks WHERE id = $3"
        " RETURNING (SELECT policy::text LIKE '%\"unique\":%' FROM api.tasks WHERE id = $3)"
        "  AS is_unique"
        "), noted AS (INSERT INTO api.audit"
        "  (actor, token_id, verb, subject_kind, subject_id, after)"
        "  SELECT $4, $5, 'run.requested', 'task', $3::text,"
        "   json_build_object('run_id', $1::text) FROM asked"
        ") SELECT is_unique FROM asked",
        str(run_id),
        topology.RUN_REQUEST_API,
        task_id,
        actor.name,
        actor.token_id,
        tracing.header(),
    )
    return unique


async def became_of(connection: Connection, run_id: UUID) -> tuple[str, str | None] | None:
    """Return the outcome of a run that was asked for, and why; None: the ledger has it not yet."""
    row = await connection.fetchrow(
        "SELECT outcome, reason FROM scheduler.api_occurrences WHERE run_id = $1", run_id
    )
    return (row["outcome"], row["reason"]) if row else None


class Heard(NamedTuple):
    """What became of requests and events that were published a while ago."""

    settled: int
    unheard: int


async def settle_heard(connection: Connection, limit: int) -> Heard:
    """Forget what the scheduler has: requests by their runs, events by their keys.

    The others are published again; the pause before that doubles each time, from 3 seconds to 5
    minutes.
    """
    row = await connection.fetchrow(
        "WITH old AS ("
        "  SELECT id, awaits, awaits_event, sent, sent_at FROM api.outbox"
        "  WHERE sent_at < clock_timestamp() - interval '1 second'"
        "  ORDER BY sent_at LIMIT $1 FOR UPDATE SKIP LOCKED"
        "), unheard AS ("
        "  SELECT id, sent, sent_at FROM old WHERE EXISTS ("
        "    SELECT FROM unnest(awaits) AS a (run_id) WHERE NOT EXISTS ("
        "      SELECT FROM scheduler.api_occurrences o WHERE o.run_id = a.run_id OFFSET 0))"
        "  OR awaits_event IS NOT NULL AND NOT EXISTS ("
        "    SELECT FROM scheduler.api_events_seen e WHERE e.event_key = awaits_event OFFSET 0)"
        "), settled AS ("
        "  DELETE FROM api.outbox WHERE id IN (SELECT id FROM old EXCEPT SELECT id FROM unheard)"
        "  RETURNING id"
        "), again AS ("
        "  UPDATE api.outbox SET sent_at = NULL WHERE id IN (SELECT id FROM unheard"
        "    WHERE sent_at < clock_timestamp()"
        "      - least(interval '3 seconds' * 2 ^ least(sent - 1, 10), interval '5 minutes'))"
        "  RETURNING id"
        ") SELECT (SELECT count(*) FROM settled), (SELECT count(*) FROM again)",
        limit,
    )
    return Heard(*row) if row else Heard(0, 0)
