"""What the API asks of others, written to the outbox in one go with what it presumes."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from services.api.store.audit import Actor
from shared.bus import topology
from shared.db.pool import Connection
from shared.domain.occurrence import Outcome
from shared.runtime import tracing
from shared.runtime.row_metrics import ENTERED

_NOTED = """
noted AS (
    INSERT INTO api.audit (actor, token_id, verb, subject_kind, subject_id, after)
    SELECT $3, $4, 'run.requested', 'task', $2::text, json_build_object('run_id', $1::text)
    FROM asked
)
"""

_ENTER = f"""
WITH asked AS MATERIALIZED (
    SELECT e.queue FROM api.tasks t, scheduler.enter_requests(
        ARRAY[$1::text::uuid], ARRAY[t.id], ARRAY[t.version], ARRAY[clock_timestamp()],
        ARRAY[NULL::text], $3::text) e
    WHERE t.id = $2::uuid
), {_NOTED}
SELECT queue FROM asked
"""  # noqa: S608 - our own words

# Looks, reads the clock, and makes the message (`RunsRequested`, held against the contract by a
# test).
_REQUEST = f"""
WITH asked AS (
    INSERT INTO api.outbox (key, subject, message_id, awaits, payload)
    SELECT $1::text, $6, 'run:' || $1, ARRAY[$1::text::uuid], convert_to(json_build_object(
        'v', 1, 'requests', json_build_array(json_build_object(
            'run_id', $1::text, 'task_id', id, 'requested_at', clock_timestamp(),
            'requested_by', $3::text, 'version', version, 'traceparent', $5::text)))::text, 'UTF8')
    FROM api.tasks WHERE id = $2::uuid
    RETURNING (SELECT policy::text LIKE '%"unique":%' FROM api.tasks WHERE id = $2) AS is_unique
), {_NOTED}
SELECT is_unique FROM asked
"""  # noqa: S608 - our own words


class AskedFor(NamedTuple):
    """A run that was asked for."""

    let_go: list[str]
    """Its queue, if it needed no rule and executors may have it."""
    is_unique: bool = False
    """The same run may be there already; who asked waits to hear."""


async def add_run_request(
    connection: Connection, *, run_id: UUID, task_id: UUID, actor: Actor
) -> AskedFor | None:
    """Ask for one run of a task as it is, and note who did; None: no such task.

    One statement if it needs no rule, because a person waits for the run.
    """
    asked = (str(run_id), task_id, actor.name, actor.token_id, tracing.header())
    queue = None if tracing.is_on() else await connection.fetchval(_ENTER, *asked[:-1])
    if queue is not None:
        ENTERED.labels("manual", Outcome.FIRED.value).inc()
        return AskedFor([queue])
    is_unique = await connection.fetchval(_REQUEST, *asked, topology.RUN_REQUEST_API)
    return None if is_unique is None else AskedFor([], is_unique)


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
        # A message's runs enter the ledger in one transaction: where one is, all are.
        "  SELECT id, sent, sent_at FROM old WHERE awaits[1] IS NOT NULL AND NOT EXISTS ("
        "    SELECT FROM scheduler.api_occurrences o WHERE o.run_id = awaits[1] OFFSET 0)"
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
