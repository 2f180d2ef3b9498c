"""What must be true for the API to be ready, beside the database's answer.

Without the bus it still takes what people want: that is written into PostgreSQL and told later. So
/readyz names what is missing, and whoever decides where requests go asks for `ANSWERING` alone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import timedelta

from nats.aio.client import Client

from services.api.store.database import Database
from shared.bus.storing import Storing
from shared.db.schema import Schema
from shared.domain.texts import readiness as texts
from shared.runtime.loop import Loop
from shared.runtime.trouble import Unready
from shared.runtime.web import Check

#: A relay that has not done a step for this long is stuck.
RELAY_SILENCE = timedelta(seconds=15)
#: What it needs to answer requests, of the checks below.
ANSWERING = frozenset({"postgres"})


class Readiness:
    """Checks of the bus, of the relay, and of what becomes of what it publishes."""

    def __init__(self, database: Database, client: Client, relay: Loop, storing: Storing) -> None:
        self._schema = Schema(database.pool, "api.api_migrations")
        self._client = client
        self._relay = relay
        self._storing = storing

    @property
    def checks(self) -> Mapping[str, Check]:
        """What must hold, by name."""
        return {
            "postgres": self._schema.check,
            "nats": self.bus,
            "relay": self.relay,
            "storing": self._storing.check,
        }

    async def bus(self) -> None:
        """Raise unless NATS is there and its JetStream answers."""
        if not self._client.is_connected:
            raise Unready(texts.NOT_CONNECTED, "NotReady")
        await self._client.jetstream(timeout=1).account_info()

    async def relay(self) -> None:
        """Raise unless the relay has done a step lately."""
        last = self._relay.last_success
        now = asyncio.get_running_loop().time()
        if last is None or now - last > RELAY_SILENCE.total_seconds():
            raise Unready(texts.NO_STEP_LATELY, "NotReady")
