"""What a stream and a consumer are, as this system needs them; `topology.py` has them all."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A JetStream stream as this system needs it to be."""

    name: str
    subjects: tuple[str, ...]
    work_queue: bool = False
    """True: a message is gone once handled. False: it is kept for `max_age`."""
    max_age: timedelta
    max_bytes: int
    """The stream refuses new messages beyond this: the disk must never be the limit (a full disk
    makes JetStream time out instead of answering)."""
    max_msgs_per_subject: int = -1
    duplicate_window: timedelta = timedelta(minutes=10)
    """Longer than any pause between two tries of one publish."""
    discard_old: bool = False
    """True where the newest message matters more than the oldest."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consumer:
    """A durable pull consumer."""

    stream: str
    name: str
    filters: tuple[str, ...]
    ack_wait: timedelta = timedelta(seconds=30)
    max_ack_pending: int = 1000
    max_deliver: int = 20
    """Only a backstop: attempts are counted in PostgreSQL."""
