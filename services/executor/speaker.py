"""Publish for an action, and know that the server has it."""

from __future__ import annotations

from collections.abc import Mapping

from nats.aio.client import Client
from nats.errors import Error
from nats.js.errors import APIError, NoStreamResponseError

from shared.contracts.action import ActionFailed

SECONDS = 5.0


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
        try:
            await self._js.publish(subject, payload, headers=dict(headers or {}))
        except NoStreamResponseError:
            # No stream takes it; the plain publish has been delivered to listeners already.
            return
        except (Error, APIError, TimeoutError) as error:
            raise ActionFailed(f"not published: {type(error).__name__}") from error
