"""What a channel is given to send, and how it says that it could not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.notifier.alert_letter import AlertLetter
from services.notifier.letter import Letter, Words
from shared.contracts.notifications import (
    ChannelConfig,
    ChannelPart,
    GivenAnswer,
    SentRequest,
)

#: Characters of a request's body that a witness keeps.
SHOWN_MAX = 8_000


class NotDelivered(Exception):
    """The other side did not take it; the text is for people and holds no secret."""

    def __init__(self, detail: str, *, permanent: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent
        """True: trying again is no use."""


@dataclass(slots=True)
class Witness:
    """Sees what goes out and what comes back, so that whoever tests a channel can be shown it."""

    request: SentRequest | None = None
    answer: GivenAnswer | None = None

    def sees_request(
        self, method: str, url: str, headers: dict[str, str], body: str | bytes
    ) -> None:
        """Note what is about to be sent."""
        text = body if isinstance(body, str) else body.decode()
        self.request = SentRequest(method=method, url=url, headers=headers, body=text[:SHOWN_MAX])

    def sees_answer(self, status: int | None, headers: dict[str, str], body: str) -> None:
        """Note what came back."""
        self.answer = GivenAnswer(status=status, headers=headers, body=body)

    def blot(self, blotted: Callable[[str], str]) -> None:
        """Take what is secret out of all that was seen."""
        if self.request is not None:
            self.request = self.request.model_copy(
                update={
                    "url": blotted(self.request.url),
                    "headers": _values(self.request.headers, blotted),
                    "body": blotted(self.request.body),
                }
            )
        if self.answer is not None:
            self.answer = self.answer.model_copy(
                update={
                    "headers": _values(self.answer.headers, blotted),
                    "body": blotted(self.answer.body),
                }
            )


def _values(headers: dict[str, str], blotted: Callable[[str], str]) -> dict[str, str]:
    return {name: blotted(value) for name, value in headers.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parcel:
    """A letter in the words of its channel."""

    id: UUID
    """The same for each try: by it a receiver knows a double."""
    letter: Letter | AlertLetter
    words: Words
    url: str | None
    """Where the run, or the alerts, can be read."""
    config: ChannelConfig
    secret: ChannelPart
    witness: Witness | None = None
    """Of a test."""


class Sender(Protocol):
    """One kind of channel."""

    async def send(self, parcel: Parcel) -> str:
        """Send it; return what the other side said.

        Raises:
            NotDelivered: it did not take it.
        """
