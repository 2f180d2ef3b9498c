"""The API asks the scheduler, over the bus, to stop runs; the answer tells what came of it.

Core request-reply: what the answer says is committed. `cancelling` is the truth, too: a live run is
told to stop, and whether it ended before it heard of it is what its log row says a moment later.
"""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from shared.contracts.message import Message, Part


class CancelState(StrEnum):
    """What became of the wish to stop a run."""

    CANCELLED = "cancelled"
    """It had not begun, and never will."""
    CANCELLING = "cancelling"
    """An executor has it, and is told to stop it."""
    ENDED = "ended"
    """It was over already."""
    RUNNING = "running"
    """It has begun and was left alone, as asked."""
    UNKNOWN = "unknown"
    """There is no such run in the ledger."""


class CancelRequest(Message):
    """Stop these runs."""

    run_ids: tuple[UUID, ...]
    reason: str
    """Shown with the run; says who asked."""
    waiting_only: bool = False
    """Leave alone what has begun."""


class CancelItem(Part):
    """What came of one of them."""

    run_id: UUID
    state: CancelState
    status: str | None = None
    """How it ended, if it was over already."""


class CancelAnswer(Message):
    """What came of each, in the order asked."""

    items: tuple[CancelItem, ...]


class CancelOrder(Message):
    """To all executors, so that they look at once instead of at their next heartbeat."""

    run_ids: tuple[UUID, ...]
