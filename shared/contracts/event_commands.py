"""What actions ask about events: has one come since their run began?"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from shared.contracts.message import Message
from shared.contracts.platform import Question


class FoundEvent(Message):
    """What was found, and how far the look went."""

    begun_at: datetime
    """Since when the run was to be run: where its events begin."""
    asked_at: datetime
    event: dict[str, Any] | None = None
    """As CloudEvents spell it; the first that fits."""
    after: int | None = None
    """Up to here it was looked; where the next look begins."""
    is_all: bool = True
    """False: there is more to look at right now."""


class FindEvent(Question[FoundEvent]):
    """Look for the first event that fits, among those since the run began."""

    command: ClassVar[str] = "events.find"
    answered_by: ClassVar[type[Message]] = FoundEvent

    subject: str
    """A pattern, as of triggers."""
    condition: str | None = None
    look_back_seconds: float = Field(default=0, ge=0)
    """Begin so much earlier."""
    after: int | None = None
    """Begin after this message of the stream: an earlier look came so far."""
