"""Log-ins that are under way at an OpenID provider."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from shared.db.pool import Connection

#: For typing a password, a code from a telephone, and looking for that telephone.
LASTS = timedelta(minutes=10)


class Begun(NamedTuple):
    """What is remembered of a log-in until its browser comes back."""

    browser_hash: bytes
    nonce: str
    verifier: str
    next: str


async def insert(connection: Connection, state_hash: bytes, begun: Begun) -> None:
    """Remember a log-in."""
    await connection.execute(
        "INSERT INTO api.oidc_logins (state_hash, browser_hash, nonce, verifier, next)"
        " VALUES ($1, $2, $3, $4, $5)",
        state_hash,
        *begun,
    )


async def take(connection: Connection, state_hash: bytes) -> Begun | None:
    """Return a log-in and forget it; None: there is none any more. Of two who ask, one gets it."""
    row = await connection.fetchrow(
        "DELETE FROM api.oidc_logins WHERE state_hash = $1"
        " RETURNING browser_hash, nonce, verifier, next,"
        " created_at > clock_timestamp() - $2::interval",
        state_hash,
        LASTS,
    )
    if row is None:
        return None
    *begun, fresh = row.values()
    return Begun(*begun) if fresh else None


async def forget(connection: Connection, limit: int) -> int:
    """Remove log-ins from which nobody came back, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.oidc_logins WHERE state_hash = ANY(ARRAY(SELECT state_hash"
        " FROM api.oidc_logins WHERE created_at < clock_timestamp() - $2::interval"
        " ORDER BY created_at LIMIT $1))",
        limit,
        LASTS,
    )
    return int(done.rsplit(" ", 1)[1])
