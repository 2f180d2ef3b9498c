"""Asks the platform in the name of an attempt (`contracts/platform.py`).

An answer that does not come is asked for again: every command does the same when it is asked twice.
"""

from __future__ import annotations

import asyncio
from typing import TypeVar
from uuid import UUID

import pydantic
from nats.aio.client import Client
from nats.errors import Error

from services.executor.heedful import heedful
from shared.bus import topology
from shared.contracts.action import ActionFailed
from shared.contracts.message import Message
from shared.contracts.platform import Answered, Asked, Question

A = TypeVar("A", bound=Message)

SECONDS = 5.0
REST = 1.0
#: An API that was killed is back within this, on a busy machine too.
PATIENCE = 30.0

#: A reader has to keep its answer below what the server takes in one message.
MOST_BYTES = 900_000


class PlatformLine:
    """Reaches whichever API replica answers first."""

    def __init__(self, client: Client, *, rest: float = REST, patience: float = PATIENCE) -> None:
        self._client = client
        self._rest = rest
        self._patience = patience

    async def ask(self, question: Question[A], *, run_id: UUID, task_id: UUID, attempt: int) -> A:
        """Return the answer.

        Raises:
            ActionFailed: it was refused, or nobody answers.
        """
        asked = Asked(
            run_id=run_id,
            task_id=task_id,
            attempt=attempt,
            question=question.model_dump(mode="json"),
        ).encode()
        if len(asked) > MOST_BYTES:
            raise ActionFailed(
                f"{question.command}: larger than {MOST_BYTES} bytes", permanent=True
            )
        # By time, not by tries: where no API listens, the bus says so at once.
        clock = asyncio.get_running_loop().time
        end = clock() + self._patience
        while True:
            try:
                return await self._ask_once(question, asked)
            except ActionFailed as error:
                if error.permanent or clock() >= end:
                    raise
            await asyncio.sleep(self._rest)

    async def _ask_once(self, question: Question[A], asked: bytes) -> A:
        subject = topology.platform_command(question.command)
        try:
            reply = await heedful(self._client.request(subject, asked, timeout=SECONDS))
            answered = Answered.decode(reply.data)
        except (Error, OSError, TimeoutError, pydantic.ValidationError) as error:
            raise ActionFailed(f"the platform does not answer: {type(error).__name__}") from error
        if (refusal := answered.refusal) is not None:
            raise ActionFailed(
                refusal.detail, permanent=refusal.permanent, data={"code": refusal.code}
            )
        answer: A = question.answered_by.model_validate(answered.answer)  # type: ignore[assignment]  # `answered_by` is A
        return answer
