"""Publishing of scripts: one row per run that does it, and where the pointers go."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from shared.bus import topology
from shared.db.pool import Connection

#: So many publications of a script are remembered.
MOST_REMEMBERED = 50


class Publication(NamedTuple):
    """What one run publishes."""

    run_id: UUID
    script_id: str
    environment: str
    number: int
    version: str
    from_version: str | None
    revision: int
    rollback: bool
    state: str
    reason: str | None


_PUBLICATION = (
    "SELECT run_id, script_id, environment, number, version, from_version, revision, rollback,"
    " state, reason FROM api.script_publications"
)

# A run between two attempts is at work; one that is over, or was taken back, is not.
_AT_WORK = """
EXISTS (SELECT FROM executor.api_leases l WHERE l.run_id = p.run_id)
AND NOT EXISTS (SELECT FROM scheduler.api_occurrences o WHERE o.run_id = p.run_id AND o.settled)
"""

_POINT = """
INSERT INTO api.script_pointers AS p
    (script_id, environment, version, number, published_by, run_id)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (script_id, environment) DO UPDATE SET version = excluded.version,
    number = excluded.number, previous = p.version, previous_number = p.number,
    revision = p.revision + 1, published_at = clock_timestamp(),
    published_by = excluded.published_by, run_id = excluded.run_id
RETURNING revision
"""

_DELIVER = """
INSERT INTO api.outbox (key, subject, message_id, payload)
SELECT $1, $2, $3, $4
WHERE NOT EXISTS (SELECT FROM api.outbox WHERE key = $1 AND sent_at IS NULL)
"""


async def get(connection: Connection, run_id: UUID) -> Publication | None:
    """Return what a run publishes, and keep others from changing it."""
    row = await connection.fetchrow(f"{_PUBLICATION} WHERE run_id = $1 FOR UPDATE", run_id)
    return Publication(*row.values()) if row else None


async def other_at_work(connection: Connection, script_id: str) -> UUID | None:
    """Return the run that publishes a script now; one that is over gives up its place."""
    row = await connection.fetchrow(
        f"SELECT p.run_id, {_AT_WORK} AS at_work FROM api.script_publications p"  # noqa: S608 - our own constants
        " WHERE p.script_id = $1 AND p.state IN ('running', 'rolling_back')",
        script_id,
    )
    if row is None:
        return None
    if row["at_work"]:
        run_id: UUID = row["run_id"]
        return run_id
    await end(connection, row["run_id"], "abandoned", "its run is over")
    return None


async def at_work(connection: Connection, script_id: str) -> UUID | None:
    """Return the run that publishes a script now; nothing is changed."""
    run_id: UUID | None = await connection.fetchval(
        "SELECT p.run_id FROM api.script_publications p"  # noqa: S608 - our own constants
        " WHERE p.script_id = $1 AND p.state IN ('running', 'rolling_back')"
        f" AND {_AT_WORK}",
        script_id,
    )
    return run_id


async def begin(connection: Connection, new: Publication) -> None:
    """Store a publication; its targets follow. Old ones of the script are forgotten."""
    await connection.execute(
        "INSERT INTO api.script_publications (run_id, script_id, environment, number, version,"
        " from_version, revision, rollback) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        *new[:8],
    )
    await connection.execute(
        "DELETE FROM api.script_publications WHERE run_id = ANY(ARRAY("
        " SELECT run_id FROM api.script_publications WHERE script_id = $1"
        " AND state NOT IN ('running', 'rolling_back') ORDER BY started_at DESC OFFSET $2))",
        new.script_id,
        MOST_REMEMBERED,
    )


async def point(connection: Connection, publication: Publication, by: str) -> int:
    """Let the environment's pointer show what was published; return its revision."""
    revision: int = await connection.fetchval(
        _POINT,
        publication.script_id,
        publication.environment,
        publication.version,
        publication.number,
        by,
        publication.run_id,
    )
    await connection.execute(
        "UPDATE api.scripts s SET published_at = p.published_at, row_version = row_version + 1,"
        " status = CASE WHEN s.version = $2 AND status = 'approved' THEN 'published'"
        "  ELSE status END"
        " FROM api.script_pointers p WHERE s.script_id = $1"
        " AND p.script_id = $1 AND p.environment = $3",
        publication.script_id,
        publication.number,
        publication.environment,
    )
    return revision


async def end(connection: Connection, run_id: UUID, state: str, reason: str | None) -> None:
    """Note what became of a publication."""
    await connection.execute(
        "UPDATE api.script_publications SET state = $2, reason = $3,"
        " ended_at = CASE WHEN $2 = 'rolling_back' THEN NULL ELSE clock_timestamp() END"
        " WHERE run_id = $1",
        run_id,
        state,
        reason,
    )


async def deliver(connection: Connection, version: str, text: str, *, mark: str) -> None:
    """Leave a text for the bucket in the outbox, unless it waits there already.

    *mark* tells one delivery from another: the stream may have lost what it acknowledged, and
    still remember its id.
    """
    await connection.execute(
        _DELIVER,
        f"script:{version}",
        topology.script_text(version),
        f"script:{version}:{mark}",
        text.encode(),
    )
