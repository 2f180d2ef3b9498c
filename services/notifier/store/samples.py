"""How many messages wait: counted now and then, by the index of those that do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from shared.db.pool import Pool

_WAITING = """
SELECT state, count(*) AS deliveries,
    coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)::float8 AS oldest
FROM (SELECT state, created_at FROM notify.deliveries
      WHERE state IN ('waiting', 'failed') LIMIT 100000) d
GROUP BY 1
"""


class Sample(NamedTuple):
    """How the deliveries stand."""

    waiting: Mapping[str, int]
    oldest: float


class SampleStore:
    """Counts, as one notifier reads them."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def look(self) -> Sample:
        """Count once."""
        rows = await self._pool.fetch(_WAITING)
        return Sample(
            {row["state"]: row["deliveries"] for row in rows},
            max((row["oldest"] for row in rows), default=0.0),
        )
