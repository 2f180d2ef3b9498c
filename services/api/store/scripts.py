"""Scripts, their versions, and which one is published in each environment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: So many versions stay, and those that are in use.
MOST_VERSIONS = 30
#: So many users of a script are told to whoever wants to delete it.
MOST_USERS = 10


class ScriptRow(NamedTuple):
    """A script with the text of its newest version."""

    script_id: str
    seq: int
    name: str
    description: str | None
    status: str
    number: int
    published_at: datetime | None
    row_version: int
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    version: str
    yaml_content: str


class VersionRow(NamedTuple):
    """A version of a script."""

    number: int
    version: str
    yaml_content: str
    change_summary: str | None
    parent: int | None
    created_at: datetime
    created_by: str | None
    approved_at: datetime | None
    approved_by: str | None


class PointerRow(NamedTuple):
    """What is published in one environment."""

    environment: str
    version: str
    number: int
    previous: str | None
    previous_number: int | None
    revision: int
    published_at: datetime
    published_by: str | None
    run_id: UUID | None


_SCRIPT = (
    "SELECT s.script_id, s.seq, s.name, s.description, s.status, s.version AS number,"
    " s.published_at, s.row_version, s.created_at, s.updated_at, s.created_by,"
    " v.version, v.yaml_content"
    " FROM api.scripts s JOIN api.script_versions v"
    "  ON v.script_id = s.script_id AND v.number = s.version"
)
_VERSION = (
    "SELECT number, version, yaml_content, change_summary, parent, created_at, created_by,"
    " approved_at, approved_by FROM api.script_versions"
)
_POINTER = (
    "SELECT environment, version, number, previous, previous_number, revision, published_at,"
    " published_by, run_id FROM api.script_pointers"
)

# In use: published or published before, run by an account or meant for it, about to be published.
_PRUNE = """
DELETE FROM api.script_versions v WHERE v.script_id = $1
  AND v.number <= (SELECT max(number) FROM api.script_versions WHERE script_id = $1) - $2
  AND NOT EXISTS (SELECT FROM api.script_pointers p
                  WHERE p.script_id = $1 AND v.version IN (p.version, p.previous))
  AND NOT EXISTS (SELECT FROM api.script_publications p
                  WHERE p.script_id = $1 AND p.state IN ('running', 'rolling_back')
                    AND v.version IN (p.version, p.from_version))
  AND NOT EXISTS (SELECT FROM api.accounts a WHERE a.script_id = $1
                  AND v.version IN (a.script_version, a.previous_script_version,
                                    a.running_script_version))
"""


async def get(connection: Connection, script_id: str, *, lock: bool = False) -> ScriptRow | None:
    """Return one script; with *lock* nobody else changes it until the transaction ends."""
    if lock:
        await connection.execute(
            "SELECT FROM api.scripts WHERE script_id = $1 FOR UPDATE", script_id
        )
    row = await connection.fetchrow(f"{_SCRIPT} WHERE s.script_id = $1", script_id)
    return ScriptRow(*row.values()) if row else None


async def page(
    connection: Connection, *, status: str | None, word: str | None, before: int | None, limit: int
) -> list[ScriptRow]:
    """Return scripts, newest first; *word* is part of the id or the name."""
    rows = await connection.fetch(
        f"{_SCRIPT} WHERE ($1::text IS NULL OR s.status = $1)"
        " AND ($2::text IS NULL OR strpos(lower(s.script_id), lower($2)) > 0"
        "  OR strpos(lower(s.name), lower($2)) > 0)"
        " AND ($3::bigint IS NULL OR s.seq < $3) ORDER BY s.seq DESC LIMIT $4",
        status,
        word,
        before,
        limit,
    )
    return [ScriptRow(*row.values()) for row in rows]


async def insert(
    connection: Connection,
    script_id: str,
    *,
    name: str,
    description: str | None,
    created_by: str,
) -> bool:
    """Add a script whose first version follows; return False if the id is taken."""
    done = await connection.execute(
        "INSERT INTO api.scripts (script_id, name, description, version, created_by)"
        " VALUES ($1, $2, $3, 1, $4) ON CONFLICT (script_id) DO NOTHING",
        script_id,
        name,
        description,
        created_by,
    )
    return done == "INSERT 0 1"


async def add_version(
    connection: Connection,
    script_id: str,
    number: int,
    *,
    version: str,
    yaml_content: str,
    change_summary: str | None,
    parent: int | None,
    created_by: str,
) -> None:
    """Add a version and forget those that are too old and not in use."""
    await connection.execute(
        "INSERT INTO api.script_versions"
        " (script_id, number, version, yaml_content, change_summary, parent, created_by)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        script_id,
        number,
        version,
        yaml_content,
        change_summary,
        parent,
        created_by,
    )
    await connection.execute(_PRUNE, script_id, MOST_VERSIONS)


async def write(
    connection: Connection,
    script_id: str,
    *,
    name: str,
    description: str | None,
    status: str,
    number: int,
) -> None:
    """Change a script's row."""
    await connection.execute(
        "UPDATE api.scripts SET name = $2, description = $3, status = $4, version = $5,"
        " row_version = row_version + 1, updated_at = clock_timestamp() WHERE script_id = $1",
        script_id,
        name,
        description,
        status,
        number,
    )


async def set_status(connection: Connection, script_id: str, status: str) -> None:
    """Change where a script stands."""
    await connection.execute(
        "UPDATE api.scripts SET status = $2, row_version = row_version + 1,"
        " updated_at = clock_timestamp() WHERE script_id = $1",
        script_id,
        status,
    )


async def approve(connection: Connection, script_id: str, number: int, by: str) -> None:
    """Note that a version was approved."""
    await connection.execute(
        "UPDATE api.script_versions SET approved_at = clock_timestamp(), approved_by = $3"
        " WHERE script_id = $1 AND number = $2",
        script_id,
        number,
        by,
    )


async def versions(
    connection: Connection, script_id: str, *, before: int | None, limit: int
) -> list[VersionRow]:
    """Return versions, newest first."""
    rows = await connection.fetch(
        f"{_VERSION} WHERE script_id = $1 AND ($2::bigint IS NULL OR number < $2)"
        " ORDER BY number DESC LIMIT $3",
        script_id,
        before,
        limit,
    )
    return [VersionRow(*row.values()) for row in rows]


async def version(connection: Connection, script_id: str, number: int) -> VersionRow | None:
    """Return one version."""
    row = await connection.fetchrow(
        f"{_VERSION} WHERE script_id = $1 AND number = $2", script_id, number
    )
    return VersionRow(*row.values()) if row else None


async def version_named(
    connection: Connection, script_id: str, sha: str | None
) -> VersionRow | None:
    """Return the newest version with this text, one that was approved before others.

    None asks for the newest version that was approved.
    """
    row = await connection.fetchrow(
        f"{_VERSION} WHERE script_id = $1 AND ($2::text IS NULL AND approved_at IS NOT NULL"
        " OR version = $2) ORDER BY approved_at IS NULL, number DESC LIMIT 1",
        script_id,
        sha,
    )
    return VersionRow(*row.values()) if row else None


async def text_of(connection: Connection, sha: str) -> str | None:
    """Return the text of a version, whichever script it is of."""
    text: str | None = await connection.fetchval(
        "SELECT yaml_content FROM api.script_versions WHERE version = $1 LIMIT 1", sha
    )
    return text


async def pointers(
    connection: Connection, script_ids: Sequence[str]
) -> dict[str, list[PointerRow]]:
    """Return what is published of each script, by environment."""
    rows = await connection.fetch(
        _POINTER.replace("SELECT", "SELECT script_id,", 1)
        + " WHERE script_id = ANY($1::text[]) ORDER BY script_id, environment",
        list(script_ids),
    )
    found: dict[str, list[PointerRow]] = {}
    for row in rows:
        script_id, *rest = row.values()
        found.setdefault(script_id, []).append(PointerRow(*rest))
    return found


async def pointer(connection: Connection, script_id: str, environment: str) -> PointerRow | None:
    """Return what is published of a script in one environment."""
    row = await connection.fetchrow(
        f"{_POINTER} WHERE script_id = $1 AND environment = $2", script_id, environment
    )
    return PointerRow(*row.values()) if row else None


async def users(connection: Connection, script_id: str) -> list[str]:
    """Return some of the accounts that have a script."""
    rows = await connection.fetch(
        "SELECT account_id FROM api.accounts WHERE script_id = $1 ORDER BY account_id LIMIT $2",
        script_id,
        MOST_USERS,
    )
    return [row["account_id"] for row in rows]


async def delete(connection: Connection, script_id: str) -> None:
    """Remove a script with all its versions."""
    await connection.execute("DELETE FROM api.scripts WHERE script_id = $1", script_id)
