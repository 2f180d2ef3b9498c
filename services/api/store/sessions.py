"""Browsers that somebody is logged in with; of a cookie only the hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class HeldSession(NamedTuple):
    """A session that is good, and whose it is."""

    id: UUID
    user_id: UUID
    name: str
    display_name: str
    role: str
    language: str | None
    seconds_left: float
    use_is_old: bool
    via: str


class SessionRow(NamedTuple):
    """A session as its owner sees it."""

    id: UUID
    user_id: UUID
    user_name: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime
    ip: str | None
    user_agent: str | None


_LIVE = (
    "s.ended_at IS NULL AND s.expires_at > clock_timestamp()"
    " AND s.seen_at > clock_timestamp() - $1::interval"
)


async def insert(
    connection: Connection,
    session_id: UUID,
    *,
    secret_hash: bytes,
    user_id: UUID,
    lasts: timedelta,
    ip: str | None,
    user_agent: str | None,
    via: str,
) -> None:
    """Store a new session."""
    await connection.execute(
        "INSERT INTO api.sessions (id, secret_hash, user_id, expires_at, ip, user_agent, via)"
        " VALUES ($1, $2, $3, clock_timestamp() + $4::interval, $5, $6, $7)",
        *(session_id, secret_hash, user_id, lasts, ip, user_agent, via),
    )


async def find(
    connection: Connection, secret_hash: bytes, *, idle: timedelta
) -> HeldSession | None:
    """Return the session with that secret, if it is good and its user may be here."""
    row = await connection.fetchrow(
        "SELECT s.id, u.id, u.name, u.display_name, u.role, u.language,"  # noqa: S608 - our own condition
        " extract(epoch FROM least(s.expires_at, s.seen_at + $1::interval) - clock_timestamp())"
        "  ::float8,"
        " s.seen_at < clock_timestamp() - interval '1 minute', s.via"
        " FROM api.sessions s JOIN api.users u ON u.id = s.user_id"
        f" WHERE s.secret_hash = $2 AND u.disabled_at IS NULL AND {_LIVE}",
        idle,
        secret_hash,
    )
    return HeldSession(*row.values()) if row else None


async def note_use(connection: Connection, session_id: UUID) -> None:
    """Note that a session was used; many requests at once note it once."""
    await connection.execute(
        "UPDATE api.sessions SET seen_at = clock_timestamp() WHERE id = $1"
        " AND seen_at < clock_timestamp() - interval '1 minute'",
        session_id,
    )


async def live(connection: Connection, user_id: UUID, *, idle: timedelta) -> list[SessionRow]:
    """Return a user's good sessions, the last used first."""
    rows = await connection.fetch(
        "SELECT s.id, s.user_id, u.name, s.created_at, s.seen_at, s.expires_at, s.ip,"  # noqa: S608 - our own condition
        " s.user_agent FROM api.sessions s JOIN api.users u ON u.id = s.user_id"
        f" WHERE s.user_id = $2 AND {_LIVE} ORDER BY s.seen_at DESC, s.id LIMIT 500",
        idle,
        user_id,
    )
    return [SessionRow(*row.values()) for row in rows]


async def owner_of(connection: Connection, session_id: UUID) -> tuple[UUID, str] | None:
    """Return id and name of the user of a session that was not ended."""
    row = await connection.fetchrow(
        "SELECT u.id, u.name FROM api.sessions s JOIN api.users u ON u.id = s.user_id"
        " WHERE s.id = $1 AND s.ended_at IS NULL FOR UPDATE OF s",
        session_id,
    )
    return (row[0], row[1]) if row else None


async def end(connection: Connection, session_id: UUID) -> bool:
    """End one session; return whether it had not been ended."""
    done = await connection.execute(
        "UPDATE api.sessions SET ended_at = clock_timestamp() WHERE id = $1 AND ended_at IS NULL",
        session_id,
    )
    return done == "UPDATE 1"


async def end_by_secret(connection: Connection, secret_hash: bytes) -> None:
    """End the session that a browser had before it logged in anew."""
    await connection.execute(
        "UPDATE api.sessions SET ended_at = clock_timestamp()"
        " WHERE secret_hash = $1 AND ended_at IS NULL",
        secret_hash,
    )


async def end_all(
    connection: Connection, user_id: UUID, *, but: UUID | None = None, via: str | None = None
) -> int:
    """End all sessions of a user but one, or those of one way in; return how many."""
    done: str = await connection.execute(
        "UPDATE api.sessions SET ended_at = clock_timestamp()"
        " WHERE user_id = $1 AND ended_at IS NULL AND id IS DISTINCT FROM $2"
        " AND ($3::text IS NULL OR via = $3)",
        *(user_id, but, via),
    )
    return int(done.rsplit(" ", 1)[1])


async def forget(connection: Connection, limit: int) -> int:
    """Remove sessions that ran out a month ago, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.sessions WHERE id = ANY(ARRAY(SELECT id FROM api.sessions"
        " WHERE expires_at < clock_timestamp() - interval '30 days' ORDER BY expires_at LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
