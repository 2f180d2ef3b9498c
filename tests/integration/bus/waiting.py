"""Waiting for what is bound to happen."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from nats.aio.client import Client
from nats.js import JetStreamContext

SECONDS = 15.0


async def eventually(look: Callable[[], Awaitable[object]], what: str) -> None:
    """Look again and again until it is true."""
    try:
        async with asyncio.timeout(SECONDS):
            while True:
                if await look():
                    return
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise AssertionError(f"not within {SECONDS} s: {what}") from None


async def connected(client: Client) -> None:
    """Wait until the client has found its server again."""

    async def look() -> bool:
        return client.is_connected

    await eventually(look, "connected again")


async def disconnected(client: Client) -> None:
    """Wait until the client has noticed that its server is gone."""

    async def look() -> bool:
        return not client.is_connected

    await eventually(look, "disconnected")


async def stored(js: JetStreamContext, stream: str) -> list[bytes]:
    """Return the payloads of a stream, in order."""
    state = (await js.stream_info(stream)).state
    if not state.messages:
        return []
    found = []
    for sequence in range(state.first_seq, state.last_seq + 1):
        message = await js.get_msg(stream, sequence, direct=True)
        found.append(message.data or b"")
    return found


async def count(js: JetStreamContext, stream: str) -> int:
    """Return how many messages a stream holds."""
    return (await js.stream_info(stream)).state.messages
