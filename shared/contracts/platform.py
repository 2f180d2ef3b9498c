"""What actions ask of the platform, over the bus: request-reply with the owner of the data.

Actions hold no SQL. Accounts, scripts, alerts and backups belong to the API; an action that needs
them, or changes them, asks through its context (`Context.ask`). A question names the run and the
attempt that ask: an attempt that is over, or that another one has replaced, changes nothing any
more. A reply can get lost, and then the same question is asked again, so **every command must do
the same when it is asked twice**: set, compare and set, or insert under a key that the run gives.
"""

from __future__ import annotations

from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID

from shared.contracts.message import Message, Part

A = TypeVar("A", bound=Message)


class Question(Message, Generic[A]):
    """Base of all questions; `A` is the message that answers it."""

    command: ClassVar[str]
    """Its name, `<thing>.<verb>`; the last two tokens of the subject."""
    answered_by: ClassVar[type[Message]]
    """The same as `A`, for whoever has to read the answer."""


class Asked(Message):
    """A question on its way."""

    run_id: UUID
    task_id: UUID
    attempt: int
    question: dict[str, Any]


class Refusal(Part):
    """Why a question was not answered."""

    code: str
    """As in an answer of the HTTP API, such as `account.not_found`."""
    detail: str
    permanent: bool
    """True: asking again cannot help."""


class Answered(Message):
    """What came of a question: exactly one of the two."""

    answer: dict[str, Any] | None = None
    refusal: Refusal | None = None


class Nothing(Message):
    """An answer that says only: it is done."""
