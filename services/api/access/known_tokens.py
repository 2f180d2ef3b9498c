"""Tokens and sessions found good a moment ago: a busy client costs one look-up in two seconds.

A run started by hand takes three round trips to the database with a look-up and its connection, one
without. A revoked token lives on for at most `REMEMBERED` in replicas other than the one that
revoked it; the promise is five seconds. Only good tokens are remembered, by a hash.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

REMEMBERED = 2.0  # seconds
#: More tokens than any installation uses at once.
MOST = 1_000


@dataclass(frozen=True, slots=True)
class KnownUser:
    """The person behind a session, or behind a token of theirs."""

    id: UUID
    name: str
    display_name: str
    role: str
    language: str | None


@dataclass(frozen=True, slots=True)
class Principal:
    """Who asks."""

    token_id: str | None
    """None: a session."""
    name: str
    scopes: frozenset[str]
    seconds_left: float
    """Until the token or the session expires, when it was looked up."""
    user: KnownUser | None = None
    """None: a token that belongs to nobody."""
    session_id: UUID | None = None
    token_name: str | None = None
    via: str | None = None
    """How somebody who is logged in has got in: `password` or `oidc`; None: no session."""
    ip: str | None = None
    request_id: str | None = None

    @property
    def holder(self) -> str:
        """What their idempotency keys are filed under: tokens by their id, sessions by user."""
        return self.token_id or f"user {self.user.id if self.user else ''}"


class KnownTokens:
    """A small memory of good tokens."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._found: dict[bytes, tuple[float, Principal]] = {}

    def get(self, text: str) -> Principal | None:
        """Return whose token *text* is, if that was found out a moment ago."""
        found = self._found.get(_mark(text))
        return found[1] if found and self._clock() < found[0] else None

    def remember(self, text: str, principal: Principal) -> None:
        """Remember a token that was just found good."""
        if len(self._found) >= MOST:
            self._found.clear()
        until = self._clock() + min(REMEMBERED, principal.seconds_left)
        self._found[_mark(text)] = (until, principal)

    def forget_all(self) -> None:
        """Forget everything, because a token was revoked or a user changed here."""
        self._found.clear()


def _mark(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()
