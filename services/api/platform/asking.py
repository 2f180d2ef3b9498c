"""Who asks, and what a command is. `commands.py` lists them, `answering.py` carries them out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from shared.contracts.message import Message
from shared.contracts.platform import Question
from shared.db.pool import Connection

Q = TypeVar("Q", bound=Question[Any])
R = TypeVar("R", bound=Message)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """The run in whose name something is asked; its attempt was live when the transaction began."""

    run_id: UUID
    task_id: UUID
    attempt: int
    task_name: str
    """Also the actor of what is written to the audit list."""


@dataclass(frozen=True, slots=True)
class Command:
    """One kind of question, and who answers it."""

    question: type[Question[Any]]
    answer: Callable[[Connection, Any, Asker], Awaitable[Message]]
    afterwards: Callable[[Any, Any], Awaitable[Message]] | None = None
    """Takes the question and its answer once the transaction is over, and makes the answer of them
    that is given: for what is not in the database, and may take its time."""


def command(question: type[Q], answer: Callable[[Connection, Q, Asker], Awaitable[R]]) -> Command:
    """Return a command: *answer* runs in a transaction, which it may read and write in.

    It raises what the routes raise (NotFound, Conflict, InvalidDefinition, Refused): the action
    hears of it as a permanent failure.
    """
    return Command(question, answer)
