"""The way to NATS, which can be cut: nobody listens at its end until it is mended."""

from __future__ import annotations

import asyncio
from types import TracebackType
from typing import Self

from deploy.local import ports

CHUNK = 64 << 10


class Wire:
    """Forwards connections to a port, while it is whole."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.port = ports.free_port()
        self._server: asyncio.Server | None = None
        self._links: set[asyncio.Task[None]] = set()

    async def mend(self) -> None:
        """Let everything through."""
        self._server = await asyncio.start_server(self._accept, ports.LOOPBACK, self.port)

    async def cut(self) -> None:
        """End every connection and refuse new ones."""
        if self._server:
            self._server.close()
        for link in self._links:
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)
        self._server = None

    async def __aenter__(self) -> Self:
        await self.mend()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.cut()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.current_task()
        assert link is not None
        self._links.add(link)
        there, back = await asyncio.open_connection(ports.LOOPBACK, self._target)
        both = [
            asyncio.create_task(_carry(reader, back)),
            asyncio.create_task(_carry(there, writer)),
        ]
        try:
            await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        except asyncio.CancelledError:
            pass  # cut: nobody waits for us but `cut` itself
        finally:
            for each in both:
                each.cancel()
            await asyncio.gather(*both, return_exceptions=True)
            back.transport.abort()
            writer.transport.abort()
            self._links.discard(link)


async def _carry(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    while data := await source.read(CHUNK):
        target.write(data)
        await target.drain()
