"""The HTTP API, as a program of an operator uses it: connections that stay open, several at once.

Written on bare streams. The client runs on the CPUs that it measures; this one takes 50
microseconds for a call where httpx takes 700.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

BASE = "/api/v1/group-ai"
TASKS = f"{BASE}/automation-tasks"
RUNS = f"{BASE}/automation-runs"
EVENTS = f"{BASE}/events"
#: Calls under way at once, where there are many.
CONNECTIONS = 8
#: Runs that are asked for in one call.
BULK = 2_000
#: Runs of one task that one call may ask for.
MOST_OF_ONE = 1000
SECONDS = 60.0
#: A connection that was idle for longer is not used again; servers close them after five seconds.
IDLE_SECONDS = 2.0


class Refused(Exception):
    """The API answered with an error."""


class _Connection:
    """One connection; one call after the other."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._used_at = time.monotonic()

    @property
    def is_usable(self) -> bool:
        """True unless the server may be about to close it, or has."""
        return not self._reader.at_eof() and time.monotonic() - self._used_at < IDLE_SECONDS

    async def call(self, head: bytes, body: bytes) -> tuple[int, bytes]:
        self._writer.write(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)
        async with asyncio.timeout(SECONDS):
            answer = await self._reader.readuntil(b"\r\n\r\n")
            status_line, *headers = answer.decode("latin-1").split("\r\n")
            length = 0
            for header in headers:
                name, _, value = header.partition(":")
                if name.lower() == "content-length":
                    length = int(value)
            body = await self._reader.readexactly(length)
        self._used_at = time.monotonic()
        return int(status_line.split()[1]), body

    def close(self) -> None:
        self._writer.close()


class Door:
    """The API of one system."""

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = str(parts.hostname), parts.port or 80
        self._headers = (
            f"Host: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\n"
        )
        self._idle: list[_Connection] = []

    async def create(self, definitions: Sequence[Mapping[str, Any]]) -> list[str]:
        """Create tasks; return their ids, in order."""
        ids = [""] * len(definitions)

        async def one(index: int) -> None:
            answer = await self._call("POST", TASKS, definitions[index])
            ids[index] = answer["id"]

        await self._each(one, range(len(definitions)))
        return ids

    async def delete(self, ids: Sequence[str]) -> None:
        """Delete tasks."""

        async def one(index: int) -> None:
            await self._call("DELETE", f"{TASKS}/{ids[index]}")

        await self._each(one, range(len(ids)))

    async def run(self, task_id: str) -> None:
        """Run one task now."""
        await self._call("POST", f"{TASKS}/{task_id}/run")

    async def run_many(self, ids: Sequence[str], count: int) -> None:
        """Ask for *count* runs in all, spread over the tasks, by bulk calls."""
        while count > 0:
            batch = min(BULK, MOST_OF_ONE * len(ids), count)
            each, rest = divmod(batch, len(ids))
            shares = {task_id: each + (n < rest) for n, task_id in enumerate(ids)}
            items = [{"task_id": task_id, "count": n} for task_id, n in shares.items() if n]
            await self._call("POST", RUNS, {"runs": items})
            count -= batch

    async def say(self, event: Mapping[str, Any]) -> None:
        """Publish an event."""
        await self._call("POST", EVENTS, event)

    def close(self) -> None:
        """Close all connections."""
        while self._idle:
            self._idle.pop().close()

    async def _each(self, act: Any, numbers: Iterable[int]) -> None:  # noqa: ANN401 - a coroutine function
        todo = iter(numbers)

        async def worker() -> None:
            for number in todo:
                await act(number)

        async with asyncio.TaskGroup() as workers:
            for _ in range(CONNECTIONS):
                workers.create_task(worker())

    async def _call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 - any JSON
        head = f"{method} {path} HTTP/1.1\r\n{self._headers}".encode()
        data = b"" if body is None else json.dumps(body, separators=(",", ":")).encode()
        connection = await self._usable_connection()
        try:
            status, answer = await connection.call(head, data)
        except BaseException:
            connection.close()
            raise
        self._idle.append(connection)
        if status >= 300:
            raise Refused(f"{method} {path}: {status} {answer[:500]!r}")
        return json.loads(answer) if answer else None

    async def _usable_connection(self) -> _Connection:
        while self._idle:
            connection = self._idle.pop()
            if connection.is_usable:
                return connection
            connection.close()
        return _Connection(*await asyncio.open_connection(self._host, self._port))
