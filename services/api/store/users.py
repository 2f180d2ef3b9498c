"""People who may log in."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class UserRow(NamedTuple):
    """A user as stored, the hash of their password left out."""

    id: UUID
    name: str
    display_name: str
    email: str | None
    role: str
    language: str | None
    has_password: bool
    disabled_at: datetime | None
    logged_in_at: datetime | None
    version: int
    created_at: datetime
    created_by: str | None
    updated_at: datetime
    open_sessions: int
    live_tokens: int
    provider: str | None


class Secret(NamedTuple):
    """What is needed to judge a log-in."""

    id: UUID
    name: str
    password_hash: str | None
    is_disabled: bool


_COLUMNS = (
    "u.id, u.name, u.display_name, u.email, u.role, u.language,"
    " u.password_hash IS NOT NULL AS has_password, u.disabled_at, u.logged_in_at, u.version,"
    " u.created_at, u.created_by, u.updated_at,"
    " (SELECT count(*) FROM api.sessions s WHERE s.user_id = u.id AND s.ended_at IS NULL"
    "   AND s.expires_at > clock_timestamp()"
    "   AND s.seen_at > clock_timestamp() - interval '12 hours') AS open_sessions,"
    " (SELECT count(*) FROM api.tokens t WHERE t.user_id = u.id AND t.revoked_at IS NULL"
    "   AND coalesce(t.expires_at > clock_timestamp(), true)) AS live_tokens,"
    " (SELECT i.issuer FROM api.identities i WHERE i.user_id = u.id"
    "   ORDER BY i.used_at DESC NULLS LAST, i.issuer, i.subject LIMIT 1) AS provider"
)


async def is_there_any(connection: Connection) -> bool:
    """Return whether there is a user at all."""
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM api.users)"))


async def insert(
    connection: Connection,
    user_id: UUID,
    *,
    name: str,
    name_key: str,
    display_name: str,
    email: str | None,
    role: str,
    language: str | None,
    password_hash: str | None,
    created_by: str | None,
) -> bool:
    """Store a new user; return False if the name is taken."""
    done = await connection.execute(
        "INSERT INTO api.users (id, name, name_key, display_name, email, role, language,"
        "  password_hash, password_changed_at, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8,"
        "  CASE WHEN $8::text IS NOT NULL THEN clock_timestamp() END, $9)"
        " ON CONFLICT (name_key) DO NOTHING",
        *(user_id, name, name_key, display_name, email, role, language),
        *(password_hash, created_by),
    )
    return done == "INSERT 0 1"


async def get(connection: Connection, user_id: UUID) -> UserRow | None:
    """Return one user."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api.users u WHERE u.id = $1",  # noqa: S608 - our own columns
        user_id,
    )
    return UserRow(*row.values()) if row else None


async def lock(connection: Connection, user_id: UUID) -> UserRow | None:
    """Return one user, for a change in this transaction."""
    found = await connection.fetchval("SELECT id FROM api.users WHERE id = $1 FOR UPDATE", user_id)
    return await get(connection, user_id) if found else None


async def id_of(connection: Connection, name_key: str) -> UUID | None:
    """Return the id of the user of that name."""
    found: UUID | None = await connection.fetchval(
        "SELECT id FROM api.users WHERE name_key = $1", name_key
    )
    return found


async def secret_of(connection: Connection, name_key: str, *, lock: bool = False) -> Secret | None:
    """Return what is needed to judge a log-in; with *lock* it stays so in this transaction."""
    row = await connection.fetchrow(
        "SELECT id, name, password_hash, disabled_at IS NOT NULL FROM api.users"  # noqa: S608 - our own words
        f" WHERE name_key = $1{' FOR UPDATE' if lock else ''}",
        name_key,
    )
    return Secret(*row.values()) if row else None


async def page(
    connection: Connection, *, after: str, text: str | None, role: str | None, limit: int
) -> list[UserRow]:
    """Return users by name, those behind the folded name *after*."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.users u WHERE u.name_key > $1"  # noqa: S608 - our own columns
        " AND ($2::text IS NULL OR strpos(u.name_key, $2) > 0"
        "  OR strpos(lower(u.display_name), $2) > 0 OR strpos(lower(u.email), $2) > 0)"
        " AND ($3::text IS NULL OR u.role = $3) ORDER BY u.name_key LIMIT $4",
        *(after, text, role, limit),
    )
    return [UserRow(*row.values()) for row in rows]


async def change(
    connection: Connection,
    user_id: UUID,
    *,
    display_name: str,
    email: str | None,
    role: str,
    language: str | None,
    disabled: bool,
) -> UserRow:
    """Write the fields of a user."""
    await connection.execute(
        "UPDATE api.users SET display_name = $2, email = $3, role = $4, language = $5,"
        " disabled_at = CASE WHEN $6 THEN coalesce(disabled_at, clock_timestamp()) END,"
        " version = version + 1, updated_at = clock_timestamp() WHERE id = $1",
        *(user_id, display_name, email, role, language, disabled),
    )
    row = await get(connection, user_id)
    assert row is not None  # noqa: S101 - the caller has locked it
    return row


async def set_password(connection: Connection, user_id: UUID, password_hash: str) -> None:
    """Store what a new password is compared with; nothing that administrators edit changes."""
    await connection.execute(
        "UPDATE api.users SET password_hash = $2, password_changed_at = clock_timestamp()"
        " WHERE id = $1",
        user_id,
        password_hash,
    )


async def note_login(connection: Connection, user_id: UUID) -> None:
    """Note that a user has just logged in."""
    await connection.execute(
        "UPDATE api.users SET logged_in_at = clock_timestamp() WHERE id = $1", user_id
    )


async def delete(connection: Connection, user_id: UUID) -> None:
    """Remove a user with their sessions, links and tokens."""
    await connection.execute("DELETE FROM api.users WHERE id = $1", user_id)


async def lock_admins(connection: Connection) -> None:
    """Wait until no other transaction changes who is an admin.

    Two admins who remove each other at once would otherwise both find one left.
    """
    await connection.execute(
        "SELECT pg_advisory_xact_lock(hashtextextended('api.users.admins', 0))"
    )


async def other_admins(connection: Connection, user_id: UUID) -> int:
    """Return how many other admins could log in right now."""
    count: int = await connection.fetchval(
        "SELECT count(*) FROM api.users WHERE role = 'admin' AND disabled_at IS NULL"
        " AND password_hash IS NOT NULL AND id <> $1",
        user_id,
    )
    return count
