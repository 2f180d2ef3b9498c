"""Notification channels. A secret goes in sealed and never comes out here."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: So many tasks that name a channel are told to whoever wants to delete it.
MOST_USERS = 10


class ChannelRow(NamedTuple):
    """A channel without its secret; `config` is JSON."""

    name: str
    kind: str
    description: str | None
    enabled: bool
    config: str
    target: str | None
    has_secret: bool
    created_at: datetime
    updated_at: datetime
    updated_by: str | None


_COLUMNS = (
    "name, kind, description, enabled, config, target, secret IS NOT NULL AS has_secret,"
    " created_at, updated_at, updated_by"
)


async def every(connection: Connection) -> list[ChannelRow]:
    """Return all channels by name."""
    rows = await connection.fetch(f"SELECT {_COLUMNS} FROM api.channels ORDER BY name LIMIT 1000")  # noqa: S608 - our own column list
    return [ChannelRow(*row.values()) for row in rows]


async def get(connection: Connection, name: str) -> ChannelRow | None:
    """Return one channel."""
    row = await connection.fetchrow(f"SELECT {_COLUMNS} FROM api.channels WHERE name = $1", name)  # noqa: S608 - our own column list
    return ChannelRow(*row.values()) if row else None


async def existing(connection: Connection, names: Sequence[str]) -> frozenset[str]:
    """Return those of *names* that are channels, and keep them from being deleted meanwhile."""
    if not names:
        return frozenset()
    rows = await connection.fetch(
        "SELECT name FROM api.channels WHERE name = ANY($1::text[]) ORDER BY name FOR SHARE",
        list(names),
    )
    return frozenset(row["name"] for row in rows)


async def users(connection: Connection, name: str) -> list[UUID]:
    """Return some of the tasks that name a channel."""
    rows = await connection.fetch(
        "SELECT id FROM api.tasks WHERE notify_recipients @> ARRAY[$1::text]"
        " OR policy ->> 'notify' IS NOT NULL AND jsonb_path_exists(policy::jsonb,"
        "  '$.notify[*].channels[*] ? (@ == $name)', jsonb_build_object('name', $1::text))"
        " ORDER BY seq LIMIT $2",
        name,
        MOST_USERS,
    )
    return [row["id"] for row in rows]


async def alert_rules(connection: Connection, name: str) -> list[str]:
    """Return some of the alert rules that name a channel, by name."""
    rows = await connection.fetch(
        "SELECT name FROM api.alert_rules"
        " WHERE $1 = ANY(regexp_split_to_array(btrim(notification_target), '\\s*,\\s*'))"
        " ORDER BY seq LIMIT $2",
        name,
        MOST_USERS,
    )
    return [row["name"] for row in rows]


async def lock_kind(connection: Connection, name: str) -> str | None:
    """Return the kind of a channel, and keep others from changing it; None if there is none."""
    kind: str | None = await connection.fetchval(
        "SELECT kind FROM api.channels WHERE name = $1 FOR UPDATE", name
    )
    return kind


async def will_seal(connection: Connection) -> None:
    """Say that something is about to be sealed: until the end no key is taken away."""
    await connection.execute("LOCK TABLE api.channels IN ROW EXCLUSIVE MODE")


async def put(
    connection: Connection,
    name: str,
    *,
    kind: str,
    description: str | None,
    enabled: bool,
    config: str,
    secret: bytes | None,
    target: str | None,
    updated_by: str,
) -> ChannelRow:
    """Store a channel, new or instead of the one of that name.

    Without a *secret* that of a stored channel of the same kind stays.
    """
    row = await connection.fetchrow(
        "INSERT INTO api.channels AS c"  # noqa: S608 - our own column list
        " (name, kind, description, enabled, config, secret, target, updated_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind,"
        "  description = excluded.description, enabled = excluded.enabled,"
        "  config = excluded.config, updated_by = excluded.updated_by,"
        "  updated_at = clock_timestamp(),"
        "  secret = CASE WHEN excluded.secret IS NULL AND excluded.kind = c.kind"
        "   THEN c.secret ELSE excluded.secret END,"
        "  target = CASE WHEN excluded.secret IS NULL AND excluded.kind = c.kind"
        "   THEN c.target ELSE excluded.target END"
        f" RETURNING {_COLUMNS}",
        name,
        kind,
        description,
        enabled,
        config,
        secret,
        target,
        updated_by,
    )
    assert row is not None  # noqa: S101 - RETURNING of one written row
    return ChannelRow(*row.values())


async def delete(connection: Connection, name: str) -> bool:
    """Remove a channel; return whether it was there."""
    return await connection.execute("DELETE FROM api.channels WHERE name = $1", name) == "DELETE 1"
