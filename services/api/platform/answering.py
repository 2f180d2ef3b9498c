"""Answers what actions ask: one question, one transaction, any replica."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

import pydantic
from faststream import AckPolicy
from faststream.nats import NatsBroker, NatsMessage

from services.api.platform.asking import Asker, Command
from services.api.store import asking as store
from services.api.store.database import Database, Unavailable
from services.api.wire.problems import Refused
from services.api.wire.texts import say
from shared.bus import topology
from shared.contracts.message import Message
from shared.contracts.platform import Answered, Asked, Question, Refusal
from shared.db.pool import Connection
from shared.domain.errors import AutomationError, Conflict, InvalidDefinition, NotFound

#: Nothing larger goes over the bus in one message (`max_payload` is 1 MiB).
MOST_BYTES = 900_000

log = logging.getLogger(__name__)


class ActionDesk:
    """Where the questions of actions come in."""

    def __init__(self, database: Database, commands: Mapping[str, Command]) -> None:
        self._database = database
        self._commands = commands
        self.on_written: Callable[[], None] = lambda: None
        """Called after each commit: something may lie in the outbox."""

    def register(self, broker: NatsBroker) -> None:
        """Listen; call before the broker is started."""

        @broker.subscriber(
            topology.RPC_PLATFORM_ALL, queue=topology.RPC_QUEUE_GROUP, ack_policy=AckPolicy.MANUAL
        )
        async def platform(asked: Asked, message: NatsMessage) -> bytes:
            name = message.raw_message.subject.removeprefix(f"{topology.RPC_PLATFORM}.")
            answered = await self.answer(name, asked)
            self.on_written()
            return answered.encode()

    async def answer(self, name: str, asked: Asked) -> Answered:
        """Carry out one command; whatever goes wrong is told, never raised."""
        command = self._commands.get(name)
        if command is None:
            return _refused("platform.unknown")
        try:
            question = command.question.model_validate(asked.question)
        except pydantic.ValidationError as error:
            return _refused("platform.malformed", detail=f"{name}: {_first(error)}")
        try:
            return await self._carried_out(command, question, asked)
        except Unavailable:
            return _refused("server.unavailable", permanent=False)
        except AutomationError as error:
            return _told(error)
        except Exception:
            log.exception("command %s failed", name)
            return _refused("server.error", permanent=False)

    async def _carried_out(
        self, command: Command, question: Question[Any], asked: Asked
    ) -> Answered:
        async with self._database.transaction() as connection:
            reply = await command.answer(connection, question, await _asker(connection, asked))
            answered = _answered(reply)
        if command.afterwards is not None:
            answered = _answered(await command.afterwards(question, reply))
        return answered


def _answered(reply: Message) -> Answered:
    answered = Answered(answer=reply.model_dump(mode="json"))
    if len(answered.encode()) > MOST_BYTES:
        raise Refused(413, "platform.too_large")
    return answered


async def _asker(connection: Connection, asked: Asked) -> Asker:
    if not await store.is_live(connection, asked.run_id, asked.attempt):
        raise Conflict("platform.stale", run=str(asked.run_id))
    name = await store.name_of_task(connection, asked.task_id)
    return Asker(
        run_id=asked.run_id,
        task_id=asked.task_id,
        attempt=asked.attempt,
        task_name=name or str(asked.task_id),
    )


def _told(error: AutomationError) -> Answered:
    match error:
        case InvalidDefinition():
            wrong = (
                f"{each.pointer}: {say(each.code, 'en', each.params)}" for each in error.problems
            )
            return _refused("request.invalid", detail="; ".join(wrong))
        case NotFound():
            code = f"{error.kind}.not_found"
            return _refused(code, detail=f"{say(code, 'en')} ({error.identity})")
        case Conflict():
            return _refused(error.code, detail=say(error.code, "en", error.params))
        case Refused():
            return _refused(
                error.code,
                detail=say(error.code, "en", error.params),
                permanent=error.status < 500,  # noqa: PLR2004 - HTTP
            )
    return _refused("server.error", detail=str(error))


def _refused(code: str, *, detail: str = "", permanent: bool = True) -> Answered:
    refusal = Refusal(code=code, detail=detail or say(code, "en"), permanent=permanent)
    return Answered(refusal=refusal)


def _first(error: pydantic.ValidationError) -> str:
    found: Any = error.errors(include_input=False, include_url=False)[0]
    return f"{'/'.join(map(str, found['loc']))}: {found['msg']}"
