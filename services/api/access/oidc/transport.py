"""HTTP to the provider, through the guard of `shared/egress`: every connection is judged.

The addresses come from the provider's own metadata. Unguarded, whoever can change that could have
us call whatever only we can reach.
"""

from __future__ import annotations

import httpcore
import httpx

from shared.egress.connections import Connections
from shared.egress.guard import AllowList, GuardedBackend

#: More than any metadata, key set or token.
MOST_BYTES = 1 << 20


class Guarded(httpx.AsyncBaseTransport):
    """A transport for httpx."""

    def __init__(self, allow: AllowList) -> None:
        self._connections = Connections(
            ssl=httpx.create_ssl_context(), network=GuardedBackend(allow)
        )

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Send *request*; read all of the answer, up to `MOST_BYTES`.

        Raises:
            httpx.TransportError: it broke, or is too long.
            shared.egress.guard.Refused: the address may not be called.
        """
        content = await request.aread()
        url = httpcore.URL(
            scheme=request.url.raw_scheme,
            host=request.url.raw_host,
            port=request.url.port,
            target=request.url.raw_path,
        )
        headers = [pair for pair in request.headers.raw if pair[0].lower() != b"accept-encoding"]
        try:
            async with self._connections.stream(
                request.method, url, headers=headers, content=content or None
            ) as answer:
                body = bytearray()
                async for piece in answer.aiter_stream():
                    body += piece
                    if len(body) > MOST_BYTES:
                        raise httpx.ReadError("the answer is too long")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as error:
            raise httpx.ConnectError(str(error)) from error
        return httpx.Response(
            answer.status, headers=answer.headers, content=bytes(body), request=request
        )

    async def aclose(self) -> None:
        """Close all connections."""
        await self._connections.close()
