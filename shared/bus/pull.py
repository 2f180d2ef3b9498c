"""Pull messages as they come, never more than there is room for.

A fetch asks, waits, and asks again: one round trip for each handful of messages, and two when idle.
Here the consumer has *credit*: a pull request stays open at the server, which sends each message
the moment it is there, until the credit is used up. The owner grants credit as it gets room.

A server forgets open requests together with the connection they came over; so after a reconnect all
credit counts as lost. Every request also expires, and credit that is silent for longer than that is
taken back and asked for anew.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error

from shared.bus.shapes import Consumer

#: How long the server keeps a pull request. Bounds how long lost credit stays lost.
EXPIRES = timedelta(seconds=3)
#: Silence after which open credit counts as lost.
LOST_AFTER = EXPIRES + timedelta(seconds=1)
#: How long a stop waits for what is on its way here.
STOPPED_WITHIN = timedelta(seconds=2)
NANOSECONDS = 1_000_000_000


class CreditPull:
    """The messages of one durable consumer, as many as credit was granted for."""

    def __init__(
        self, client: Client, consumer: Consumer, on_message: Callable[[Msg], None]
    ) -> None:
        self._client = client
        self._consumer = consumer
        self._on_message = on_message
        self._inbox = client.new_inbox()
        self._subject = f"$JS.API.CONSUMER.MSG.NEXT.{consumer.stream}.{consumer.name}"
        self._heard_at = 0.0
        self._connections = client.stats["reconnects"]
        self._subscription: Subscription | None = None
        self.credit = 0
        """Messages that may still come without being asked for again."""
        self.on_expired: Callable[[], None] = lambda: None
        """Called when a request ran out: until the next one nothing can come."""

    async def start(self) -> None:
        """Begin to listen; nothing comes before `grant`."""
        self._subscription = await self._client.subscribe(self._inbox, cb=self._received)

    async def grant(self, messages: int) -> None:
        """Ask for *messages* more than what was asked for already; not while disconnected."""
        if messages <= 0 or not self._client.is_connected:
            return
        self.credit += messages
        self._heard_at = asyncio.get_running_loop().time()
        request = {
            "batch": messages,
            "expires": int(EXPIRES.total_seconds() * NANOSECONDS),
        }
        await self._client.publish(self._subject, json.dumps(request).encode(), reply=self._inbox)

    async def stop(self) -> None:
        """Stop listening, once all that the server has sent has arrived."""
        self.credit = 0
        if self._subscription is None or not self._client.is_connected:
            return
        drain: Callable[[], Awaitable[None]] = self._subscription.drain
        with contextlib.suppress(TimeoutError, Error):
            async with asyncio.timeout(STOPPED_WITHIN.total_seconds()):
                await drain()

    def take_back_lost_credit(self) -> None:
        """Forget credit that the server must have forgotten too."""
        silent = asyncio.get_running_loop().time() - self._heard_at
        connections = self._client.stats["reconnects"]
        if connections != self._connections or silent > LOST_AFTER.total_seconds():
            self.credit = 0
        self._connections = connections

    async def _received(self, message: Msg) -> None:
        self._heard_at = asyncio.get_running_loop().time()
        if message.reply.startswith("$JS.ACK."):
            self.credit = max(0, self.credit - 1)
            self._on_message(message)
            return
        headers = message.headers or {}
        status = headers.get("Status")
        if status == "100":  # idle heartbeat
            return
        # 404 and 408: the request ended; 409: refused or the consumer is gone; 503: no consumer.
        # The server says how much of the request it did not serve; without a number, all is gone.
        unserved = headers.get("Nats-Pending-Messages")
        self.credit = max(0, self.credit - int(unserved)) if unserved else 0
        if status in ("404", "408"):
            self.on_expired()
