"""SQL of runs that are the same: finding the one that is there, and making way for the new one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from services.scheduler.job import Entry
from services.scheduler.store.orders import take_back
from services.scheduler.unique import Existing, Resolved, resolve
from shared.contracts.policy import Unique
from shared.db.pool import Connection

_EXISTING = """
SELECT o.unique_key, o.run_id, o.settled,
       NOT o.settled AND o.attempt = 1 AND (o.held OR EXISTS (
           SELECT FROM scheduler.orders w WHERE w.run_id = o.run_id OFFSET 0)) AS waits,
       o.created_at
FROM scheduler.occurrences o
WHERE o.unique_key = ANY($1::text[]) AND o.outcome = 'fired' AND (NOT o.settled OR $2)
ORDER BY o.created_at
"""

_REPLACE = """
UPDATE scheduler.occurrences o
SET outcome = 'superseded', reason = 'unique.replaced:' || r.new, settled = true, unique_key = NULL,
    held = false, waits_for = NULL, not_before = NULL
FROM unnest($1::uuid[], $2::uuid[]) AS r (old, new) WHERE o.run_id = r.old
"""

_RELEASE = "UPDATE scheduler.occurrences SET unique_key = NULL WHERE run_id = ANY($1::uuid[])"

_THERE = "SELECT run_id FROM scheduler.occurrences WHERE run_id = ANY($1::uuid[])"


class SameStore:
    """Runs by what makes them the same."""

    async def make_way(
        self, connection: Connection, entries: Sequence[Entry], uniques: Mapping[UUID, Unique]
    ) -> list[Entry]:
        """Decide about *entries* that are the same as others; return them as they are to be."""
        keys = [each.unique_key for each in entries if each.unique_key is not None]
        if not keys:
            return list(entries)
        settled_too = any(each.states == "all" for each in uniques.values())
        rows = await connection.fetch(_EXISTING, keys, settled_too)
        now = await connection.fetchval("SELECT clock_timestamp()")
        resolved = resolve(entries, uniques, [Existing(*row) for row in rows], now)
        await self._write(connection, resolved)
        return resolved.entries

    async def _write(self, connection: Connection, resolved: Resolved) -> None:
        # One that was claimed a moment ago runs all the same, beside the new one.
        taken = await take_back(connection, list(resolved.replaced))
        released = resolved.released | resolved.replaced.keys() - set(taken)
        if taken:
            await connection.execute(_REPLACE, taken, [resolved.replaced[each] for each in taken])
        if released:
            await connection.execute(_RELEASE, list(released))

    async def missing(self, connection: Connection, entries: Sequence[Entry]) -> list[Entry]:
        """Return those of *entries* that have no row: the same run came in at the same time."""
        rows = await connection.fetch(_THERE, [each.run_id for each in entries])
        there = {row["run_id"] for row in rows}
        return [each for each in entries if each.run_id not in there]
