"""Single calls that prove something answers. None of them retries or raises for "not yet"."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from deploy.local import ports, process

OK = 200


async def http_get(port: int, path: str, *, host: str = ports.LOOPBACK) -> tuple[int, bytes]:
    """GET over HTTP/1.0; status 0 if there is no answer. An HTTP library would cost 150 ms."""
    with suppress(OSError, TimeoutError, ValueError, IndexError):
        async with asyncio.timeout(process.CALL_TIMEOUT.total_seconds()):
            reader, writer = await asyncio.open_connection(host, port)
            try:
                writer.write(f"GET {path} HTTP/1.0\r\nHost: {host}:{port}\r\n\r\n".encode())
                await writer.drain()
                head, _, body = (await reader.read()).partition(b"\r\n\r\n")
                return int(head.split()[1]), body
            finally:
                writer.close()
    return 0, b""


async def listens(port: int) -> bool:
    """Connect, and say nothing."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(process.CALL_TIMEOUT.total_seconds()):
            _, writer = await asyncio.open_connection(ports.LOOPBACK, port)
            writer.close()
            return True
    return False


async def nats_listens(port: int) -> bool:
    """Read the INFO line with which a NATS server greets."""
    with suppress(OSError, TimeoutError):
        async with asyncio.timeout(process.CALL_TIMEOUT.total_seconds()):
            reader, writer = await asyncio.open_connection(ports.LOOPBACK, port)
            try:
                return (await reader.readline()).startswith(b"INFO ")
            finally:
                writer.close()
    return False


async def jetstream_answers(url: str) -> bool:
    """Ask for the JetStream account information."""
    import nats.errors  # noqa: PLC0415 - 100 ms that `automation --help` need not pay
    import nats.js.errors  # noqa: PLC0415
    from nats.aio.client import Client  # noqa: PLC0415

    async def ignore(_: Exception) -> None:
        """Nats-py would log a traceback; the answer here is simply no."""

    seconds = process.CALL_TIMEOUT.total_seconds()
    client = Client()
    try:
        async with asyncio.timeout(2 * seconds):
            await client.connect(
                url, allow_reconnect=False, connect_timeout=int(seconds), error_cb=ignore
            )
            await client.jetstream(timeout=seconds).account_info()
    except (OSError, TimeoutError, nats.errors.Error, nats.js.errors.Error):
        return False
    finally:
        await client.close()  # also if it never connected: it keeps the socket otherwise
    return True
