"""Publish many messages at once and learn which of them JetStream has.

`js.publish` waits a round trip for each message; here a whole batch is written first and then its
acknowledgements are counted, about four times as many messages per second of CPU. A message that
was not acknowledged in time is *unknown*, not lost: send it again under the same id and the stream
drops the double.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import BadSubjectError, Error, MaxPayloadError

from shared.bus.storing import Storing

#: What a message's headers may take of the server's limit: a server disconnects whoever exceeds it.
HEADERS_BYTES = 1024

log = logging.getLogger(__name__)


class Outgoing(NamedTuple):
    """A message to be published."""

    subject: str
    payload: bytes
    message_id: str


class _Batch:
    """Which messages of a batch still lack an acknowledgement."""

    __slots__ = ("done", "missing", "refused")

    def __init__(self, size: int) -> None:
        self.missing = set(range(size))
        self.refused: set[int] = set()
        self.done = asyncio.get_running_loop().create_future()

    def answered(self, index: int, *, accepted: bool) -> None:
        if not accepted:
            self.refused.add(index)
        self.missing.discard(index)
        if not self.missing and not self.done.done():
            self.done.set_result(None)


class Publisher:
    """Publishes batches over one connection."""

    def __init__(self, client: Client) -> None:
        self.storing = Storing(lambda: asyncio.get_running_loop().time())
        self._client = client
        self._inbox = client.new_inbox()
        self._batches: dict[str, _Batch] = {}
        self._number = 0
        self._listening: asyncio.Task[Subscription] | None = None

    async def publish(self, messages: Sequence[Outgoing], *, timeout: float = 3.0) -> list[int]:  # noqa: ASYNC109 - one deadline for the batch
        """Publish *messages* in order; return the indexes of those not known to be stored.

        Waits at most *timeout* seconds in all, and not at all while there is no connection. Never
        raises for a lost connection: then all that is not acknowledged counts as unknown. A message
        that can never be published (too large, a bad subject) is unknown too, and no other is.
        """
        if not messages:
            return []
        if not self._client.is_connected:
            return list(range(len(messages)))
        await self._listen()
        self._number += 1
        key = str(self._number)
        batch = self._batches[key] = _Batch(len(messages))
        hopeless: set[int] = set()
        try:
            async with asyncio.timeout(timeout):
                for index, message in enumerate(messages):
                    try:
                        await self._write(message, reply=f"{self._inbox}.{key}.{index}")
                    except (MaxPayloadError, BadSubjectError):
                        log.error("%s can never be published", message.message_id)  # noqa: TRY400 - the id says it all
                        batch.answered(index, accepted=False)
                        hopeless.add(index)
                await batch.done
        except (TimeoutError, Error):
            pass
        finally:
            del self._batches[key]
        unknown = batch.missing | batch.refused
        self._learn(messages, unknown, unknown - hopeless)
        return sorted(unknown)

    def _learn(self, messages: Sequence[Outgoing], unknown: set[int], refused: set[int]) -> None:
        """Note who takes what; nothing, if the connection was lost meanwhile."""
        if not self._client.is_connected:
            return
        self.storing.note(
            stored=(each.subject for index, each in enumerate(messages) if index not in unknown),
            refused=(messages[index].subject for index in refused),
        )

    async def _listen(self) -> None:
        if self._listening is None:
            subscribe = self._client.subscribe(f"{self._inbox}.*.*", cb=self._acknowledged)
            self._listening = asyncio.create_task(subscribe)
        await asyncio.shield(self._listening)  # shared: one caller's end must not be all callers'

    async def _write(self, message: Outgoing, reply: str) -> None:
        if len(message.payload) + HEADERS_BYTES > self._client.max_payload:
            raise MaxPayloadError
        await self._client.publish(
            message.subject,
            message.payload,
            reply=reply,
            headers={"Nats-Msg-Id": message.message_id},
        )

    async def _acknowledged(self, message: Msg) -> None:
        _, key, index = message.subject.rsplit(".", 2)
        batch = self._batches.get(key)
        if batch is None:  # came after the deadline: whoever waited sends it again
            return
        # An answer is an acknowledgement {"stream": …}, an error {"error": …}, or empty with a
        # 503 header when no stream takes the subject.
        accepted = bool(message.data) and b'"error"' not in message.data
        batch.answered(int(index), accepted=accepted)
