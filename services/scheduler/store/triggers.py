"""SQL of what triggers live on: who listens, which events were seen, what is remembered."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.bus.topology import EVENTS
from shared.db.pool import Connection, Pool, Record
from shared.domain.triggering.machines import State
from shared.domain.triggering.records import StateKey, States

#: An event that comes so long after it was handled is a new one.
SAME_WITHIN = timedelta(hours=24)
#: Longer than the stream keeps events: should its consumer be lost, all of them come again.
REMEMBERED = EVENTS.max_age + timedelta(days=1)

_LISTENERS = """
SELECT task_id, version, trigger_config FROM scheduler.jobs
WHERE trigger_revision IS NOT NULL AND trigger_config IS NOT NULL AND enabled AND NOT deleted
"""

# Those of a transaction that had not begun when this snapshot was made can only have come with a
# restored database; all of them were read at the start.
_CHANGED = """
SELECT task_id, version,
       CASE WHEN enabled AND NOT deleted THEN trigger_config END AS trigger_config
FROM scheduler.jobs
WHERE trigger_revision >= $1::text::xid8
  AND trigger_revision < pg_snapshot_xmax(pg_current_snapshot())
"""

# Judged by when the bus got it: what is delivered again is as old as it was. In one order, so that
# two of us never wait for each other crosswise.
_SEE = """
WITH given AS (
    SELECT event_key, min(received_at) AS received_at
    FROM unnest($1::bytea[], $2::timestamptz[]) AS g (event_key, received_at) GROUP BY event_key
), noted AS (
    INSERT INTO scheduler.events_seen AS s (event_key)
    SELECT event_key FROM given ORDER BY event_key
    ON CONFLICT (event_key) DO UPDATE SET seen_at = clock_timestamp()
        WHERE s.seen_at < (SELECT received_at FROM given g WHERE g.event_key = s.event_key)
                          - $3::interval
    RETURNING event_key
)
SELECT event_key FROM noted
"""

_LOAD = """
SELECT s.task_id, s.kind, s.key, s.version, s.body, s.due_at, s.expires_at
FROM unnest($1::uuid[], $2::text[], $3::text[]) AS k (task_id, kind, key)
JOIN scheduler.trigger_states s USING (task_id, kind, key)
"""

_STORE = """
INSERT INTO scheduler.trigger_states (task_id, kind, key, version, body, due_at, expires_at)
SELECT * FROM unnest($1::uuid[], $2::text[], $3::text[], $4::bigint[], $5::text[],
                     $6::timestamptz[], $7::timestamptz[])
ON CONFLICT (task_id, kind, key) DO UPDATE
SET version = excluded.version, body = excluded.body, due_at = excluded.due_at,
    expires_at = excluded.expires_at
"""

_FORGET = """
DELETE FROM scheduler.trigger_states s USING unnest($1::uuid[], $2::text[], $3::text[])
     AS k (task_id, kind, key)
WHERE s.task_id = k.task_id AND s.kind = k.kind AND s.key = k.key
"""

_DUE = """
SELECT task_id, kind, key, version, body, due_at, expires_at FROM scheduler.trigger_states
WHERE due_at <= now() ORDER BY due_at LIMIT $1
"""

# Of tasks that do not listen any more, and what means nothing any more.
_PRUNE = """
DELETE FROM scheduler.trigger_states s WHERE ctid = ANY(ARRAY(
    SELECT s.ctid FROM scheduler.trigger_states s LEFT JOIN scheduler.jobs j USING (task_id)
    WHERE s.due_at IS NULL AND (s.expires_at < now() OR j.task_id IS NULL OR j.deleted
                                OR j.trigger_config IS NULL) LIMIT $1))
"""

_PRUNE_SEEN = """
DELETE FROM scheduler.events_seen WHERE event_key = ANY(ARRAY(
    SELECT event_key FROM scheduler.events_seen WHERE seen_at < clock_timestamp() - $1::interval
    ORDER BY seen_at LIMIT $2))
"""


class Listener(NamedTuple):
    """A job with a trigger; `config` is None once it does not listen any more."""

    task_id: UUID
    version: int
    config: str | None


class TriggerStore:
    """Jobs with triggers, and the tables of the trigger engine."""

    def __init__(self, pool: Pool) -> None:
        self.pool = pool

    async def listeners(self) -> list[Listener]:
        """Return all that listen."""
        return [Listener(*row) for row in await self.pool.fetch(_LISTENERS)]

    async def changed(self, horizon: str) -> list[Listener]:
        """Return what changed since *horizon* (of `unheard.look`), some of it perhaps again."""
        return [Listener(*row) for row in await self.pool.fetch(_CHANGED, horizon)]

    async def see(
        self, connection: Connection, events: Sequence[tuple[bytes, datetime]]
    ) -> set[bytes]:
        """Note events, each with when the bus got it, as handled; return those that are new."""
        keys, received = zip(*events, strict=True) if events else ((), ())
        rows = await connection.fetch(_SEE, keys, received, SAME_WITHIN)
        return {row["event_key"] for row in rows}

    async def now(self, connection: Connection) -> datetime:
        """Return the database's time."""
        now: datetime = await connection.fetchval("SELECT clock_timestamp()")
        return now

    async def load(self, connection: Connection, keys: Collection[StateKey]) -> States:
        """Return the states under *keys*; the caller has the locks of their jobs."""
        states = States()
        if keys:
            rows = await connection.fetch(_LOAD, *zip(*keys, strict=True))
            for row in rows:
                key, state = _state(row)
                states.found[key] = state
        return states

    async def store(self, connection: Connection, states: States) -> None:
        """Write what has changed of *states*."""
        gone = [key for key in states.changed if key not in states.found]
        if gone:
            await connection.execute(_FORGET, *zip(*gone, strict=True))
        kept = [
            (*key, state.version, _written(state.body), state.due_at, state.expires_at)
            for key in sorted(states.changed)
            if (state := states.found.get(key))
        ]
        if kept:
            await connection.execute(_STORE, *zip(*kept, strict=True))

    async def due(self, limit: int) -> list[tuple[StateKey, State]]:
        """Return states that are due, the oldest first; nothing is locked."""
        return [_state(row) for row in await self.pool.fetch(_DUE, limit)]

    async def seconds_until_due(self) -> float | None:
        """Return how long until the next state is due; None if none is."""
        seconds: float | None = await self.pool.fetchval(
            "SELECT extract(epoch FROM min(due_at) - clock_timestamp())::float8"
            " FROM scheduler.trigger_states WHERE due_at IS NOT NULL"
        )
        return seconds

    async def prune(self, limit: int) -> int:
        """Forget what nobody needs any more, at most *limit* of each kind; return how many."""
        states = await self.pool.execute(_PRUNE, limit)
        seen = await self.pool.execute(_PRUNE_SEEN, REMEMBERED, limit)
        return max(int(status.split()[-1]) for status in (states, seen))


def _state(row: Record) -> tuple[StateKey, State]:
    task_id, kind, key, version, body, due_at, expires_at = row
    return (
        StateKey(task_id, kind, key),
        State(version, json.loads(body), due_at, expires_at),
    )


def _written(body: Mapping[str, object]) -> str:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))
