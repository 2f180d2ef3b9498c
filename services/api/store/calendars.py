"""Calendars: times that schedules keep clear of, by name."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: So many tasks that name a calendar are told to whoever wants to delete it.
MOST_USERS = 10


class CalendarRow(NamedTuple):
    """A calendar as it is stored; `spec` is JSON."""

    name: str
    description: str | None
    spec: str
    updated_at: datetime
    updated_by: str | None


class CalendarUser(NamedTuple):
    """A task that names a calendar."""

    id: UUID
    name: str


_READ = f"SELECT {', '.join(CalendarRow._fields)} FROM api.calendars"  # noqa: S608 - our own column list


async def existing(connection: Connection, names: Sequence[str]) -> frozenset[str]:
    """Return those of *names* that exist, and keep them from being deleted meanwhile."""
    if not names:
        return frozenset()
    rows = await connection.fetch(
        "SELECT name FROM api.calendars WHERE name = ANY($1::text[]) ORDER BY name FOR SHARE",
        list(names),
    )
    return frozenset(row["name"] for row in rows)


async def every(connection: Connection) -> list[CalendarRow]:
    """Return all calendars by name."""
    return [CalendarRow(*row.values()) for row in await connection.fetch(f"{_READ} ORDER BY name")]


async def get(connection: Connection, name: str) -> CalendarRow | None:
    """Return one calendar."""
    row = await connection.fetchrow(f"{_READ} WHERE name = $1", name)
    return CalendarRow(*row.values()) if row else None


async def put(
    connection: Connection,
    name: str,
    *,
    description: str | None,
    spec: Mapping[str, object],
    updated_by: str,
) -> CalendarRow:
    """Store a calendar, new or instead of the one of that name."""
    row = await connection.fetchrow(
        "INSERT INTO api.calendars (name, description, spec, updated_by) VALUES ($1, $2, $3, $4)"  # noqa: S608 - our own column list
        " ON CONFLICT (name) DO UPDATE SET description = excluded.description,"
        " spec = excluded.spec, updated_by = excluded.updated_by, updated_at = clock_timestamp()"
        f" RETURNING {', '.join(CalendarRow._fields)}",
        name,
        description,
        json.dumps(spec, ensure_ascii=False, separators=(",", ":")),
        updated_by,
    )
    assert row is not None  # noqa: S101 - RETURNING of one written row
    return CalendarRow(*row.values())


async def lock(connection: Connection, name: str) -> bool:
    """Keep everybody from naming a calendar until the transaction ends; False if there is none."""
    found: int | None = await connection.fetchval(
        "SELECT 1 FROM api.calendars WHERE name = $1 FOR UPDATE", name
    )
    return found is not None


async def users(connection: Connection, name: str) -> list[UUID]:
    """Return some of the tasks that name a calendar."""
    rows = await connection.fetch(
        "SELECT id FROM api.tasks WHERE policy::jsonb -> 'blackout' -> 'calendars' ? $1"
        " ORDER BY seq LIMIT $2",
        name,
        MOST_USERS,
    )
    return [row["id"] for row in rows]


async def users_of(connection: Connection, names: Sequence[str]) -> dict[str, list[CalendarUser]]:
    """Return for each of *names* some of the tasks that name it."""
    rows = await connection.fetch(
        "SELECT named.name AS calendar, t.id, t.name FROM unnest($1::text[]) AS named (name)"
        " CROSS JOIN LATERAL (SELECT id, name, seq FROM api.tasks"
        "  WHERE policy::jsonb -> 'blackout' -> 'calendars' ? named.name"
        "  ORDER BY seq LIMIT $2) AS t ORDER BY named.name, t.seq",
        list(names),
        MOST_USERS,
    )
    found: dict[str, list[CalendarUser]] = {name: [] for name in names}
    for row in rows:
        found[row["calendar"]].append(CalendarUser(row["id"], row["name"]))
    return found


async def delete(connection: Connection, name: str) -> None:
    """Remove a calendar that the caller has locked."""
    await connection.execute("DELETE FROM api.calendars WHERE name = $1", name)
