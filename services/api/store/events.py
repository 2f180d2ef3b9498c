"""Events that producers were promised would be heard: taken once, said until they are."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class Said(NamedTuple):
    """An event, and how it is to go out."""

    source: str
    id: str
    subject: str
    payload: bytes

    @property
    def key(self) -> bytes:
        """What tells it from every other event, as the scheduler's `events_seen` has it."""
        return hashlib.sha256(f"{self.source}\n{self.id}".encode()).digest()

    @property
    def message_id(self) -> str:
        """The same for the same event."""
        return f"event:{self.key.hex()}"


# The oldest of equal events in one call counts. In one order, so that two calls never wait for each
# other crosswise.
_TAKE = """
WITH given AS (
    SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bytea[], $6::bytea[])
        WITH ORDINALITY AS g (source, id, subject, message_id, payload, key, place)
), taken AS (
    INSERT INTO api.events AS e (source, id, accepted_by)
    SELECT DISTINCT source, id, $7::text FROM given ORDER BY source, id
    ON CONFLICT (source, id) DO UPDATE
        SET accepted_at = clock_timestamp(), accepted_by = excluded.accepted_by
        WHERE e.accepted_at < clock_timestamp() - interval '1 day'
    RETURNING source, id
), first AS (
    SELECT DISTINCT ON (source, id) * FROM given JOIN taken USING (source, id)
    ORDER BY source, id, place
), said AS (
    INSERT INTO api.outbox (key, subject, message_id, payload, awaits, awaits_event)
    SELECT message_id, subject, message_id, payload, '{}', key FROM first ORDER BY place
)
SELECT place FROM first
"""


async def take(connection: Connection, events: Sequence[Said], *, accepted_by: str) -> set[int]:
    """Leave the new ones of *events* in the outbox; return their places in the list."""
    rows = await connection.fetch(
        _TAKE,
        [each.source for each in events],
        [each.id for each in events],
        [each.subject for each in events],
        [each.message_id for each in events],
        [each.payload for each in events],
        [each.key for each in events],
        accepted_by,
    )
    return {row["place"] - 1 for row in rows}


async def entered(connection: Connection, run_ids: Sequence[UUID]) -> dict[UUID, str]:
    """Return those of *run_ids* that are in the ledger, each with its outcome."""
    rows = await connection.fetch(
        "SELECT run_id, outcome FROM scheduler.api_occurrences WHERE run_id = ANY($1::uuid[])",
        list(run_ids),
    )
    return {row["run_id"]: row["outcome"] for row in rows}


async def forget(connection: Connection, limit: int) -> int:
    """Remove events that were taken more than a day ago, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.events WHERE ctid = ANY(ARRAY("
        " SELECT ctid FROM api.events"
        " WHERE accepted_at < clock_timestamp() - interval '1 day' ORDER BY accepted_at LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
