"""The accounts that a script is published to: fixed when it begins, looked at, given a version."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.api.store.publications import Publication
from shared.contracts.scripts_commands import Selection, TargetSeen
from shared.db.pool import Connection, Record


class Held(NamedTuple):
    """A target whose account is locked."""

    id: UUID
    account_id: str
    found: str | None
    script_id: str | None
    script_version: str | None


_CHOSEN = """
    FROM api.accounts a
    WHERE a.script_id = $1 AND a.environment = $2
      AND ($3::text[] = '{}' OR a.account_id = ANY($3))
      AND ($4::text[] = '{}' OR a.tags && $4)
"""
_FACTS = """
    a.script_version AS found,
    a.desired = 'running' AND coalesce(a.state, '') IN ('starting', 'working') AS was_running
"""
_NOW = """
    a.script_version AS assigned, a.running_script_version AS running, a.detail,
    coalesce(a.desired = 'running' AND a.state IS NOT NULL AND a.state <> 'stopped', false) AS is_up
"""

_COUNT = f"""
SELECT count(*) AS total,
    ARRAY(SELECT unnest($3::text[]) EXCEPT SELECT account_id FROM api.accounts
          WHERE script_id = $1 AND environment = $2 ORDER BY 1 LIMIT 20) AS unknown
{_CHOSEN}
"""  # noqa: S608 - our own constants

_AHEAD = f"""
SELECT a.id, a.account_id, {_FACTS}, {_NOW}, false AS gone
{_CHOSEN} AND ($5::uuid IS NULL OR a.id > $5) ORDER BY a.id LIMIT $6
"""

_LOOK = f"""
SELECT t.id, t.account_id, t.found, t.was_running, t.given, {_NOW},
    a.id IS NULL OR a.script_id IS DISTINCT FROM p.script_id AS gone
FROM api.script_publication_targets t JOIN api.script_publications p ON p.run_id = t.run_id
LEFT JOIN api.accounts a ON a.id = t.id
WHERE t.run_id = $1 AND ($2::uuid[] = '{{}}' OR t.id = ANY($2)) AND ($3::uuid IS NULL OR t.id > $3)
ORDER BY t.id LIMIT $4
"""  # noqa: S608 - our own constants

_ADD = f"""
INSERT INTO api.script_publication_targets (run_id, id, account_id, found, was_running)
SELECT $5::uuid, a.id, a.account_id, {_FACTS} {_CHOSEN}
"""


async def add(connection: Connection, new: Publication, selection: Selection) -> None:
    """Store the targets of a publication, as they stand now."""
    await connection.execute(
        _ADD,
        new.script_id,
        new.environment,
        list(selection.account_ids),
        list(selection.tags),
        new.run_id,
    )


async def chosen(
    connection: Connection, script_id: str, environment: str, selection: Selection
) -> tuple[int, list[str]]:
    """Return how many accounts are chosen, and which names given are none of them."""
    row = await connection.fetchrow(
        _COUNT,
        script_id,
        environment,
        list(selection.account_ids),
        list(selection.tags),
    )
    assert row is not None  # noqa: S101 - an aggregate
    return row["total"], row["unknown"]


async def count(connection: Connection, run_id: UUID) -> int:
    """Return how many targets a publication has."""
    total: int = await connection.fetchval(
        "SELECT count(*) FROM api.script_publication_targets WHERE run_id = $1", run_id
    )
    return total


async def ahead(
    connection: Connection,
    script_id: str,
    environment: str,
    selection: Selection,
    *,
    after: UUID | None,
    limit: int,
) -> list[TargetSeen]:
    """Return what the targets of a publication would be."""
    rows = await connection.fetch(
        _AHEAD,
        script_id,
        environment,
        list(selection.account_ids),
        list(selection.tags),
        after,
        limit,
    )
    return [_seen(row) for row in rows]


async def look(
    connection: Connection, run_id: UUID, ids: Sequence[UUID], *, after: UUID | None, limit: int
) -> list[TargetSeen]:
    """Return how targets stand, all or those of *ids*, in order of id."""
    rows = await connection.fetch(_LOOK, run_id, list(ids), after, limit)
    return [_seen(row) for row in rows]


async def hold(connection: Connection, run_id: UUID, ids: Sequence[UUID]) -> list[Held]:
    """Lock the accounts of targets, in order of id; those that were deleted are missing."""
    await connection.execute(
        "SELECT FROM api.accounts WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE", list(ids)
    )
    rows = await connection.fetch(
        "SELECT t.id, t.account_id, t.found, a.script_id, a.script_version"
        " FROM api.script_publication_targets t JOIN api.accounts a ON a.id = t.id"
        " WHERE t.run_id = $1 AND t.id = ANY($2::uuid[]) ORDER BY t.id",
        run_id,
        list(ids),
    )
    return [Held(*row.values()) for row in rows]


async def assign(
    connection: Connection, ids: Sequence[UUID], versions: Sequence[str | None]
) -> None:
    """Let accounts run these versions; what they had becomes the previous one."""
    await connection.execute(
        "UPDATE api.accounts a SET previous_script_version = a.script_version,"
        " script_version = u.version"
        " FROM unnest($1::uuid[], $2::text[]) AS u (id, version) WHERE a.id = u.id",
        list(ids),
        list(versions),
    )


async def given(connection: Connection, run_id: UUID, ids: Sequence[UUID]) -> None:
    """Write down that targets were given the version, for an attempt that takes it back."""
    await connection.execute(
        "UPDATE api.script_publication_targets SET given = true"
        " WHERE run_id = $1 AND id = ANY($2::uuid[])",
        run_id,
        list(ids),
    )


async def latecomers(connection: Connection, publication: Publication) -> list[Held]:
    """Lock accounts that have come to the script meanwhile and have what was published before."""
    rows = await connection.fetch(
        "SELECT a.id, a.account_id, NULL AS found, a.script_id, a.script_version"
        " FROM api.accounts a JOIN api.script_publications p ON p.run_id = $1"
        " WHERE a.script_id = p.script_id AND a.environment = p.environment"
        " AND a.follows_since >= p.started_at"
        " AND a.script_version IS NOT DISTINCT FROM p.from_version AND NOT EXISTS ("
        "  SELECT FROM api.script_publication_targets t WHERE t.run_id = $1 AND t.id = a.id)"
        " ORDER BY a.id FOR UPDATE OF a",
        publication.run_id,
    )
    return [Held(*row.values()) for row in rows]


def _seen(row: Record) -> TargetSeen:
    return TargetSeen.model_validate(dict(row))
