"""nats-py's client, which can change its credentials and never speaks in plain where it must not.

The original takes a seed file, reads its public half once and its private half at each connect: a
file that has changed since makes it contradict itself. It takes a `tls://` address, and speaks in
plain with a server that does not offer TLS. And the TLS context is made once, so that a new
authority is not believed before a restart.

Here seed and authorities are read at each connect. A seed that has changed is tried on a second
connection first; only when the server takes it, the connection is made anew. So a seed that comes
before the server knows it, or a wrong one, breaks nothing that works.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from concurrent.futures import Future
from contextlib import suppress
from typing import Any

from nats.aio.client import Client
from nats.errors import Error

from shared.bus.access import NOBODY, Access, NoCredentials

#: Seconds that the server has to take a new seed.
TRIED_WITHIN = 5

log = logging.getLogger(__name__)


class PlainRefused(Error):
    """The server does not offer TLS, without which we say nothing."""

    def __str__(self) -> str:
        return str(self.__doc__)


class NoSeed(Error):
    """There is no seed with which to connect."""


class BusClient(Client):
    """A connection of one role."""

    def __init__(self, access: Access = NOBODY) -> None:
        super().__init__()
        self._access = access
        self._options: dict[str, Any] = {}
        self._loop: asyncio.AbstractEventLoop | None = None
        self._renewing: Future[None] | None = None
        self._told: str | None = None
        """The new public key of which was said that the server does not know it yet."""

    async def connect(self, *args: Any, **options: Any) -> None:  # noqa: ANN401 - as the original
        """Connect as the original does, under the role's own inboxes."""
        self._loop = asyncio.get_running_loop()
        self._options = options
        await super().connect(*args, **{**options, "inbox_prefix": self._access.inbox})

    @property
    def ssl_context(self) -> ssl.SSLContext:
        """Believe those that the file names now."""
        if self._access.ca_file is None:
            context: ssl.SSLContext = super().ssl_context
            return context
        return ssl.create_default_context(cafile=str(self._access.ca_file))

    def _connect_command(self) -> bytes:
        server = self._current_server
        wants_tls = self._access.ca_file is not None or (server and server.uri.scheme == "tls")
        if wants_tls and not self._server_info.get("tls_required"):
            raise PlainRefused
        try:
            key = self._access.key()
        except NoCredentials as error:
            raise NoSeed(str(error)) from error  # one that the client tries again after
        if key is not None:
            self._public_nkey, self._signature_cb = key.public, key.sign
        command: bytes = super()._connect_command()
        return command

    async def _send_ping(self, future: asyncio.Future[Any] | None = None) -> None:
        """Let what waits to be written go first; in the original the question overtakes it.

        An answer then says nothing of what came before: `Subscription.drain` would forget its
        subscription while the server still sends for it, and those messages lie with nobody.
        """
        if self.is_connected and self._pending and self._transport is not None:
            self._transport.writelines(self._pending)
            self._pending, self._pending_data_size = [], 0
        await super()._send_ping(future)

    def follow(self) -> None:
        """Use a seed that has changed; called again and again, from any thread."""
        busy = self._renewing is not None and not self._renewing.done()
        if busy or self._loop is None or not self.is_connected or self._public_nkey is None:
            return
        with suppress(NoCredentials):  # somebody is about to write it
            key = self._access.key()
            if key is not None and key.public != self._public_nkey:
                self._renewing = asyncio.run_coroutine_threadsafe(
                    self._renew(key.public), self._loop
                )

    async def _renew(self, public: str) -> None:
        if await self._is_known():
            log.warning("coming to NATS as %s from now on", public)
            await self.force_reconnect()
        elif self._told != public:
            self._told = public
            log.error("NATS does not know the new seed (yet); going on with the old one")

    async def _is_known(self) -> bool:
        """Try what the file holds now, on a connection of its own."""

        async def ignore(_: Exception) -> None:
            """It is about yes or no."""

        trial = BusClient(self._access)
        servers = [each.uri.geturl() for each in self._server_pool]
        try:
            async with asyncio.timeout(TRIED_WITHIN):
                await trial.connect(
                    servers,
                    name=self._options.get("name"),
                    connect_timeout=2,
                    allow_reconnect=False,
                    error_cb=ignore,
                )
        except (OSError, Error):
            return False
        finally:
            await trial.close()
        return True
