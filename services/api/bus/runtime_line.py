"""What the API asks an account runtime over the bus: what an account's program has said."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID

import pydantic
from nats.aio.client import Client
from nats.errors import Error

from services.api.wire.problems import Refused
from shared.bus import topology
from shared.contracts.accounts import AccountOutputAsked, AccountOutputTold

SECONDS = 3.0


class RuntimeLine(Protocol):
    """Reaches the runtimes of accounts."""

    async def output(self, server_id: str, identity: UUID, lines: int) -> AccountOutputTold:
        """Return the newest lines of an account's program.

        Raises:
            Refused: 503, the runtime of its server does not answer.
        """


class NoRuntimes:
    """Reaches nobody: for an API without a bus."""

    async def output(self, server_id: str, identity: UUID, lines: int) -> AccountOutputTold:
        """Refuse."""
        del server_id, identity, lines
        raise _unavailable()


class BusRuntimes:
    """Reaches the runtime that has a server."""

    def __init__(self, client: Client, *, seconds: float = SECONDS) -> None:
        self._client = client
        self._seconds = seconds

    async def output(self, server_id: str, identity: UUID, lines: int) -> AccountOutputTold:
        """Ask once."""
        question = AccountOutputAsked(id=identity, lines=lines)
        subject = topology.account_output(server_id)
        try:
            reply = await self._client.request(subject, question.encode(), timeout=self._seconds)
            return AccountOutputTold.decode(reply.data)
        except (Error, OSError, pydantic.ValidationError) as error:
            raise _unavailable() from error


def _unavailable() -> Refused:
    return Refused(503, "account.no_runtime_answers", headers={"Retry-After": "2"})
