"""Secrets: sealed values that go in, and who names them. No value comes out here."""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection, Record

#: So many tasks and alert rules that name a secret are shown with it.
MOST_USERS = 100


class User(NamedTuple):
    """A task or an alert rule that names a secret."""

    kind: str
    id: UUID
    name: str


class SecretRow(NamedTuple):
    """A secret without its value."""

    name: str
    description: str | None
    key_id: str
    version: int
    created_at: datetime
    updated_at: datetime
    updated_by: str | None
    value_set_at: datetime
    used_by: tuple[User, ...]


_READ = (
    "SELECT s.name, s.description, s.key_id, s.version, s.created_at, s.updated_at, s.updated_by,"  # noqa: S608 - a number of ours
    " coalesce(s.value_set_at, s.updated_at) AS value_set_at,"
    " (SELECT json_agg(json_build_array(u.kind, u.id, u.name)) FROM ("
    "   SELECT 'task' AS kind, t.id, t.name"
    "   FROM api.secret_uses x JOIN api.tasks t ON t.id = x.task_id WHERE x.secret = s.name"
    "   UNION ALL SELECT 'alert_rule', r.id, r.name FROM api.alert_rules r"
    "   WHERE s.name IN (r.query #>> '{{dsn_secret}}', r.query #>> '{{login,secret}}')"
    f"  LIMIT {MOST_USERS}) u) AS used_by"
    " FROM {source} s"
)
_FROM_TABLE = _READ.format(source="api.secrets")


async def page(
    connection: Connection, *, after: str, part: str | None, used: bool | None, limit: int
) -> list[SecretRow]:
    """Return the secrets whose names follow *after*, by name.

    *part*: of the name or the description. *used*: whether anybody names it.
    """
    rows = await connection.fetch(
        f"SELECT * FROM ({_FROM_TABLE} WHERE s.name > $1) s"  # noqa: S608 - our own column list
        " WHERE ($2::boolean IS NULL OR (s.used_by IS NOT NULL) = $2) AND ($4::text IS NULL"
        "  OR strpos(lower(s.name || ' ' || coalesce(s.description, '')), lower($4)) > 0)"
        " ORDER BY s.name LIMIT $3",
        after,
        used,
        limit,
        part,
    )
    return [_row(row) for row in rows]


async def get(connection: Connection, name: str) -> SecretRow | None:
    """Return one secret."""
    row = await connection.fetchrow(f"{_FROM_TABLE} WHERE s.name = $1", name)
    return _row(row) if row else None


async def lock(connection: Connection, name: str) -> SecretRow | None:
    """Return one secret; nobody else changes, deletes or begins to name it until the end."""
    row = await connection.fetchrow("SELECT FROM api.secrets WHERE name = $1 FOR UPDATE", name)
    # Read anew: who names it may have changed while the lock was waited for.
    return None if row is None else await get(connection, name)


async def will_seal(connection: Connection) -> None:
    """Say that something is about to be sealed: until the end no key is taken away."""
    await connection.execute("LOCK TABLE api.secrets IN ROW EXCLUSIVE MODE")


async def put(
    connection: Connection,
    name: str,
    *,
    sealed: bytes,
    key_id: str,
    description: str | None,
    updated_by: str,
) -> SecretRow:
    """Store a secret, new or instead of the one of that name."""
    row = await connection.fetchrow(
        "WITH changed AS (INSERT INTO api.secrets AS s"  # noqa: S608 - our own column list
        " (name, sealed, key_id, description, updated_by) VALUES ($1, $2, $3, $4, $5)"
        " ON CONFLICT (name) DO UPDATE SET sealed = excluded.sealed, key_id = excluded.key_id,"
        "  description = excluded.description, updated_by = excluded.updated_by,"
        "  version = s.version + 1, updated_at = clock_timestamp(),"
        "  value_set_at = clock_timestamp()"
        f" RETURNING *) {_READ.format(source='changed')}",
        name,
        sealed,
        key_id,
        description,
        updated_by,
    )
    assert row is not None  # noqa: S101 - RETURNING of one written row
    return _row(row)


async def describe(
    connection: Connection, name: str, description: str | None, *, updated_by: str
) -> SecretRow:
    """Change the description of a secret that the caller has locked; its value stays."""
    row = await connection.fetchrow(
        "WITH changed AS (UPDATE api.secrets SET description = $2, updated_by = $3,"  # noqa: S608 - our own column list
        "  version = version + 1, updated_at = clock_timestamp() WHERE name = $1"
        f" RETURNING *) {_READ.format(source='changed')}",
        name,
        description,
        updated_by,
    )
    assert row is not None  # noqa: S101 - the row is locked
    return _row(row)


async def delete(connection: Connection, name: str) -> None:
    """Remove a secret that the caller has locked and that no task names."""
    await connection.execute("DELETE FROM api.secrets WHERE name = $1", name)


async def existing(connection: Connection, names: Collection[str]) -> frozenset[str]:
    """Return those of *names* that are secrets, and keep them from being deleted meanwhile."""
    if not names:
        return frozenset()
    rows = await connection.fetch(
        "SELECT name FROM api.secrets WHERE name = ANY($1::text[]) ORDER BY name FOR KEY SHARE",
        list(names),
    )
    return frozenset(row["name"] for row in rows)


async def save_uses(connection: Connection, task_id: UUID, names: Collection[str]) -> None:
    """Note which secrets a task names, instead of those that it named before."""
    await connection.execute(
        "WITH gone AS (DELETE FROM api.secret_uses"
        "  WHERE task_id = $1 AND secret <> ALL($2::text[]))"
        " INSERT INTO api.secret_uses (secret, task_id)"
        " SELECT name, $1 FROM api.secrets WHERE name = ANY($2::text[]) ORDER BY name"
        " ON CONFLICT DO NOTHING",
        task_id,
        list(names),
    )


def _row(row: Record) -> SecretRow:
    users = json.loads(row["used_by"] or "[]")
    used_by = tuple(User(kind, UUID(identity), name) for kind, identity, name in users)
    return SecretRow(**{**dict(row), "used_by": used_by})
