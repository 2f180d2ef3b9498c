"""Forget what nobody asks for any more."""

from __future__ import annotations

from datetime import timedelta

from services.notifier.store.deliveries import DeliveryStore
from services.notifier.store.judgements import JudgementStore

INTERVAL = timedelta(hours=1)


class Pruner:
    """One step: delete what is past its time."""

    def __init__(self, judgements: JudgementStore, deliveries: DeliveryStore) -> None:
        self._judgements = judgements
        self._deliveries = deliveries

    async def step(self) -> timedelta:
        """Delete once."""
        await self._judgements.prune()
        await self._deliveries.prune()
        return INTERVAL
