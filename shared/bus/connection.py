"""One way to connect to NATS, with the settings that its defaults get wrong.

The client's defaults give up after two minutes and notice a frozen server after four. Ours never
give up and notice within six seconds. If the client closes for good all the same (revoked
credentials, a protocol error), the process ends with `EXIT_BUS_LOST` and its supervisor starts a
fresh one. The client says so by a callback, which may never come: FastStream's pull loops spin over
a closed client and let nothing else run. So a thread looks, too.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import threading
import time
import weakref
from collections.abc import Awaitable, Callable
from typing import Any

from faststream.exceptions import IncorrectState
from faststream.nats import NatsBroker
from nats.aio.client import Client, ErrorCallback
from nats.errors import Error

from shared.bus.access import NOBODY, Access
from shared.bus.client import BusClient
from shared.bus.metrics import VIOLATIONS
from shared.bus.middleware import Verdicts

EXIT_BUS_LOST = 75  # EX_TEMPFAIL: try again

#: Seconds before the next try after the server has refused our credentials. That it is back is
#: worth five tries a second; a password gets no better by being said more often.
REFUSED_REST = 1.0

#: How often a thread looks whether the client has closed, or is to come with another seed.
LOOK_SECONDS = 0.5

#: How long a tool tries to connect.
ONCE_SECONDS = 10

log = logging.getLogger(__name__)


class Guard:
    """Ends the process when the connection closes though nobody is stopping."""

    def __init__(self) -> None:
        self.stopping = False
        self.on_reconnect: Callable[[], None] = lambda: None
        """Called when the connection is back: what was said meanwhile may be lost."""

    async def closed(self) -> None:
        if not self.stopping:
            _end()

    def watch(self, find: Callable[[], BusClient | None]) -> None:
        """Look now and then, from outside of the event loop, at the client that *find* returns."""

        def look() -> None:
            while not self.stopping:
                client = find()
                if client is not None and client.is_closed:
                    _end()
                if client is not None:
                    client.follow()
                time.sleep(LOOK_SECONDS)

        threading.Thread(target=look, name="bus-watch", daemon=True).start()

    async def error(self, error: Exception) -> None:
        # Permission violations arrive only here: the call itself just times out.
        if is_violation(error):
            VIOLATIONS.inc()
            log.error("NATS forbids it: %s", error)
            return
        if not is_refusal(error):
            log.warning("NATS: %s", error or type(error).__name__)
            return
        log.critical("NATS refuses our credentials: %s", error)
        await asyncio.sleep(REFUSED_REST)  # the client waits for us before it tries again

    async def disconnected(self) -> None:
        if not self.stopping:
            log.warning("disconnected from NATS")

    async def reconnected(self) -> None:
        log.warning("reconnected to NATS")
        self.on_reconnect()


def _end() -> None:
    log.critical("the connection to NATS closed for good; exiting to be started afresh")
    os._exit(EXIT_BUS_LOST)


def is_refusal(error: Exception) -> bool:
    """Return True if a server has said that it does not know us (any more)."""
    said = str(error).lower()
    return "authorization violation" in said or "authentication" in said


def is_violation(error: Exception) -> bool:
    """Return True if a server has said that we may not say or hear something."""
    return "permissions violation" in str(error).lower()


def servers(url: str) -> list[str]:
    """Return the addresses in *url*, which names one server or, with commas, several."""
    return [each.strip() for each in url.split(",") if each.strip()]


def _options(name: str, guard: Guard) -> dict[str, Any]:
    return {
        "name": name,
        "max_reconnect_attempts": -1,
        "reconnect_time_wait": 0.2,
        "connect_timeout": 2,
        "ping_interval": 2,
        "max_outstanding_pings": 2,
        "closed_cb": guard.closed,
        "error_cb": guard.error,
        "disconnected_cb": guard.disconnected,
        "reconnected_cb": guard.reconnected,
    }


class _Broker(NatsBroker):
    """FastStream's broker, with our client, which is never kept from connecting again."""

    access: Access = NOBODY

    async def _connect(self) -> Client:
        client = BusClient(self.access)
        await client.connect(**self._connection_kwargs)
        self.config.connect(client)
        return client

    def _log_connection_broken(self, error_cb: ErrorCallback | None = None) -> ErrorCallback:
        # The original lets a refusal of our credentials fly through the client, which then neither
        # tries again nor closes: a service that nobody hears, for ever.
        return error_cb or super()._log_connection_broken(error_cb)


def make_broker(url: str, *, name: str, guard: Guard, access: Access = NOBODY) -> NatsBroker:
    """Return a FastStream broker; call `start()` once its subscribers are registered."""
    broker = _Broker(
        servers(url),
        middlewares=[Verdicts],
        graceful_timeout=10,
        logger=None,
        **_options(name, guard),
    )
    broker.access = access
    known = weakref.ref(broker)

    def find() -> BusClient | None:
        with contextlib.suppress(IncorrectState):  # not connected yet
            client = client_of(alive) if (alive := known()) else None
            return client if isinstance(client, BusClient) else None
        return None

    guard.watch(find)
    return broker


def inbox_of(broker: NatsBroker) -> bytes:
    """Return under which prefix the subscribers of a broker get their messages."""
    access = broker.access if isinstance(broker, _Broker) else NOBODY
    return f"{access.inbox}.".encode()


def client_of(broker: NatsBroker) -> Client:
    """Return the connection of a started broker, for what FastStream does not do."""
    client: Client = broker.config.connection_state.connection
    return client


async def close(closing: Awaitable[object]) -> None:
    """Close a connection that may be broken already: there is nothing left to lose."""
    try:
        await closing
    except (OSError, Error) as error:
        log.warning("closing the connection to NATS: %s", type(error).__name__)


async def connect(url: str, *, name: str, guard: Guard, access: Access = NOBODY) -> Client:
    """Connect without FastStream: for processes that handle no events."""
    client = BusClient(access)
    await client.connect(servers(url), **_options(name, guard))
    guard.watch(lambda: client)
    return client


async def connect_once(url: str, *, name: str, access: Access = NOBODY) -> Client:
    """Connect for a moment, as a tool does: what does not work at once is an error.

    Raises:
        OSError: the server is not there.
        nats.errors.Error: it refuses us, or does not answer.
    """
    last: list[Exception] = []

    async def note(error: Exception) -> None:
        last.append(error)

    client = BusClient(access)
    try:
        async with asyncio.timeout(ONCE_SECONDS):
            await client.connect(
                servers(url),
                name=name,
                connect_timeout=2,
                reconnect_time_wait=0.2,
                max_reconnect_attempts=3,  # where nobody listens
                allow_reconnect=False,
                error_cb=note,
            )
    except (Error, TimeoutError):
        await client.close()
        # What the server refuses says more than that it then cut the connection.
        refused = [error for error in last if not isinstance(error, OSError)]
        raise ([*last, *refused] or [ConnectionError("NATS does not answer")])[-1] from None
    return client
