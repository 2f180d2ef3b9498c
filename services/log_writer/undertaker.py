"""Takes dead messages off the bus and into the table of dead letters.

Two ways lead here: our middleware publishes what is not a message of ours on `dead.<stream>`, and
JetStream publishes an advisory about a message that it has delivered as often as it may. The first
brings its message along; the second names a message that still lies in its stream, in a work queue
for ever, so it is fetched, kept and then deleted there. In a stream that is kept for its age others
still read the message: there it stays.
"""

from __future__ import annotations

import logging

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.js.api import RawStreamMsg
from nats.js.errors import APIError, NotFoundError
from pydantic import ValidationError

from services.log_writer import dead_letter, metrics
from services.log_writer.dead_letter import Advisory, DeadLetter
from services.log_writer.store.dead_letters import DeadLetterStore
from shared.bus import topology

#: JetStream's number for "there is no message of this sequence".
NO_MESSAGE_FOUND = 10057

WORK_QUEUES = frozenset(stream.name for stream in topology.STREAMS if stream.work_queue)

log = logging.getLogger(__name__)


class Undertaker:
    """Keeps every dead message once and clears it away."""

    def __init__(self, client: Client, store: DeadLetterStore) -> None:
        self._js = client.jetstream(timeout=5)
        self._store = store

    async def receive(self, message: Msg, body: bytes) -> None:
        """Keep what came on the stream DEAD."""
        if message.subject.startswith(dead_letter.ADVISORY_PREFIX):
            await self._receive_advisory(message, body)
            return
        await self._keep(
            dead_letter.buried(
                subject=message.subject,
                payload=body,
                headers=message.headers or {},
                sequence=message.metadata.sequence.stream,
                at=message.metadata.timestamp,
            )
        )

    async def take(self, advisory: Advisory) -> bool:
        """Move the message that *advisory* names; return False if it is not there (any more)."""
        # A dead letter that could not be kept is not tried as a dead letter again, and again.
        if advisory.stream == topology.DEAD.name:
            return False
        try:
            found = await self._js.get_msg(advisory.stream, advisory.stream_seq)
        except NotFoundError:
            return False
        await self._keep(_letter(advisory, found))
        if advisory.stream in WORK_QUEUES:
            await self._delete(advisory)
        return True

    async def _receive_advisory(self, message: Msg, body: bytes) -> None:
        try:
            advisory = Advisory.model_validate_json(body)
            if advisory.reason == dead_letter.REPLACED:
                return
            moved = await self.take(advisory)
        except ValidationError:
            moved = False
        if not moved:
            await self._keep(
                dead_letter.bare_advisory(
                    subject=message.subject,
                    payload=body,
                    sequence=message.metadata.sequence.stream,
                    at=message.metadata.timestamp,
                )
            )

    async def _keep(self, letter: DeadLetter) -> None:
        if await self._store.add(letter):
            metrics.dead_letter(letter.stream)
            log.error(
                "dead letter from %s: %s",
                letter.stream,
                letter.reason,
                extra={"subject": letter.subject, "fingerprint": letter.fingerprint},
            )

    async def _delete(self, advisory: Advisory) -> None:
        try:
            await self._js.delete_msg(advisory.stream, advisory.stream_seq)
        except APIError as error:
            if error.err_code != NO_MESSAGE_FOUND:  # another log writer has deleted it
                raise


def _letter(advisory: Advisory, found: RawStreamMsg) -> DeadLetter:
    assert found.time is not None  # noqa: S101 - every stored message has one
    return dead_letter.given_up(
        advisory=advisory,
        subject=found.subject or "",
        payload=found.data or b"",
        headers=found.headers or {},
        at=found.time,
    )
