"""Publish for an action, and know that the server has it."""

from __future__ import annotations

from collections.abc import Mapping

from nats.aio.client import Client
from nats.errors import Error, NoRespondersError
from nats.js.errors import NotFoundError

from services.executor.heedful import heedful
from shared.contracts.action import ActionFailed

SECONDS = 5
#: A server closes the connection of whoever sends more than 1 MiB, headers included.
MOST_BYTES = 900_000


class Speaker:
    """The voice of actions on the bus."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._js = client.jetstream(timeout=SECONDS)

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None
    ) -> None:
        """Publish to the stream that takes *subject*, or to whoever listens if none does.

        Raises:
            ActionFailed: the server refused or did not answer.
        """
        if len(payload) > MOST_BYTES:
            raise ActionFailed(f"not published: larger than {MOST_BYTES} bytes", permanent=True)
        try:
            # A listener would take a message for a stream, and never acknowledge it.
            if await self._is_stored(subject):
                await heedful(self._js.publish(subject, payload, headers=dict(headers or {})))
            else:
                await self._client.publish(subject, payload, headers=dict(headers or {}))
                await self._client.flush(SECONDS)
        except (Error, TimeoutError) as error:
            raise ActionFailed(f"not published: {type(error).__name__}") from error

    async def request(self, subject: str, payload: bytes, *, seconds: float) -> bytes:
        """Ask whoever listens on *subject*; return what the first one answers.

        Raises:
            ActionFailed: nobody listens, or nobody answers in time.
        """
        if len(payload) > MOST_BYTES:
            raise ActionFailed(f"not asked: larger than {MOST_BYTES} bytes", permanent=True)
        try:
            return (await heedful(self._client.request(subject, payload, timeout=seconds))).data
        except NoRespondersError as error:
            raise ActionFailed(f"nobody listens on {subject}") from error
        except (Error, TimeoutError) as error:
            raise ActionFailed(f"no answer on {subject} within {seconds:g} s") from error

    async def _is_stored(self, subject: str) -> bool:
        try:
            await self._js.find_stream_name_by_subject(subject)
        except NotFoundError:
            return False
        return True
