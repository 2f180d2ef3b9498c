"""Messages of the stream EVENTS, page by page, as the server hands them out directly.

A page is one question: where to begin, which subjects, how many. The server answers with a message
each, and says at the end how many are behind them. Nothing is kept at the server for it: no
consumer, which none of our services may make.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error, NoRespondersError

from shared.bus import topology

#: How long a message of a page may take.
_NEXT_SECONDS = 1.0

#: What the server says with each message; `_LEFT` and `_END` also after the last one of a page.
_PLACE, _SUBJECT, _AT, _LEFT = (
    "Nats-Sequence",
    "Nats-Subject",
    "Nats-Time-Stamp",
    "Nats-Num-Pending",
)
_OF_SERVER = frozenset({_PLACE, _SUBJECT, _AT, _LEFT, "Nats-Stream", "Nats-Last-Sequence"})
_NOTHING, _NOBODY, _END = "404", "503", "204"

#: From which place, or from which moment on.
Start = Mapping[str, object]


class Edge(NamedTuple):
    """Where a look ends, if not at the end of the stream."""

    latest: datetime | None
    last: int | None

    def is_passed(self, message: Kept) -> bool:
        """Say whether *message* lies beyond."""
        late = self.latest is not None and message.at >= self.latest
        return late or (self.last is not None and message.place > self.last)


class Kept(NamedTuple):
    """A message as the stream has it."""

    place: int
    subject: str
    at: datetime
    headers: Mapping[str, str]
    data: bytes


class Pages:
    """Asks the stream for messages, page by page."""

    def __init__(self, client: Client, pattern: str) -> None:
        self._client = client
        self._pattern = pattern
        self._inbox = client.new_inbox()
        self._replies: Subscription | None = None

    async def open(self) -> None:
        """Listen for answers."""
        self._replies = await self._client.subscribe(self._inbox)

    async def close(self) -> None:
        """Listen no more."""
        if self._replies is not None:
            await self._replies.unsubscribe()

    async def next(self, start: Start, most: int) -> tuple[list[Kept], int]:
        """Return at most so many messages, and how many there are behind them.

        Raises:
            OSError, nats.errors.Error: no answer, or not a whole one.
        """
        assert self._replies is not None  # noqa: S101 - `open` comes first
        question = {**start, "batch": most, "next_by_subj": self._pattern}
        await self._client.publish(
            f"$JS.API.DIRECT.GET.{topology.EVENTS.name}",
            json.dumps(question).encode(),
            reply=self._inbox,
        )
        page: list[Kept] = []
        while True:
            message = await self._replies.next_msg(timeout=_NEXT_SECONDS)
            headers = message.headers or {}
            if _PLACE in headers:
                page.append(_kept(message))
            elif headers.get("Status") == _END:
                return page, int(headers.get(_LEFT, "0"))
            elif headers.get("Status") == _NOTHING:
                return page, 0
            elif headers.get("Status") == _NOBODY:
                raise NoRespondersError
            else:
                raise Error(f"the stream refused: {headers.get('Description')}")


def _kept(message: Msg) -> Kept:
    headers = message.headers or {}
    return Kept(
        place=int(headers[_PLACE]),
        subject=headers[_SUBJECT],
        # Nanoseconds, of which we keep microseconds.
        at=datetime.fromisoformat(f"{headers[_AT].rstrip('Z')[:26]}+00:00"),
        headers={name: value for name, value in headers.items() if name not in _OF_SERVER},
        data=message.data,
    )
