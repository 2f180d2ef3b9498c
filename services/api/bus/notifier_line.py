"""What the API asks a notifier over the bus: to send a test message now."""

from __future__ import annotations

from typing import Protocol

import pydantic
from nats.aio.client import Client
from nats.errors import Error

from services.api.wire.problems import Refused
from shared.bus import topology
from shared.contracts.notifications import ChannelTest, ChannelTested

#: A channel may take 15 s to answer; the notifier says so itself if it takes longer.
SECONDS = 20.0


class NotifierLine(Protocol):
    """Reaches a notifier."""

    async def test(self, channel: str) -> ChannelTested:
        """Have a test message sent; return what came of it.

        Raises:
            Refused: 503, no notifier answers.
        """


class NoNotifier:
    """Reaches nobody: for an API without a bus."""

    async def test(self, channel: str) -> ChannelTested:
        """Refuse."""
        del channel
        raise _unavailable()


class BusNotifier:
    """Reaches whichever notifier answers first."""

    def __init__(self, client: Client, *, seconds: float = SECONDS) -> None:
        self._client = client
        self._seconds = seconds

    async def test(self, channel: str) -> ChannelTested:
        """Ask once: a second message would be one too many."""
        question = ChannelTest(channel=channel)
        try:
            reply = await self._client.request(
                topology.RPC_NOTIFIER_TEST, question.encode(), timeout=self._seconds
            )
            return ChannelTested.decode(reply.data)
        except (Error, OSError, pydantic.ValidationError) as error:
            raise _unavailable() from error


def _unavailable() -> Refused:
    return Refused(503, "channel.no_notifier", headers={"Retry-After": "2"})
