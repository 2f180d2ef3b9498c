"""Forget what nobody asks for any more, in bites that hold up nobody."""

from __future__ import annotations

from datetime import timedelta

from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.judgements import JudgementStore
from shared.db.clocks import Clocks

INTERVAL = timedelta(minutes=10)
#: While there is more.
SOON = timedelta(seconds=1)
BATCH = 5_000


class Pruner:
    """One step: delete a bite of each that is past its time."""

    def __init__(
        self,
        judgements: JudgementStore,
        deliveries: DeliveryStore,
        keep: timedelta,
        clocks: Clocks,
    ) -> None:
        self._judgements = judgements
        self._deliveries = deliveries
        self._keep = keep
        self._clocks = clocks

    async def step(self) -> timedelta:
        """Delete once; come back soon if there is more.

        Raises:
            ClocksDiffer: a clock that has jumped ahead would make everything old at once.
        """
        await self._clocks.agree()
        judged = await self._judgements.prune(self._keep, BATCH)
        delivered = await self._deliveries.prune(self._keep, BATCH)
        return SOON if BATCH in (*judged, delivered) else INTERVAL
