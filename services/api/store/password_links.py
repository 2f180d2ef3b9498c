"""Links that let their holder choose a password, once; only their hash is kept."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class Link(NamedTuple):
    """A link that is still good."""

    user_id: UUID | None
    """None: it makes the first admin."""
    expires_at: datetime
    created_by: str | None


async def insert(
    connection: Connection,
    secret_hash: bytes,
    *,
    user_id: UUID | None,
    lasts: timedelta,
    created_by: str | None,
) -> datetime:
    """Store a link in the place of all others for the same user; return when it ends."""
    await connection.execute(
        "DELETE FROM api.password_links WHERE user_id IS NOT DISTINCT FROM $1", user_id
    )
    until: datetime = await connection.fetchval(
        "INSERT INTO api.password_links (secret_hash, user_id, expires_at, created_by)"
        " VALUES ($1, $2, clock_timestamp() + $3::interval, $4) RETURNING expires_at",
        *(secret_hash, user_id, lasts, created_by),
    )
    return until


async def find(connection: Connection, secret_hash: bytes) -> Link | None:
    """Return a link that is still good; its row is locked till the end of the transaction."""
    row = await connection.fetchrow(
        "SELECT user_id, expires_at, created_by FROM api.password_links WHERE secret_hash = $1"
        " AND used_at IS NULL AND expires_at > clock_timestamp() FOR UPDATE",
        secret_hash,
    )
    return Link(*row.values()) if row else None


async def use(connection: Connection, secret_hash: bytes) -> None:
    """Note that a link was used."""
    await connection.execute(
        "UPDATE api.password_links SET used_at = clock_timestamp() WHERE secret_hash = $1",
        secret_hash,
    )


async def end_all(connection: Connection, user_id: UUID) -> None:
    """Make all links of a user useless."""
    await connection.execute(
        "UPDATE api.password_links SET used_at = clock_timestamp()"
        " WHERE user_id = $1 AND used_at IS NULL",
        user_id,
    )


async def forget(connection: Connection, limit: int) -> int:
    """Remove links that ran out, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.password_links WHERE secret_hash = ANY(ARRAY("
        " SELECT secret_hash FROM api.password_links"
        " WHERE expires_at < clock_timestamp() - interval '1 day' LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])
