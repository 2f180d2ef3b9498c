"""The whole task graph, with how each task stands and what became of each link last."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from shared.db.pool import Connection

#: More links than this are not walked.
MOST_EDGES: Final = 50_000

_EDGES = "SELECT upstream, downstream, kind, rule FROM api.edges ORDER BY 1, 2, 3 LIMIT $1"
_FOUND = """
SELECT id FROM api.tasks
WHERE position(lower($1) IN lower(name)) > 0 OR id::text = lower($1) ORDER BY seq LIMIT $2
"""

# Each look-up goes through an index, task by task (`OFFSET 0`); of the ledger's rows of a task only
# the newest are looked at for one that an upstream caused.
_NODES = """
SELECT n.id, t.name, t.enabled, t.task_type, t.task_action,
    coalesce(t.policy ->> 'queue', 'default') AS queue, f.next_fire_at, coalesce(h.failures, 0),
    coalesce(live.running, 0), coalesce(live.waiting, 0),
    ended.run_id, ended.status, ended.completed_at, caused.run_id, caused.outcome, caused.reason,
    caused.created_at, caused.held, caused.waits_for, caused.missed_count, caused.missed_since
FROM unnest($1::uuid[]) WITH ORDINALITY AS n (id, place)
LEFT JOIN api.tasks t USING (id)
LEFT JOIN scheduler.api_next_fires f ON f.task_id = n.id
LEFT JOIN log.api_task_health h ON h.task_id = n.id
LEFT JOIN LATERAL (
    SELECT count(*) FILTER (WHERE has_lease AND NOT held) AS running,
        count(*) FILTER (WHERE held OR NOT has_lease) AS waiting
    FROM (SELECT o.held, EXISTS (
              SELECT FROM executor.api_leases l
              WHERE l.run_id = o.run_id AND l.outcome IS NULL) AS has_lease
          FROM scheduler.api_occurrences o
          WHERE o.task_id = n.id AND NOT o.settled AND o.outcome = 'fired' LIMIT 1000) open
) live ON true
LEFT JOIN LATERAL (
    SELECT r.run_id, r.status, r.completed_at FROM log.api_runs r
    WHERE r.task_id = n.id AND r.final ORDER BY r.started_at DESC, r.run_id LIMIT 1) ended ON true
LEFT JOIN LATERAL (
    SELECT * FROM (SELECT * FROM scheduler.api_occurrences o WHERE o.task_id = n.id
                   ORDER BY o.scheduled_for DESC LIMIT 100) newest
    WHERE newest.trigger = 'dependency' ORDER BY newest.created_at DESC LIMIT 1) caused ON true
ORDER BY n.place
"""
_SEATS = """
SELECT downstream, upstream, place, state, at FROM scheduler.api_upstream_ends
WHERE downstream = ANY($1::uuid[])
"""


class Link(NamedTuple):
    """One task leads to another."""

    upstream: UUID
    downstream: UUID
    kind: str
    rule: str


class NodeRow(NamedTuple):
    """A task, and how it stands."""

    id: UUID
    name: str | None
    """None: it was deleted, and another task still names it."""
    enabled: bool | None
    task_type: str | None
    task_action: str | None
    queue: str
    next_fire_at: datetime | None
    failures: int
    running: int
    waiting: int
    ended_run: UUID | None
    """Its last run that ended."""
    ended_status: str | None
    ended_at: datetime | None
    caused_run: UUID | None
    """What an upstream brought about last: a run, or the reason why there is none."""
    caused_outcome: str | None
    caused_reason: str | None
    caused_at: datetime | None
    caused_held: bool | None
    caused_waits_for: str | None
    caused_missed_count: int | None
    caused_missed_since: datetime | None


class SeatRow(NamedTuple):
    """What a task with `depends_on` has heard of one of its upstreams."""

    place: str
    state: str | None
    at: datetime


async def links(connection: Connection) -> list[Link]:
    """Return all links, at most `MOST_EDGES`."""
    return [Link(*row.values()) for row in await connection.fetch(_EDGES, MOST_EDGES)]


async def found(connection: Connection, text: str, limit: int) -> list[UUID]:
    """Return tasks with *text* in their name, or as their id, the oldest first."""
    return [row["id"] for row in await connection.fetch(_FOUND, text, limit)]


async def nodes(connection: Connection, ids: Sequence[UUID]) -> list[NodeRow]:
    """Return how tasks stand, in the order of *ids*."""
    return [NodeRow(*row.values()) for row in await connection.fetch(_NODES, ids)]


async def seats(connection: Connection, ids: Sequence[UUID]) -> dict[tuple[UUID, UUID], SeatRow]:
    """Return what tasks have heard, by upstream and downstream."""
    rows = await connection.fetch(_SEATS, ids)
    return {
        (row["upstream"], row["downstream"]): SeatRow(row["place"], row["state"], row["at"])
        for row in rows
    }


async def count_tasks(connection: Connection) -> int:
    """Return how many tasks there are."""
    number: int = await connection.fetchval("SELECT count(*) FROM api.tasks")
    return number
