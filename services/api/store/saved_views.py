"""Saved views: the address of a page under a name, of one person or for everybody."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: Of one owner.
MOST = 200


class ViewRow(NamedTuple):
    """A saved view."""

    id: UUID
    owner: str
    owner_name: str
    page: str
    name: str
    query: str
    shared: bool
    created_at: datetime
    updated_at: datetime


_COLUMNS = ", ".join(ViewRow._fields)


async def visible(connection: Connection, owner: str, page: str | None) -> list[ViewRow]:
    """Return one's own views and those that are shared, one's own first, by name."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.saved_views WHERE (owner = $1 OR shared)"  # noqa: S608 - our own columns
        " AND ($2::text IS NULL OR page = $2) ORDER BY owner <> $1, page, name, id LIMIT 1000",
        owner,
        page,
    )
    return [ViewRow(*row.values()) for row in rows]


async def lock(connection: Connection, view_id: UUID) -> ViewRow | None:
    """Return one view and keep others from changing it until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api.saved_views WHERE id = $1 FOR UPDATE",  # noqa: S608 - our own columns
        view_id,
    )
    return ViewRow(*row.values()) if row else None


async def count(connection: Connection, owner: str) -> int:
    """Return how many views somebody has."""
    found: int = await connection.fetchval(
        "SELECT count(*) FROM api.saved_views WHERE owner = $1", owner
    )
    return found


async def insert(
    connection: Connection,
    view_id: UUID,
    *,
    owner: str,
    owner_name: str,
    page: str,
    name: str,
    query: str,
    shared: bool,
) -> ViewRow | None:
    """Store a new view; None: its owner has one of that name."""
    row = await connection.fetchrow(
        "INSERT INTO api.saved_views (id, owner, owner_name, page, name, query, shared)"  # noqa: S608 - our own columns
        f" VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING RETURNING {_COLUMNS}",
        view_id,
        owner,
        owner_name,
        page,
        name,
        query,
        shared,
    )
    return ViewRow(*row.values()) if row else None


async def update(
    connection: Connection, view: ViewRow, *, name: str, query: str, shared: bool
) -> ViewRow | None:
    """Change a view that the caller has locked; None: its owner has another of that name."""
    row = await connection.fetchrow(
        "UPDATE api.saved_views v SET name = $2, query = $3, shared = $4,"  # noqa: S608 - our own columns
        " updated_at = clock_timestamp() WHERE id = $1 AND NOT EXISTS"
        "  (SELECT FROM api.saved_views o WHERE o.owner = v.owner AND o.page = v.page"
        f"   AND o.name = $2 AND o.id <> v.id) RETURNING {_COLUMNS}",
        view.id,
        name,
        query,
        shared,
    )
    return ViewRow(*row.values()) if row else None


async def delete(connection: Connection, view_id: UUID) -> None:
    """Remove a view."""
    await connection.execute("DELETE FROM api.saved_views WHERE id = $1", view_id)
