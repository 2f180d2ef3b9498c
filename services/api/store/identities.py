"""Who a user is at a provider: issuer and subject, and nothing that can change hands."""

from __future__ import annotations

from uuid import UUID

from shared.db.pool import Connection


async def user_of(connection: Connection, issuer: str, subject: str) -> UUID | None:
    """Return the user behind an identity."""
    found: UUID | None = await connection.fetchval(
        "SELECT user_id FROM api.identities WHERE issuer = $1 AND subject = $2", issuer, subject
    )
    return found


async def lock(connection: Connection, issuer: str, subject: str) -> None:
    """Wait until no other transaction makes a user of this identity."""
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('api.identities ' || $1 || ' ' || $2, 0))",
        issuer,
        subject,
    )


async def insert(connection: Connection, issuer: str, subject: str, user_id: UUID) -> bool:
    """Note who a user is; False: that identity is somebody's already."""
    done = await connection.execute(
        "INSERT INTO api.identities (issuer, subject, user_id) VALUES ($1, $2, $3)"
        " ON CONFLICT DO NOTHING",
        *(issuer, subject, user_id),
    )
    return done == "INSERT 0 1"


async def cut(connection: Connection, user_id: UUID) -> list[tuple[str, str]]:
    """Forget who a user is elsewhere; return issuer and subject of each identity they had."""
    rows = await connection.fetch(
        "DELETE FROM api.identities WHERE user_id = $1 RETURNING issuer, subject", user_id
    )
    return sorted((row[0], row[1]) for row in rows)


async def note_use(connection: Connection, issuer: str, subject: str) -> None:
    """Note that somebody has just come with an identity; to the minute."""
    await connection.execute(
        "UPDATE api.identities SET used_at = clock_timestamp() WHERE issuer = $1 AND subject = $2"
        " AND coalesce(used_at < clock_timestamp() - interval '1 minute', true)",
        *(issuer, subject),
    )
