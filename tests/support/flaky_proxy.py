r"""A bad network between NATS and its clients: a proxy that holds back, cuts and forges.

    async with FlakyProxy(server_port) as proxy:
        proxy.hold_answers()          # what clients say arrives, what the server says does not
        proxy.cut()                   # every connection is reset, with all that was held back
        proxy.say(b"-ERR 'Parser Error'\r\n", to="executor-1")

It reads one thing, the name that a client gives when it connects, to tell clients apart.
"""

from __future__ import annotations

import asyncio
import re
import socket
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import NamedTuple, Self

from deploy.local import ports

CHUNK = 64 << 10
NAME = re.compile(rb'CONNECT \{.*?"name": ?"([^"]+)"')
#: Close at once and forget what is still to be sent.
RESET = struct.pack("ii", 1, 0)


class Attempt(NamedTuple):
    """A client that introduced itself."""

    name: str
    at: float
    """By the monotonic clock."""


class _Link:
    """One client's connection and ours to the server."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter) -> None:
        self.client = client
        self.server = server
        self.name = ""
        self.forged: list[bytes] = []

    def reset(self) -> None:
        for each in (self.client, self.server):
            found = each.get_extra_info("socket")
            if found is not None:
                with suppress(OSError):
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            each.transport.abort()


class FlakyProxy:
    """Listens on a port of its own; `async with` starts and ends it."""

    def __init__(self, target: Callable[[], int]) -> None:
        self._target = target
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._answers = asyncio.Event()
        self._answers.set()
        self.attempts: list[Attempt] = []
        """Everybody who has introduced himself, with or without success."""
        self.held_back = 0
        """Bytes of the server that no client ever got."""

    @property
    def port(self) -> int:
        """Where it listens."""
        assert self._server is not None
        port: int = self._server.sockets[0].getsockname()[1]
        return port

    def names(self) -> set[str]:
        """Return who is connected."""
        return {link.name for link in self._links if link.name}

    def named(self, process: str) -> str:
        """Return what a process calls itself: its name, or its role in front of that."""
        return next(name for name in self.names() if name.split(":")[-1] == process)

    def hold_answers(self) -> None:
        """Let nothing of the server through any more."""
        self._answers.clear()

    def cut(self) -> None:
        """Reset all connections, with what was held back; new ones are as good as new."""
        for link in list(self._links):
            link.reset()
        self._answers.set()

    def say(self, forged: bytes, *, to: str) -> None:
        """Tell a client something in the server's name, between two messages, and hang up."""
        found = [link for link in self._links if link.name == to]
        assert found, f"{to} is not among {self.names()}"
        for link in found:
            link.forged.append(forged)

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, ports.LOOPBACK, 0)
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._server is not None
        self._server.close()
        while self._links:
            self.cut()
            await asyncio.sleep(0.01)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            answers, asking = await asyncio.open_connection(ports.LOOPBACK, self._target())
        except OSError:
            writer.transport.abort()
            return
        link = _Link(writer, asking)
        self._links.add(link)
        try:
            await asyncio.gather(self._ask(link, reader), self._answer(link, answers))
        except OSError:
            pass
        finally:
            self._links.discard(link)
            link.reset()

    async def _ask(self, link: _Link, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK):
            if not link.name and (found := NAME.search(data)):
                link.name = found[1].decode()
                self.attempts.append(Attempt(link.name, time.monotonic()))
            link.server.write(data)
            await link.server.drain()
        link.server.transport.close()

    async def _answer(self, link: _Link, reader: asyncio.StreamReader) -> None:
        while data := await reader.read(CHUNK):
            if not self._answers.is_set():
                self.held_back += len(data)
                continue  # the connection is cut before answers come through again
            link.client.write(data)
            # A server writes whole messages; only a full buffer may end in the middle of one.
            if link.forged and data.endswith(b"\r\n") and len(data) < CHUNK:
                link.client.write(b"".join(link.forged))
                break
            await link.client.drain()
        await link.client.drain()
        link.client.transport.close()
        link.server.transport.close()
