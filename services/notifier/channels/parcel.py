"""What a channel is given to send, and how it says that it could not."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from services.notifier.alert_letter import AlertLetter
from services.notifier.letter import Letter, Words
from shared.contracts.notifications import ChannelConfig, ChannelPart


class NotDelivered(Exception):
    """The other side did not take it; the text is for people and holds no secret."""

    def __init__(self, detail: str, *, permanent: bool = False) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent
        """True: trying again is no use."""


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


class Sender(Protocol):
    """One kind of channel."""

    async def send(self, parcel: Parcel) -> str:
        """Send it; return what the other side said.

        Raises:
            NotDelivered: it did not take it.
        """
