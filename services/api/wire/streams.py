"""Answers that are sent piece by piece, to readers who may be slow or gone.

Each piece must be taken within a time, else the answer is cut off: a reader that stops reading must
not keep its place for ever.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Mapping

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

#: For one piece to be taken.
SECONDS = 20.0

log = logging.getLogger(__name__)


class Streamed(Response):
    """An answer made of *pieces*; *place* is left when it ends, however it does."""

    def __init__(
        self,
        pieces: AsyncGenerator[bytes, None],
        *,
        media_type: str,
        place: contextlib.ExitStack,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(status_code=200, media_type=media_type, headers=dict(headers or {}))
        del self.headers["content-length"]
        self._pieces = pieces
        self._place = place

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it. It takes no room at the door from requests that are answered at once."""
        state = scope.get("state", {})
        if leave := state.get("leave_room"):
            leave()
        with self._place:
            await send(
                {
                    "type": "http.response.start",
                    "status": self.status_code,
                    "headers": self.raw_headers,
                }
            )
            if state.get("is_head"):
                await send({"type": "http.response.body", "body": b""})
                return
            pump = asyncio.create_task(self._pump(send))
            gone = asyncio.create_task(_gone(receive))
            try:
                await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for each in (pump, gone):
                    each.cancel()
                await asyncio.gather(pump, gone, return_exceptions=True)
            if not pump.cancelled() and (error := pump.exception()) is not None:
                raise error

    async def _pump(self, send: Send) -> None:
        async with contextlib.aclosing(self._pieces) as pieces:
            async for piece in pieces:
                try:
                    async with asyncio.timeout(SECONDS):
                        await send({"type": "http.response.body", "body": piece, "more_body": True})
                except TimeoutError:
                    log.info("a reader of a stream is too slow and was sent away")
                    return
        await send({"type": "http.response.body", "body": b""})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
