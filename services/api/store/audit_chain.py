"""The seals of the audit list: written by one sealer at a time, read by whoever verifies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from services.api.access.audit_chain import Mark
from services.api.store.audit import COLUMNS, AuditRow
from shared.db.pool import Connection


class Ends(NamedTuple):
    """Where the chain begins and ends now."""

    anchor: Mark
    head: Mark


class SealedRow(NamedTuple):
    """A seal, and the row that it seals; None: the row is gone."""

    seal: int
    audit_id: int
    hash: bytes
    row: AuditRow | None


async def lock(connection: Connection) -> Mark | None:
    """Return the end of the chain, to be gone on from; None: another replica is at it."""
    row = await connection.fetchrow(
        "SELECT head_seal, head_hash FROM api.audit_chain FOR UPDATE SKIP LOCKED"
    )
    return Mark(*row.values()) if row else None


async def unsealed(connection: Connection, limit: int) -> list[AuditRow]:
    """Return rows that are to be sealed, at most *limit*, in the order of their ids."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM api.audit_unsealed u JOIN api.audit a"  # noqa: S608 - our own columns
        " ON a.id = u.audit_id ORDER BY u.audit_id LIMIT $1",
        limit,
    )
    return [AuditRow(*row.values()) for row in rows]


async def add(
    connection: Connection, seals: Sequence[tuple[int, int, bytes]], done: Sequence[int]
) -> None:
    """Write seals (number, row, hash); *done* are not to be sealed any more."""
    await connection.execute(
        "INSERT INTO api.audit_seals (seal, audit_id, hash)"
        " SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::bytea[])",
        [seal for seal, _, _ in seals],
        [audit_id for _, audit_id, _ in seals],
        [digest for _, _, digest in seals],
    )
    await connection.execute(
        "DELETE FROM api.audit_unsealed WHERE audit_id = ANY($1::bigint[])", list(done)
    )
    if seals:
        await connection.execute(
            "UPDATE api.audit_chain SET head_seal = $1, head_hash = $2", seals[-1][0], seals[-1][2]
        )


async def waiting(connection: Connection) -> tuple[int, float]:
    """Return how many rows are not sealed yet, and for how many seconds the oldest has not been."""
    row = await connection.fetchrow(
        "SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(at)), 0)::float8"
        " FROM api.audit_unsealed"
    )
    assert row is not None  # noqa: S101 - an aggregate always has a row
    count, seconds = row.values()
    return count, seconds


async def ends(connection: Connection) -> Ends:
    """Return where the chain begins and ends now."""
    row = await connection.fetchrow(
        "SELECT anchor_seal, anchor_hash, head_seal, head_hash FROM api.audit_chain"
    )
    assert row is not None  # noqa: S101 - the migration wrote it
    anchor_seal, anchor_hash, head_seal, head_hash = row.values()
    return Ends(Mark(anchor_seal, anchor_hash), Mark(head_seal, head_hash))


async def seal_of(connection: Connection, seal: int) -> tuple[bytes, int] | None:
    """Return the hash of a seal, and the row that it seals."""
    row = await connection.fetchrow(
        "SELECT hash, audit_id FROM api.audit_seals WHERE seal = $1", seal
    )
    return (row["hash"], row["audit_id"]) if row else None


async def behind(connection: Connection, seal: int, limit: int) -> list[SealedRow]:
    """Return the seals behind *seal* with their rows, at most *limit*."""
    rows = await connection.fetch(
        f"SELECT s.seal, s.audit_id, s.hash, {COLUMNS}"  # noqa: S608 - our own columns
        " FROM (SELECT * FROM api.audit_seals WHERE seal > $1 ORDER BY seal LIMIT $2) s"
        " LEFT JOIN api.audit a ON a.id = s.audit_id ORDER BY s.seal",
        seal,
        limit,
    )
    found = []
    for row in rows:
        number, audit_id, digest, *columns = row.values()
        there = columns[0] is not None
        found.append(SealedRow(number, audit_id, digest, AuditRow(*columns) if there else None))
    return found


async def never_sealed(connection: Connection, above: int, upto: int, limit: int) -> list[int]:
    """Return rows that are neither sealed nor waiting to be: nobody's transaction wrote them.

    Only of those behind the row *above*: all at once would be years of rows in one statement.
    """
    rows = await connection.fetch(
        "SELECT id FROM api.audit a WHERE id > $1 AND id <= $2"
        " AND NOT EXISTS (SELECT FROM api.audit_seals s WHERE s.audit_id = a.id)"
        " AND NOT EXISTS (SELECT FROM api.audit_unsealed u WHERE u.audit_id = a.id)"
        " ORDER BY id LIMIT $3",
        *(above, upto, limit),
    )
    return [row[0] for row in rows]


async def vanished(connection: Connection, limit: int) -> list[int]:
    """Return rows that were to be sealed and are gone."""
    rows = await connection.fetch(
        "SELECT audit_id FROM api.audit_unsealed u"
        " WHERE NOT EXISTS (SELECT FROM api.audit a WHERE a.id = u.audit_id)"
        " ORDER BY audit_id LIMIT $1",
        limit,
    )
    return [row[0] for row in rows]
