"""Tokens: who may ask. The secret itself is never stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from shared.db.pool import Connection


class TokenRow(NamedTuple):
    """A token as it is stored, its hash left out."""

    id: str
    name: str
    scopes: list[str]
    created_at: datetime
    created_by: str | None
    expires_at: datetime | None
    revoked_at: datetime | None
    last_used_at: datetime | None


class Held(NamedTuple):
    """What must be known to let a token's holder in."""

    name: str
    secret_hash: bytes
    scopes: list[str]
    is_revoked: bool
    seconds_left: float
    """Until it expires; infinite if it never does."""
    use_is_old: bool
    """True if its last use was noted more than a minute ago."""

    @property
    def is_live(self) -> bool:
        """Whether it still opens anything."""
        return not self.is_revoked and self.seconds_left > 0


_COLUMNS = "id, name, scopes, created_at, created_by, expires_at, revoked_at, last_used_at"


async def find(connection: Connection, token_id: str) -> Held | None:
    """Return what is known of a token, or None."""
    row = await connection.fetchrow(
        "SELECT name, secret_hash, scopes, revoked_at IS NOT NULL AS is_revoked,"
        " coalesce(extract(epoch FROM expires_at - clock_timestamp())::float8, 'Infinity')"
        "  AS seconds_left,"
        " coalesce(last_used_at < clock_timestamp() - interval '1 minute', true) AS use_is_old"
        " FROM api.tokens WHERE id = $1",
        token_id,
    )
    return Held(*row.values()) if row else None


async def note_use(connection: Connection, token_id: str) -> None:
    """Note that a token was used; many requests at once note it once."""
    await connection.execute(
        "UPDATE api.tokens SET last_used_at = clock_timestamp() WHERE id = $1 AND"
        " coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)",
        token_id,
    )


async def insert(
    connection: Connection,
    *,
    token_id: str,
    name: str,
    secret_hash: bytes,
    scopes: Sequence[str],
    created_by: str | None,
    expires_in_days: int | None,
) -> TokenRow:
    """Store a new token."""
    row = await connection.fetchrow(
        "INSERT INTO api.tokens (id, name, secret_hash, scopes, created_by, expires_at)"  # noqa: S608 - our own column list
        " VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(days => $6))"
        f" RETURNING {_COLUMNS}",
        token_id,
        name,
        secret_hash,
        list(scopes),
        created_by,
        expires_in_days,
    )
    assert row is not None  # noqa: S101 - RETURNING of one inserted row
    return TokenRow(*row.values())


async def every(connection: Connection) -> list[TokenRow]:
    """Return all tokens, newest first."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.tokens ORDER BY created_at DESC, id LIMIT 1000"  # noqa: S608 - our own column list
    )
    return [TokenRow(*row.values()) for row in rows]


async def revoke(connection: Connection, token_id: str) -> bool:
    """Make a token useless; return whether it was there and useful until now."""
    done = await connection.execute(
        "UPDATE api.tokens SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL",
        token_id,
    )
    return done == "UPDATE 1"
