"""Passwords: which are taken, and how they are kept.

Kept as argon2id with 64 MiB, which takes about a tenth of a second and is meant to. So it is done
in threads, two at a time, and whoever finds a long line is told to come back: otherwise a flood of
log-ins would take all memory.

Judged by length and by a list of the worst ones; rules about digits and signs make passwords worse.
"""

from __future__ import annotations

import asyncio
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import ParamSpec, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from services.api.access.worst_passwords import WORST
from services.api.wire.problems import Refused
from shared.domain.errors import Problem

P = ParamSpec("P")
Result = TypeVar("Result")

LEAST = 10
MOST = 1024
#: At work at the same time; each takes `memory_kib`.
AT_ONCE = 2
#: Waiting for their turn, about three seconds of work.
MOST_WAITING = 24


def problems_of_password(password: str, *, name: str) -> list[Problem]:
    """Return what is wrong with *password* as the one of the user *name*."""
    text = normal(password)
    if len(text) < LEAST:
        return [Problem("/password", "password.short", {"limit": LEAST})]
    if len(text) > MOST:
        return [Problem("/password", "password.long", {"limit": MOST})]
    if "\x00" in text or not text.strip():
        return [Problem("/password", "password.odd")]
    folded = text.casefold()
    plain = folded.strip("0123456789!.-_ ")
    if name and name.casefold() in (folded, folded[::-1], plain):
        return [Problem("/password", "password.is_name")]
    if folded in WORST or plain in WORST or len(set(folded)) < 4:  # noqa: PLR2004 - aaaaaaaaab
        return [Problem("/password", "password.known")]
    return []


def normal(password: str) -> str:
    """Return *password* as it is hashed: typed on another keyboard it is still the same."""
    return unicodedata.normalize("NFKC", password)


@dataclass(frozen=True)
class Passwords:
    """Hashes and compares."""

    memory_kib: int = 64 * 1024
    rounds: int = 3
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    _in_line: list[None] = field(default_factory=list)

    async def hash(self, password: str) -> str:
        """Return what is stored in place of *password*."""
        return await self._in_turn(self._hash, password)

    async def fits(self, password: str, stored: str | None) -> bool:
        """Return whether *password* is the one; without any stored one it takes as long to say no.

        Raises:
            Refused: 503, too many wait.
        """
        return await self._in_turn(self._fits, password, stored)

    def hash_now(self, password: str) -> str:
        """Return what is stored in place of *password*; for a process that does nothing else."""
        return self._hash(password)

    async def _in_turn(
        self, work: Callable[P, Result], *given: P.args, **named: P.kwargs
    ) -> Result:
        if len(self._in_line) >= MOST_WAITING:
            raise Refused(503, "server.busy", headers={"Retry-After": "2"})
        self._in_line.append(None)
        try:
            async with self._turns:
                return await asyncio.to_thread(work, *given, **named)
        finally:
            self._in_line.pop()

    def _hasher(self) -> PasswordHasher:
        return PasswordHasher(time_cost=self.rounds, memory_cost=self.memory_kib, parallelism=1)

    def _hash(self, password: str) -> str:
        return self._hasher().hash(normal(password))

    def _fits(self, password: str, stored: str | None) -> bool:
        if stored is None:
            self._hash(password)
            return False
        try:
            return self._hasher().verify(stored, normal(password))
        except (VerificationError, InvalidHashError):
            return False
