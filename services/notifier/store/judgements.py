"""What was decided: facts that were judged, incidents, and the deliveries that follow from them.

All of it is written in one transaction, which holds the rows of the tasks concerned in
`notify.series`, and after them those of the channels in `notify.allowances`, each taken in order:
notifiers wait for each other, never in a circle.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from uuid import UUID

from services.notifier.allowance import Allowance, Ordered
from services.notifier.facts import Incident
from shared.contracts.notifications import MOST_MESSAGES, ChannelKind
from shared.db.pool import Connection, Pool, Record

_INCIDENT_FIELDS = (
    "id, task_id, class, opened_at, updated_at, count, first_run_id, last_run_id, last_error,"
    " told_at, closed_at, closed_by"
)

# What channels say of their limits.
_LIMITS = """
SELECT name, kind, (config ->> 'most_messages')::integer AS most
FROM api.notifier_channels WHERE name = ANY($1::text[])
"""

_ALLOW = """
INSERT INTO notify.allowances AS a (channel, since, told)
SELECT channel, clock_timestamp(), new
FROM unnest($1::text[], $2::integer[]) AS n (channel, new) ORDER BY channel
ON CONFLICT (channel) DO UPDATE SET
    since = CASE WHEN a.since > excluded.since - $3::interval THEN a.since ELSE excluded.since END,
    told = excluded.told
        + CASE WHEN a.since > excluded.since - $3::interval THEN a.told ELSE 0 END
RETURNING channel, since, told
"""


class Judgement:
    """One transaction in which facts of some tasks are judged."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def hold(self, tasks: Sequence[UUID]) -> dict[UUID, datetime | None]:
        """Keep others from deciding about *tasks*; return when the last known end of each was."""
        await self._connection.execute(
            "INSERT INTO notify.series (task_id)"
            " SELECT id FROM unnest($1::uuid[]) AS t (id) ORDER BY id ON CONFLICT DO NOTHING",
            tasks,
        )
        rows = await self._connection.fetch(
            "SELECT task_id, last_at FROM notify.series WHERE task_id = ANY($1::uuid[])"
            " ORDER BY task_id FOR UPDATE",
            tasks,
        )
        return {row["task_id"]: row["last_at"] for row in rows}

    async def mark(self, keys: Sequence[tuple[UUID, str]]) -> set[tuple[UUID, str]]:
        """Mark facts as judged; return those that were not yet."""
        rows = await self._connection.fetch(
            "INSERT INTO notify.judged (run_id, kind)"
            " SELECT run_id, kind FROM unnest($1::uuid[], $2::text[]) AS f (run_id, kind)"
            " ORDER BY run_id, kind ON CONFLICT DO NOTHING RETURNING run_id, kind",
            [key[0] for key in keys],
            [key[1] for key in keys],
        )
        return {(row["run_id"], row["kind"]) for row in rows}

    async def incidents(self, tasks: Sequence[UUID]) -> list[Incident]:
        """Return the open incidents of *tasks*."""
        rows = await self._connection.fetch(
            f"SELECT {_INCIDENT_FIELDS} FROM notify.incidents"  # noqa: S608 - our own column list
            " WHERE task_id = ANY($1::uuid[]) AND closed_at IS NULL ORDER BY opened_at, id",
            tasks,
        )
        return [_incident(row) for row in rows]

    async def keep(self, incidents: Sequence[Incident]) -> None:
        """Store incidents as they are now."""
        await self._connection.executemany(
            f"INSERT INTO notify.incidents ({_INCIDENT_FIELDS})"  # noqa: S608 - our own column list
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
            " ON CONFLICT (id) DO UPDATE SET updated_at = excluded.updated_at,"
            "  count = excluded.count, last_run_id = excluded.last_run_id,"
            "  last_error = excluded.last_error, told_at = excluded.told_at,"
            "  closed_at = excluded.closed_at, closed_by = excluded.closed_by",
            [
                (
                    each.id,
                    each.task_id,
                    each.failure_class,
                    each.opened_at,
                    each.updated_at,
                    each.count,
                    each.first_run_id,
                    each.last_run_id,
                    each.last_error,
                    each.told_at,
                    each.closed_at,
                    each.closed_by,
                )
                for each in incidents
            ],
        )

    async def note_ends(self, ends: Sequence[tuple[UUID, datetime]]) -> None:
        """Note when the last end of each task was."""
        await self._connection.executemany(
            "UPDATE notify.series SET last_at = greatest(last_at, $2) WHERE task_id = $1", ends
        )

    async def ordered(self, messages: Sequence[Ordered]) -> set[tuple[UUID, str, str]]:
        """Return run, event and channel of those of *messages* that are ordered already."""
        rows = await self._connection.fetch(
            "SELECT run_id, event, channel FROM notify.deliveries"
            " JOIN unnest($1::uuid[], $2::text[], $3::text[]) AS d (run_id, event, channel)"
            " USING (run_id, event, channel)",
            [each.run_id for each in messages],
            [each.event for each in messages],
            [each.channel for each in messages],
        )
        return {(row["run_id"], row["event"], row["channel"]) for row in rows}

    async def allow(self, new: Mapping[str, int], period: timedelta) -> dict[str, Allowance]:
        """Add *new* messages to what each channel was told; return those that have a limit."""
        rows = await self._connection.fetch(_LIMITS, list(new))
        said = {row["name"]: row["most"] or MOST_MESSAGES[ChannelKind(row["kind"])] for row in rows}
        # What is no channel is an address.
        found = {name: said.get(name, MOST_MESSAGES[ChannelKind.EMAIL]) for name in sorted(new)}
        limits = {name: most for name, most in found.items() if most is not None}
        counts = [new[name] for name in limits]
        rows = await self._connection.fetch(_ALLOW, list(limits), counts, period)
        return {
            row["channel"]: Allowance(row["since"], row["told"], limits[row["channel"]])
            for row in rows
        }

    async def order(self, messages: Sequence[Ordered], into: Mapping[UUID, UUID]) -> None:
        """Add deliveries; those that are folded *into* another are kept and not sent."""
        await self._connection.executemany(
            "INSERT INTO notify.deliveries (id, run_id, task_id, event, channel, facts,"
            "  incident_id, group_id, folded_into, state, ended_at)"
            " VALUES ($1, $2, $3, $4, $5, $6::text::json, $7, $8, $9::uuid,"
            "  CASE WHEN $9::uuid IS NULL THEN 'waiting' ELSE 'folded' END,"
            "  CASE WHEN $9::uuid IS NOT NULL THEN clock_timestamp() END)"
            " ON CONFLICT (run_id, event, channel) DO NOTHING",
            [(*each, into.get(each.id)) for each in messages],
        )

    async def order_later(self, messages: Sequence[Ordered], at: Sequence[datetime]) -> None:
        """Add deliveries that are to be sent later; those that are there already stay."""
        await self._connection.executemany(
            "INSERT INTO notify.deliveries (id, run_id, task_id, event, channel, facts,"
            "  incident_id, group_id, next_try_at)"
            " VALUES ($1, $2, $3, $4, $5, $6::text::json, $7, $8, $9)"
            " ON CONFLICT DO NOTHING",
            [(*each, moment) for each, moment in zip(messages, at, strict=True)],
        )


class JudgementStore:
    """The tables `notify.judged`, `series`, `incidents` and what is added to `deliveries`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    @asynccontextmanager
    async def judging(self) -> AsyncIterator[Judgement]:
        """Open a transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield Judgement(connection)

    async def prune(self, keep: timedelta, limit: int) -> tuple[int, int]:
        """Forget a bite of what nobody asks for any more: judgements, and incidents that are over.

        Of a task that is gone nothing can recover.
        """
        await self._pool.execute(
            "UPDATE notify.incidents i SET closed_at = clock_timestamp() WHERE closed_at IS NULL"
            " AND NOT EXISTS (SELECT FROM api.notifier_tasks t WHERE t.id = i.task_id)"
        )
        # A message may come again for a day (`topology.RUNS`).
        judged = await self._pool.execute(
            "DELETE FROM notify.judged WHERE ctid = ANY(ARRAY(SELECT ctid FROM notify.judged"
            " WHERE judged_at < now() - interval '2 days' LIMIT $1))",
            limit,
        )
        incidents = await self._pool.execute(
            "DELETE FROM notify.incidents WHERE id = ANY(ARRAY(SELECT id FROM notify.incidents"
            " WHERE opened_at < now() - $1::interval AND closed_at < now() - $1::interval"
            " ORDER BY opened_at LIMIT $2))",
            keep,
            limit,
        )
        return int(judged.split()[-1]), int(incidents.split()[-1])


def _incident(row: Record) -> Incident:
    return Incident(
        id=row["id"],
        task_id=row["task_id"],
        failure_class=row["class"],
        opened_at=row["opened_at"],
        updated_at=row["updated_at"],
        count=row["count"],
        first_run_id=row["first_run_id"],
        last_run_id=row["last_run_id"],
        last_error=row["last_error"],
        told_at=row["told_at"],
        closed_at=row["closed_at"],
        closed_by=row["closed_by"],
    )
