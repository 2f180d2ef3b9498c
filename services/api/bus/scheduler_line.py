"""What the API asks the scheduler over the bus: to stop runs. And its hint to executors.

Core request-reply: an answer tells what is committed. No answer is an outage of ours, said as 503;
asking once more is harmless.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Protocol
from uuid import UUID

import pydantic
from nats.aio.client import Client
from nats.errors import Error

from services.api.wire.problems import Refused
from shared.bus import topology
from shared.bus.due import Dispatcher
from shared.contracts.cancel import CancelAnswer, CancelItem, CancelRequest

#: One question asks for so many runs: 40 KB.
RUNS_PER_QUESTION = 1_000
SECONDS = 5.0


class SchedulerLine(Protocol):
    """Reaches a scheduler."""

    async def cancel(
        self, run_ids: Sequence[UUID], *, reason: str, waiting_only: bool = False
    ) -> list[CancelItem]:
        """Have runs stopped; return what came of each, in the order asked.

        Raises:
            Refused: 503, no scheduler answers.
        """

    async def let_go(self, queues: Iterable[str]) -> None:
        """Publish that runs were let go, one in each of *queues*; never raises for a lost bus."""


class NoLine:
    """Reaches nobody: for an API without a bus."""

    async def cancel(
        self, run_ids: Sequence[UUID], *, reason: str, waiting_only: bool = False
    ) -> list[CancelItem]:
        """Refuse."""
        del run_ids, reason, waiting_only
        raise _unavailable()

    async def let_go(self, queues: Iterable[str]) -> None:
        """Leave it: executors look by themselves."""


class BusLine:
    """Reaches whichever scheduler answers first."""

    def __init__(self, client: Client, *, seconds: float = SECONDS) -> None:
        self._client = client
        self._seconds = seconds
        self.let_go = Dispatcher(client).announce

    async def cancel(
        self, run_ids: Sequence[UUID], *, reason: str, waiting_only: bool = False
    ) -> list[CancelItem]:
        """Ask page by page."""
        found: list[CancelItem] = []
        for start in range(0, len(run_ids), RUNS_PER_QUESTION):
            page = tuple(run_ids[start : start + RUNS_PER_QUESTION])
            question = CancelRequest(run_ids=page, reason=reason, waiting_only=waiting_only)
            found += (await self._ask(question)).items
        return found

    async def _ask(self, question: CancelRequest) -> CancelAnswer:
        try:
            reply = await self._client.request(
                topology.RPC_RUNS_CANCEL, question.encode(), timeout=self._seconds
            )
            return CancelAnswer.decode(reply.data)
        except (Error, OSError, pydantic.ValidationError) as error:
            raise _unavailable() from error


def _unavailable() -> Refused:
    return Refused(503, "scheduler.unavailable", headers={"Retry-After": "2"})
