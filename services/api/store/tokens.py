"""Tokens: who may ask. The secret itself is never stored."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.api.access.known_tokens import KnownUser
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
    last_used_ip: str | None
    user_id: UUID | None
    user_name: str | None


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
    user_is_disabled: bool
    user: KnownUser | None
    """Whose it is; None: nobody's, and nobody's role caps it."""

    @property
    def is_live(self) -> bool:
        """Whether it still opens anything."""
        return not self.is_revoked and self.seconds_left > 0 and not self.user_is_disabled


_COLUMNS = (
    "t.id, t.name, t.scopes, t.created_at, t.created_by, t.expires_at, t.revoked_at,"
    " t.last_used_at, t.last_used_ip, t.user_id,"
    " (SELECT u.name FROM api.users u WHERE u.id = t.user_id) AS user_name"
)


async def find(connection: Connection, token_id: str) -> Held | None:
    """Return what is known of a token, or None."""
    row = await connection.fetchrow(
        "SELECT t.name, secret_hash, scopes, revoked_at IS NOT NULL AS is_revoked,"
        " coalesce(extract(epoch FROM expires_at - clock_timestamp())::float8, 'Infinity')"
        "  AS seconds_left,"
        " coalesce(last_used_at < clock_timestamp() - interval '1 minute', true) AS use_is_old,"
        " u.disabled_at IS NOT NULL AS user_is_disabled,"
        " u.id, u.name, u.display_name, u.role, u.language"
        " FROM api.tokens t LEFT JOIN api.users u ON u.id = t.user_id WHERE t.id = $1",
        token_id,
    )
    if row is None:
        return None
    # By place: the token and its user both have a name.
    values = list(row.values())
    of_token, of_user = values[:-5], values[-5:]
    return Held._make((*of_token, KnownUser(*of_user) if of_user[0] else None))


async def note_use(connection: Connection, token_id: str, ip: str | None) -> None:
    """Note that a token was used; many requests at once note it once."""
    await connection.execute(
        "UPDATE api.tokens SET last_used_at = clock_timestamp(), last_used_ip = $2 WHERE id = $1"
        " AND coalesce(last_used_at < clock_timestamp() - interval '1 minute', true)",
        token_id,
        ip,
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
    user_id: UUID | None = None,
) -> TokenRow:
    """Store a new token."""
    row = await connection.fetchrow(
        "INSERT INTO api.tokens AS t"  # noqa: S608 - our own column list
        " (id, name, secret_hash, scopes, created_by, expires_at, user_id)"
        " VALUES ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(days => $6), $7)"
        f" RETURNING {_COLUMNS}",
        token_id,
        name,
        secret_hash,
        list(scopes),
        created_by,
        expires_in_days,
        user_id,
    )
    assert row is not None  # noqa: S101 - RETURNING of one inserted row
    return TokenRow(*row.values())


async def every(connection: Connection) -> list[TokenRow]:
    """Return all tokens, newest first."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.tokens t ORDER BY t.created_at DESC, t.id LIMIT 1000"  # noqa: S608 - our own column list
    )
    return [TokenRow(*row.values()) for row in rows]


async def of_user(connection: Connection, user_id: UUID) -> list[TokenRow]:
    """Return a user's own tokens, newest first."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.tokens t WHERE t.user_id = $1"  # noqa: S608 - our own column list
        " ORDER BY t.created_at DESC, t.id LIMIT 1000",
        user_id,
    )
    return [TokenRow(*row.values()) for row in rows]


async def revoke(connection: Connection, token_id: str, *, of_user: UUID | None = None) -> bool:
    """Make a token useless; return whether it was there and useful until now.

    With *of_user* only one of that user's.
    """
    done = await connection.execute(
        "UPDATE api.tokens SET revoked_at = clock_timestamp() WHERE id = $1 AND revoked_at IS NULL"
        " AND ($2::uuid IS NULL OR user_id = $2)",
        token_id,
        of_user,
    )
    return done == "UPDATE 1"
