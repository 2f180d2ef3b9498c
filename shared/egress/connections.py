"""Connections to web servers: when one is used again, and what is done when that was a mistake.

A server may close an idle connection at any moment (Node.js and uvicorn after 5 s, each one when it
is restarted), also in the very moment in which we send the next request over it. No client can tell
that from a server that broke while it worked on the request, so:

    GET, HEAD, PUT, DELETE   go over kept connections; if a used one breaks before the headers of
                             an answer are complete, they are sent once more, over a new one
    POST, PATCH              always go over a new connection: nothing to race with, and nothing
                             that may happen twice is ever sent twice (RFC 9110, 9.2.2)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from ssl import SSLContext

import httpcore

#: Shorter than the 5 s of Node.js and uvicorn: the race is rare instead of usual.
KEEP_ALIVE = 4.0  # seconds
CONNECTIONS_MAX = 200  # at once, by one process
IDLE_MAX = 50
#: One dead address of several may not eat the whole time limit.
CONNECT_TIMEOUT = 10.0  # seconds
#: RFC 9110, 9.2.2: sent twice, they mean the same as sent once.
IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE"})


class Connections:
    """Connections under one set of rules: which addresses, which certificates."""

    def __init__(self, *, ssl: SSLContext, network: httpcore.AsyncNetworkBackend) -> None:
        self._kept, self._new = (
            httpcore.AsyncConnectionPool(
                ssl_context=ssl,
                max_connections=CONNECTIONS_MAX,
                max_keepalive_connections=idle,
                keepalive_expiry=KEEP_ALIVE,
                network_backend=network,
            )
            for idle in (IDLE_MAX, 0)
        )

    @asynccontextmanager
    async def stream(
        self,
        method: str,
        url: httpcore.URL,
        *,
        headers: Sequence[tuple[str | bytes, str | bytes]],
        content: bytes | None,
    ) -> AsyncIterator[httpcore.Response]:
        """Send a request; give the response when its headers are there, its body still to read.

        Raises:
            httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException: it broke.
            Whatever the network backend raises for an address that it refuses.
        """
        opened = _Opened()

        def send(
            pool: httpcore.AsyncConnectionPool,
        ) -> AbstractAsyncContextManager[httpcore.Response]:
            extensions = {"timeout": {"connect": CONNECT_TIMEOUT}, "trace": opened}
            return pool.stream(method, url, headers=headers, content=content, extensions=extensions)

        async with AsyncExitStack() as stack:
            if method not in IDEMPOTENT:
                response = await stack.enter_async_context(send(self._new))
            else:
                try:
                    response = await stack.enter_async_context(send(self._kept))
                except (httpcore.NetworkError, httpcore.RemoteProtocolError):
                    if opened.happened:
                        raise
                    response = await stack.enter_async_context(send(self._new))
            yield response

    async def close(self) -> None:
        """Close all of them."""
        await self._kept.aclose()
        await self._new.aclose()


class _Opened:
    """Told by `httpcore` what happens to a request: was a connection opened for it?"""

    def __init__(self) -> None:
        self.happened = False

    async def __call__(self, name: str, _: dict[str, object]) -> None:
        self.happened = self.happened or name == "connection.connect_tcp.started"
