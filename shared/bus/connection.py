"""One way to connect to NATS, with the settings that its defaults get wrong.

The client's defaults give up after two minutes and notice a frozen server after four. Ours never
give up and notice within six seconds. If the client closes for good all the same (revoked
credentials, a protocol error), the process ends with `EXIT_BUS_LOST` and its supervisor starts a
fresh one: a closed client would make FastStream's pull loops spin without a word.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable
from typing import Any

import nats
from faststream.nats import NatsBroker
from nats.aio.client import Client
from nats.errors import Error

from shared.bus.middleware import Verdicts

EXIT_BUS_LOST = 75  # EX_TEMPFAIL: try again

log = logging.getLogger(__name__)


class Guard:
    """Ends the process when the connection closes though nobody is stopping."""

    def __init__(self) -> None:
        self.stopping = False
        self.on_reconnect: Callable[[], None] = lambda: None
        """Called when the connection is back: what was said meanwhile may be lost."""

    async def closed(self) -> None:
        if not self.stopping:
            log.critical("the connection to NATS closed for good; exiting to be started afresh")
            os._exit(EXIT_BUS_LOST)

    async def error(self, error: Exception) -> None:
        # Permission violations arrive only here: the call itself just times out.
        log.warning("NATS: %s", error or type(error).__name__)

    async def disconnected(self) -> None:
        if not self.stopping:
            log.warning("disconnected from NATS")

    async def reconnected(self) -> None:
        log.warning("reconnected to NATS")
        self.on_reconnect()


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


def make_broker(url: str, *, name: str, guard: Guard) -> NatsBroker:
    """Return a FastStream broker; call `start()` once its subscribers are registered."""
    return NatsBroker(
        url,
        middlewares=[Verdicts],
        graceful_timeout=10,
        logger=None,
        **_options(name, guard),
    )


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


async def connect(url: str, *, name: str, guard: Guard) -> Client:
    """Connect without FastStream: for tools and for processes that handle no events."""
    return await nats.connect(url, **_options(name, guard))
