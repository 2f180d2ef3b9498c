"""The connection to the bus, which may come and go: accounts live on without it.

account.desired.*            a durable consumer of this server: what is wanted, at once
rpc.account_runtime.output.*  what a program of ours has said, for whoever looks at an account
rpc.api.accounts.desired     all that is wanted, at start, every 30 s, after a reconnect
account.runtime.*            a sign of life every two seconds; a second runtime of our server
                             is heard here, and the one that came later leaves
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from datetime import timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.errors import Error, NoRespondersError
from pydantic import ValidationError

from shared.bus import topology
from shared.bus.access import NOBODY, Access
from shared.bus.connection import Guard, close, connect
from shared.bus.middleware import bury
from shared.bus.publisher import Publisher
from shared.bus.pull import CreditPull
from shared.bus.watch import Watch
from shared.contracts.accounts import (
    AccountDesired,
    AccountOutputAsked,
    AccountOutputTold,
    DesiredPage,
    DesiredPageRequest,
    RuntimeSeen,
)

CONNECT_SECONDS = 5.0
ASK_SECONDS = 3.0
CREDIT = 200
TEND = timedelta(milliseconds=500)
#: News wakes us.
LONG = timedelta(hours=1)
AT_ONCE = timedelta(0)
RESYNC = timedelta(seconds=30)
#: The API may start later than we do.
ASK_AGAIN = timedelta(seconds=1)
PRESENCE = timedelta(seconds=2)

log = logging.getLogger(__name__)


class NotConnected(Exception):
    """There is no connection to NATS."""


class Line:
    """What a runtime hears and asks."""

    hear: Callable[[AccountDesired], Awaitable[None]]
    """Called with each wish that comes over the stream."""
    tell: Callable[[AccountOutputAsked], AccountOutputTold]
    """Called with each question of what a program has said."""
    meet: Callable[[RuntimeSeen], Awaitable[None]]
    """Called with each sign of life of a runtime of our server, our own ones included."""

    def __init__(self, url: str, *, name: str, server: str, access: Access = NOBODY) -> None:
        self._url, self._name, self._server, self._access = url, name, server, access
        self._guard = Guard()
        self._consumer = topology.runtime_consumer(server)
        self._came: deque[Msg] = deque()
        self._pull: CreditPull | None = None
        self._watch: Watch | None = None
        self.client: Client | None = None
        self.publisher: Publisher | None = None
        self.on_connected: Callable[[], None] = lambda: None
        self.on_expired: Callable[[], None] = lambda: None
        self.on_wish: Callable[[], None] = lambda: None

    async def tend(self) -> timedelta:
        """Connect; then keep the consumer as it should be, and pull."""
        client = self.client or await self._connect()
        if self._pull is None:
            await self.look_after()
            pull = CreditPull(client, self._consumer, self._arrived)
            pull.on_expired = self.on_expired
            await pull.start()
            self._pull = pull
        self._pull.take_back_lost_credit()
        if self._pull.credit < CREDIT // 2:
            await self._pull.grant(CREDIT - self._pull.credit)
        return TEND

    async def listen(self) -> timedelta:
        """Take one wish that has come over the stream; acknowledge it once it is on the disk."""
        if not self._came:
            return LONG
        message = self._came.popleft()
        try:
            wish = AccountDesired.decode(message.data)
        except ValidationError as error:
            await bury(message, error)
            return AT_ONCE
        await self.hear(wish)
        await message.ack()
        return AT_ONCE

    def _arrived(self, message: Msg) -> None:
        self._came.append(message)
        self.on_wish()

    async def look_after(self) -> timedelta:
        """Put the stream and the consumer right if somebody has changed them."""
        return await self._watch.step() if self._watch else TEND

    async def check(self) -> None:
        """Be sure that the bus is there.

        Raises:
            NotConnected: it is not.
            Exception: the consumer is not as it should be.
        """
        if self.client is None or not self.client.is_connected or self._watch is None:
            raise NotConnected
        await self._watch.check()

    async def ask(self) -> list[AccountDesired] | None:
        """Return all that is wanted on this server; None: nobody answers."""
        if self.client is None or not self.client.is_connected:
            return None
        found: list[AccountDesired] = []
        after = None
        while True:
            question = DesiredPageRequest(server_id=self._server, after=after)
            try:
                answer = await self.client.request(
                    topology.RPC_ACCOUNTS_DESIRED, question.encode(), timeout=ASK_SECONDS
                )
            except (NoRespondersError, TimeoutError, Error):
                return None
            page = DesiredPage.decode(answer.data)
            found.extend(page.accounts)
            if page.next is None:
                return found
            after = page.next

    async def show(self, seen: RuntimeSeen) -> None:
        """Give a sign of life."""
        if self.client is not None and self.client.is_connected:
            await self.client.publish(topology.account_runtime(seen.runtime_id), seen.encode())

    async def close(self) -> None:
        """Hear nothing more."""
        self._guard.stopping = True
        if self.client is not None:
            await close(self.client.close())

    async def _connect(self) -> Client:
        # Not for ever: a runtime that is told to stop must not wait for a server that is away.
        async with asyncio.timeout(CONNECT_SECONDS):
            client = await connect(
                self._url, name=self._name, guard=self._guard, access=self._access
            )
        self._guard.on_reconnect = self.on_connected
        await client.subscribe(topology.ACCOUNT_RUNTIMES_ALL, cb=self._seen)
        await client.subscribe(topology.account_output(self._server), cb=self._asked)
        self._watch = Watch(client, [self._consumer])
        self.publisher = Publisher(client)
        self.client = client
        self.on_connected()
        return client

    async def _asked(self, message: Msg) -> None:
        try:
            question = AccountOutputAsked.decode(message.data)
        except ValidationError:  # core: who asks hears nothing
            log.warning("%s is not a question of ours", message.subject)
            return
        answer = await asyncio.to_thread(self.tell, question)
        await message.respond(answer.encode())

    async def _seen(self, message: Msg) -> None:
        try:
            seen = RuntimeSeen.decode(message.data)
        except ValidationError:  # core: there is nobody to tell
            log.warning("%s is not a sign of life of ours", message.subject)
            return
        if seen.server_id == self._server:
            await self.meet(seen)
