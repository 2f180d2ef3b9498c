"""Sends once more what people want sent once more.

Their wishes lie with the API; nothing is said over the bus, so none of them is lost.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from services.notifier.store.deliveries import DeliveryStore

REST = timedelta(seconds=1)


class Resender:
    """One step: look for wishes."""

    def __init__(self, store: DeliveryStore, wake: Callable[[], None]) -> None:
        self._store = store
        self._wake = wake

    async def step(self) -> timedelta:
        """Carry out what nobody has yet."""
        if await self._store.carry_out_wishes():
            self._wake()
        return REST
