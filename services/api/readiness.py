"""What must be true for the API to be ready, beside the database's answer."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from nats.aio.client import Client

from shared.runtime.loop import Loop

#: A relay that has not done a step for this long is stuck.
RELAY_SILENCE = timedelta(seconds=15)


class NotReady(Exception):
    """Something that requests need is not there."""


class Readiness:
    """Checks of the bus and of the relay."""

    def __init__(self, client: Client, relay: Loop) -> None:
        self._client = client
        self._relay = relay

    async def bus(self) -> None:
        """Raise unless NATS is there and its JetStream answers."""
        if not self._client.is_connected:
            raise NotReady("not connected")
        await self._client.jetstream(timeout=1).account_info()

    async def relay(self) -> None:
        """Raise unless the relay has done a step lately."""
        last = self._relay.last_success
        now = asyncio.get_running_loop().time()
        if last is None or now - last > RELAY_SILENCE.total_seconds():
            raise NotReady("no step lately")
