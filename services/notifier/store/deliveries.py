"""Deliveries on their way: claimed, tried, ended. And the channels that they go through."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from services.notifier.letter import Folded
from shared.contracts.notifications import ChannelKind
from shared.db.pool import Pool

# What belongs to incidents of one task, or to one group of alerts, reaches a channel in order: a
# failure that came after its recovery would stand for ever. The next try is set before the first
# byte is sent: a delivery that brings a notifier down, or is in hand of one that dies, is tried
# again later and not at once.
_CLAIM = """
UPDATE notify.deliveries d
SET tries = d.tries + 1, in_hand = true, next_try_at = clock_timestamp() + $2::interval
FROM (
    SELECT id FROM notify.deliveries c
    WHERE state IN ('waiting', 'failed') AND next_try_at <= clock_timestamp()
      AND channel <> ALL($3::text[])
      AND NOT EXISTS (
          SELECT FROM notify.deliveries e
          WHERE e.task_id = c.task_id AND e.channel = c.channel AND e.state IN ('waiting', 'failed')
            AND e.incident_id IS NOT NULL AND c.incident_id IS NOT NULL
            AND (e.created_at, e.id) < (c.created_at, c.id))
      AND NOT EXISTS (
          SELECT FROM notify.deliveries e
          WHERE e.group_id = c.group_id AND e.state IN ('waiting', 'failed')
            AND (e.created_at, e.id) < (c.created_at, c.id))
    ORDER BY next_try_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
) due
WHERE d.id = due.id
RETURNING d.id, d.channel, d.event, d.facts, d.tries
"""

# A wish is carried out once: `again` by its id, `sooner` by its instant. What is being tried right
# now is left alone, or somebody else would send it at the same time.
_AGAIN = """
INSERT INTO notify.deliveries
    (id, task_id, event, channel, facts, incident_id, group_id, resend_of)
SELECT r.id, d.task_id, d.event, d.channel, d.facts, d.incident_id, d.group_id,
       coalesce(d.resend_of, d.id)
FROM api.notifier_resends r JOIN notify.deliveries d ON d.id = r.delivery_id
WHERE r.how = 'again' AND r.requested_at > clock_timestamp() - interval '1 day'
  AND NOT EXISTS (SELECT FROM notify.deliveries n WHERE n.id = r.id)
ON CONFLICT DO NOTHING
"""
_SOONER = """
UPDATE notify.deliveries d SET next_try_at = clock_timestamp(), hurried_at = r.at
FROM (
    SELECT delivery_id, max(requested_at) AS at FROM api.notifier_resends
    WHERE how = 'sooner' AND requested_at > clock_timestamp() - interval '1 day'
    GROUP BY delivery_id
) r
WHERE d.id = r.delivery_id AND d.state = 'failed' AND NOT d.in_hand
  AND d.next_try_at > clock_timestamp()
  AND (d.hurried_at IS NULL OR d.hurried_at < r.at)
"""


class Claimed(NamedTuple):
    """A delivery to be tried now; `tries` counts this one."""

    id: UUID
    channel: str
    event: str
    facts: str
    tries: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """A channel as the API keeps it, its secret still sealed."""

    name: str
    kind: ChannelKind
    enabled: bool
    config: Mapping[str, Any]
    secret: bytes | None


class DeliveryStore:
    """The table `notify.deliveries`, and the view `api.notifier_channels`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, limit: int, *, within: timedelta, not_of: Sequence[str]) -> list[Claimed]:
        """Take deliveries whose time has come; each comes back unless it is ended *within* that."""
        return [Claimed(*row) for row in await self._pool.fetch(_CLAIM, limit, within, not_of)]

    async def carry_out_wishes(self) -> bool:
        """Order once more, or sooner, what people want so; return whether there was something."""
        done = [await self._pool.execute(wish) for wish in (_AGAIN, _SOONER)]
        return any(not each.endswith(" 0") for each in done)

    async def sent(self, delivery: UUID, answer: str) -> None:
        """Note that it was told."""
        await self._end(delivery, "sent", answer)

    async def give_up(self, delivery: UUID, answer: str) -> None:
        """Note that it will not be tried again."""
        await self._end(delivery, "given_up", answer)

    async def failed(self, delivery: UUID, answer: str, pause: timedelta) -> None:
        """Note that it will be tried again after *pause*."""
        await self._pool.execute(
            "UPDATE notify.deliveries SET state = 'failed', in_hand = false, answer = $2,"
            " next_try_at = clock_timestamp() + $3::interval WHERE id = $1",
            delivery,
            answer,
            pause,
        )

    async def folded(self, delivery: UUID) -> Folded:
        """Return what a delivery of the kind `more` stands for."""
        row = await self._pool.fetchrow(
            "SELECT count(*), count(DISTINCT coalesce(task_id, group_id))"
            " FROM notify.deliveries WHERE folded_into = ("
            "  SELECT coalesce(resend_of, id) FROM notify.deliveries WHERE id = $1)",
            delivery,
        )
        return Folded(*row) if row else Folded(0, 0)

    async def channel(self, name: str) -> Channel | None:
        """Return a channel."""
        row = await self._pool.fetchrow(
            "SELECT name, kind, enabled, config, secret FROM api.notifier_channels WHERE name = $1",
            name,
        )
        if row is None:
            return None
        return Channel(
            name=row["name"],
            kind=ChannelKind(row["kind"]),
            enabled=row["enabled"],
            config=json.loads(row["config"]),
            secret=row["secret"],
        )

    async def prune(self, keep: timedelta, limit: int) -> int:
        """Forget a bite of what was ended long ago; return how many it was."""
        gone = await self._pool.execute(
            "DELETE FROM notify.deliveries WHERE id = ANY(ARRAY(SELECT id FROM notify.deliveries"
            " WHERE created_at < now() - $1::interval AND ended_at < now() - $1::interval"
            " ORDER BY created_at LIMIT $2))",
            keep,
            limit,
        )
        return int(gone.split()[-1])

    async def _end(self, delivery: UUID, state: str, answer: str) -> None:
        await self._pool.execute(
            "UPDATE notify.deliveries SET state = $2, answer = $3, ended_at = clock_timestamp()"
            " WHERE id = $1",
            delivery,
            state,
            answer,
        )
