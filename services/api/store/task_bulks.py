"""Changes of many tasks: what is to be done, how far it is, what came of each task."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.api.store.audit import Actor
from shared.db.pool import Connection

#: Kept for so many days after their end.
KEPT_DAYS = 30


class BulkRow(NamedTuple):
    """A change of many tasks."""

    id: UUID
    action: str
    query: str | None
    total: int
    undo_of: UUID | None
    actor: str
    token_id: str | None
    user_id: UUID | None
    ip: str | None
    request_id: str | None
    created_at: datetime
    cancelled_at: datetime | None
    cancelled_by: str | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBulk:
    """One that is to be stored."""

    id: UUID
    action: str
    actor: Actor
    query: str | None = None
    undo_of: UUID | None = None


class ItemRow(NamedTuple):
    """A task of it."""

    place: int
    task_id: UUID
    name: str
    state: str
    problem: str | None
    version: int | None
    run_id: UUID | None


class Consequences(NamedTuple):
    """What there is of the tasks before anything is done."""

    unchanged: int
    """Those that are switched as they are to be."""
    running_runs: int
    queued_runs: int
    dependents: int
    """Other tasks that follow one of them."""


_COLUMNS = ", ".join(f"b.{name}" for name in BulkRow._fields)
_ITEM = ", ".join(ItemRow._fields)

_CONSEQUENCES = """
SELECT
    (SELECT count(*) FROM api.tasks t
     WHERE t.id = ANY ($1::uuid[]) AND t.enabled = $2::boolean),
    (SELECT count(*) FROM scheduler.api_occurrences o
     WHERE o.task_id = ANY ($1::uuid[]) AND NOT o.settled AND o.outcome = 'fired'
       AND NOT o.held AND EXISTS (
         SELECT FROM executor.api_leases l WHERE l.run_id = o.run_id AND l.outcome IS NULL)),
    (SELECT count(*) FROM scheduler.api_occurrences o
     WHERE o.task_id = ANY ($1::uuid[]) AND NOT o.settled AND o.outcome = 'fired'),
    (SELECT count(DISTINCT e.downstream) FROM api.edges e
     WHERE e.upstream = ANY ($1::uuid[]) AND e.downstream <> ALL ($1::uuid[]))
"""


async def consequences(
    connection: Connection, ids: Sequence[UUID], *, enabled: bool | None
) -> Consequences:
    """Return what there is of tasks; *enabled*: as they are to be switched, None: they are not."""
    row = await connection.fetchrow(_CONSEQUENCES, list(ids), enabled)
    assert row is not None  # noqa: S101 - one row of sums
    unchanged, running, open_runs, dependents = row.values()
    return Consequences(unchanged, running, open_runs - running, dependents)


async def insert(connection: Connection, bulk: NewBulk, ids: Sequence[UUID]) -> int:
    """Store a new one with those of *ids* that are tasks, in their order; return how many."""
    entered: int = await connection.fetchval(
        "WITH items AS (INSERT INTO api.task_bulk_items (bulk_id, place, task_id, name)"
        "  SELECT $1, row_number() OVER (ORDER BY i.place), t.id, t.name"
        "  FROM unnest($2::uuid[]) WITH ORDINALITY AS i (id, place) JOIN api.tasks t USING (id)"
        "  RETURNING place)"
        ", bulk AS (INSERT INTO api.task_bulks (id, action, query, total, actor, token_id,"
        "   user_id, ip, request_id)"
        "  SELECT $1, $3, $4, (SELECT count(*) FROM items), $5, $6, $7, $8, $9)"
        " SELECT count(*) FROM items",
        bulk.id,
        list(ids),
        bulk.action,
        bulk.query,
        *_columns(bulk.actor),
    )
    return entered


async def insert_undo(connection: Connection, bulk: NewBulk) -> int | None:
    """Store one that takes back what `undo_of` did; return of how many, None: there is one."""
    entered: int | None = await connection.fetchval(
        "WITH bulk AS (INSERT INTO api.task_bulks (id, action, undo_of, total, actor, token_id,"
        "   user_id, ip, request_id)"
        "  SELECT $1, $2, $3, count(*), $4, $5, $6, $7, $8 FROM api.task_bulk_items"
        "  WHERE bulk_id = $3 AND state = 'done' ON CONFLICT DO NOTHING RETURNING total)"
        ", items AS (INSERT INTO api.task_bulk_items (bulk_id, place, task_id, name, version)"
        "  SELECT $1, place, task_id, name, version FROM api.task_bulk_items"
        "  WHERE bulk_id = $3 AND state = 'done' AND EXISTS (SELECT FROM bulk))"
        " SELECT total FROM bulk",
        bulk.id,
        bulk.action,
        bulk.undo_of,
        *_columns(bulk.actor),
    )
    return entered


async def get(connection: Connection, bulk_id: UUID) -> BulkRow | None:
    """Return one."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api.task_bulks b WHERE b.id = $1",  # noqa: S608 - our own columns
        bulk_id,
    )
    return BulkRow(*row.values()) if row else None


async def newest(connection: Connection, limit: int) -> list[BulkRow]:
    """Return the newest ones."""
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.task_bulks b"  # noqa: S608 - our own columns
        " ORDER BY b.created_at DESC, b.id DESC LIMIT $1",
        limit,
    )
    return [BulkRow(*row.values()) for row in rows]


async def counts(connection: Connection, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Return how many tasks of each are in which state."""
    rows = await connection.fetch(
        "SELECT bulk_id, state, count(*) FROM api.task_bulk_items"
        " WHERE bulk_id = ANY ($1::uuid[]) GROUP BY bulk_id, state",
        list(ids),
    )
    found: dict[UUID, dict[str, int]] = {each: {} for each in ids}
    for row in rows:
        found[row["bulk_id"]][row["state"]] = row["count"]
    return found


async def undone_by(connection: Connection, ids: Sequence[UUID]) -> Mapping[UUID, UUID]:
    """Return by which other one each was taken back."""
    rows = await connection.fetch(
        "SELECT undo_of, id FROM api.task_bulks WHERE undo_of = ANY ($1::uuid[])", list(ids)
    )
    return {row["undo_of"]: row["id"] for row in rows}


async def items(
    connection: Connection, bulk_id: UUID, *, state: str | None, after: int, limit: int
) -> list[ItemRow]:
    """Return tasks of one in order, those behind the place *after*."""
    rows = await connection.fetch(
        f"SELECT {_ITEM} FROM api.task_bulk_items WHERE bulk_id = $1 AND place > $2"  # noqa: S608 - our own columns
        " AND ($3::text IS NULL OR state = $3) ORDER BY place LIMIT $4",
        bulk_id,
        after,
        state,
        limit,
    )
    return [ItemRow(*row.values()) for row in rows]


async def cancel(connection: Connection, bulk_id: UUID, *, by: str) -> bool:
    """Note that what is left is not wanted any more; return whether anything is left."""
    done: str = await connection.execute(
        "UPDATE api.task_bulks SET cancelled_at = clock_timestamp(), cancelled_by = $2"
        " WHERE id = $1 AND finished_at IS NULL AND cancelled_at IS NULL",
        bulk_id,
        by,
    )
    return done.endswith(" 1")


async def claim(connection: Connection) -> BulkRow | None:
    """Return one that has something left and that nobody works on, locked."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api.task_bulks b WHERE b.finished_at IS NULL"  # noqa: S608 - our own columns
        " ORDER BY b.created_at LIMIT 1 FOR UPDATE SKIP LOCKED"
    )
    return BulkRow(*row.values()) if row else None


async def waiting(connection: Connection, bulk_id: UUID, limit: int) -> list[ItemRow]:
    """Return the next tasks of one."""
    return await items(connection, bulk_id, state="waiting", after=0, limit=limit)


async def settle(connection: Connection, bulk_id: UUID, settled: Sequence[ItemRow]) -> None:
    """Write what came of tasks."""
    await connection.execute(
        "UPDATE api.task_bulk_items i SET state = s.state, problem = s.problem,"
        " version = s.version, run_id = s.run_id"
        " FROM unnest($2::integer[], $3::text[], $4::text[], $5::bigint[], $6::uuid[])"
        "  AS s (place, state, problem, version, run_id)"
        " WHERE i.bulk_id = $1 AND i.place = s.place",
        bulk_id,
        [each.place for each in settled],
        [each.state for each in settled],
        [each.problem for each in settled],
        [each.version for each in settled],
        [each.run_id for each in settled],
    )


async def finish(connection: Connection, bulk_id: UUID) -> None:
    """Note that nothing is left; what still waits was cancelled."""
    await connection.execute(
        "UPDATE api.task_bulk_items SET state = 'cancelled'"
        " WHERE bulk_id = $1 AND state = 'waiting'",
        bulk_id,
    )
    await connection.execute(
        "UPDATE api.task_bulks SET finished_at = clock_timestamp() WHERE id = $1", bulk_id
    )


async def forget(connection: Connection, limit: int) -> int:
    """Remove tasks of those that ended long ago, at most *limit*, then these; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.task_bulk_items WHERE (bulk_id, place) IN ("
        " SELECT i.bulk_id, i.place FROM api.task_bulks b JOIN api.task_bulk_items i"
        "  ON i.bulk_id = b.id WHERE b.finished_at < clock_timestamp() - make_interval(days => $2)"
        " LIMIT $1)",
        limit,
        KEPT_DAYS,
    )
    await connection.execute(
        "DELETE FROM api.task_bulks b"
        " WHERE b.finished_at < clock_timestamp() - make_interval(days => $1)"
        " AND NOT EXISTS (SELECT FROM api.task_bulk_items i WHERE i.bulk_id = b.id)",
        KEPT_DAYS,
    )
    return int(done.rsplit(" ", 1)[1])


def _columns(actor: Actor) -> tuple[object, ...]:
    return (actor.name, actor.token_id, actor.user_id, actor.ip, actor.request_id)
