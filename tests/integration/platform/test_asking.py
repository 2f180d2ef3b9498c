"""Who may ask the platform, and what is heard of an answer that cannot be given."""

from __future__ import annotations

import asyncio
from typing import ClassVar
from uuid import uuid4

import pytest
from nats.aio.client import Client
from nats.aio.msg import Msg

from services.api.platform.asking import Asker, command
from services.executor.platform_line import PlatformLine
from shared.bus.topology import platform_command
from shared.contracts.action import ActionFailed
from shared.contracts.message import Message
from shared.contracts.platform import Answered, Nothing, Question
from shared.db.pool import Connection
from shared.domain.errors import NotFound
from tests.integration.platform.floor import Platform


class Echo(Question[Nothing]):
    """Does nothing, or fails."""

    command: ClassVar[str] = "test.echo"
    answered_by: ClassVar[type[Message]] = Nothing
    how: str = "well"


async def echo(connection: Connection, question: Echo, asker: Asker) -> Nothing:
    assert await connection.fetchval("SELECT true")
    assert asker.task_name == "a task"
    if question.how == "not there":
        raise NotFound("task", "x")
    if question.how == "badly":
        raise RuntimeError
    return Nothing()


@pytest.fixture
def asked(platform: Platform) -> Platform:
    platform.desk._commands = {"test.echo": command(Echo, echo)}  # noqa: SLF001 - one of our own
    return platform


async def test_a_run_that_is_live_is_answered(asked: Platform) -> None:
    context = await asked.context()

    assert await context.ask(Echo()) == Nothing()


async def test_an_attempt_that_was_replaced_is_refused_for_good(asked: Platform) -> None:
    old = await asked.context()
    new = await asked.next_attempt(old)

    with pytest.raises(ActionFailed, match="over or was replaced") as refused:
        await old.ask(Echo())
    assert refused.value.permanent
    assert await new.ask(Echo()) == Nothing()


async def test_a_run_that_is_over_is_refused(asked: Platform) -> None:
    context = await asked.context()
    await asked.end(context)

    with pytest.raises(ActionFailed, match="over or was replaced"):
        await context.ask(Echo())


async def test_what_is_not_there_is_a_permanent_failure(asked: Platform) -> None:
    context = await asked.context()

    with pytest.raises(ActionFailed, match="no such task") as refused:
        await context.ask(Echo(how="not there"))
    assert refused.value.permanent
    assert refused.value.data == {"code": "task.not_found"}


async def test_a_command_that_nobody_knows_is_refused(platform: Platform) -> None:
    context = await platform.context()

    with pytest.raises(ActionFailed, match="no such platform command"):
        await context.ask(Echo())


async def test_an_api_that_is_away_for_many_tries_is_waited_for(bus: Client) -> None:
    tries: list[Msg] = []

    async def answer(message: Msg) -> None:
        tries.append(message)
        await message.respond(Answered(answer={}).encode())

    asking = asyncio.create_task(
        PlatformLine(bus, rest=0.01).ask(Echo(), run_id=uuid4(), task_id=uuid4(), attempt=1)
    )
    await asyncio.sleep(0.5)
    assert not asking.done()
    await bus.subscribe(platform_command(Echo.command), cb=answer)

    assert await asking == Nothing()
    assert len(tries) == 1


async def test_an_api_that_does_not_come_back_is_a_failure_and_no_hang(bus: Client) -> None:
    line = PlatformLine(bus, rest=0.01, patience=0.1)

    with pytest.raises(ActionFailed, match="does not answer: NoRespondersError") as failed:
        await line.ask(Echo(), run_id=uuid4(), task_id=uuid4(), attempt=1)
    assert not failed.value.permanent
