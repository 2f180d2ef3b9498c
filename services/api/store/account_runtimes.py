"""The runtimes that keep accounts running: when each was heard last."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.contracts.accounts import RuntimeSeen
from shared.db.pool import Connection

#: They give a sign every two seconds; some get lost, and not each one is written down.
LIVE_SECONDS = 10
#: What tells a live runtime `r`.
LIVE = f"NOT r.stopping AND r.seen_at > clock_timestamp() - interval '{LIVE_SECONDS} seconds'"
_KEPT = timedelta(days=7)


class RuntimeRow(NamedTuple):
    """A runtime."""

    runtime_id: UUID
    instance: str
    server_id: str
    host: str
    started_at: datetime
    seen_at: datetime
    running: int
    stopping: bool
    live: bool


async def note(connection: Connection, seen: RuntimeSeen) -> None:
    """Write down that a runtime was heard."""
    await connection.execute(
        "INSERT INTO api.account_runtimes"
        " (runtime_id, instance, server_id, host, started_at, running, stopping)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)"
        " ON CONFLICT (runtime_id) DO UPDATE SET instance = excluded.instance,"
        "  server_id = excluded.server_id, host = excluded.host,"
        "  started_at = excluded.started_at, seen_at = excluded.seen_at,"
        "  running = excluded.running, stopping = excluded.stopping",
        seen.runtime_id,
        seen.instance,
        seen.server_id,
        seen.host,
        seen.started_at,
        seen.running,
        seen.stopping,
    )


async def every(connection: Connection) -> list[RuntimeRow]:
    """Return the runtimes that were heard within a week, by server."""
    rows = await connection.fetch(
        "SELECT r.runtime_id, r.instance, r.server_id, r.host, r.started_at, r.seen_at, r.running,"  # noqa: S608 - our own words
        f" r.stopping, {LIVE} AS live FROM api.account_runtimes r"
        " ORDER BY r.server_id, r.instance, r.runtime_id LIMIT 1000"
    )
    return [RuntimeRow(*row.values()) for row in rows]


async def forget(connection: Connection, limit: int) -> int:
    """Remove runtimes that were not heard for a week, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.account_runtimes WHERE runtime_id = ANY(ARRAY("
        " SELECT runtime_id FROM api.account_runtimes"
        " WHERE seen_at < clock_timestamp() - $1::interval ORDER BY seen_at LIMIT $2))",
        _KEPT,
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
