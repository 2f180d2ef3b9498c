"""All accounts of one runtime: who is wanted, who runs, who leaves."""

from __future__ import annotations

import asyncio
import fcntl
import logging
import os
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from uuid import UUID, uuid4

from services.account_runtime import metrics
from services.account_runtime.account import Account
from services.account_runtime.record import Record, Told, write_durably
from services.account_runtime.room import Room
from shared.contracts.accounts import AccountDesired

#: After their time an account's processes are killed; that takes a moment.
KILLED_SECONDS = 5.0
POLL_SECONDS = 0.02
#: Full passes over all that is wanted without an account, before it counts as unwanted.
PASSES = 2

log = logging.getLogger(__name__)


class HomeTaken(Exception):
    """Another runtime works in this home."""


def take(folder: Path) -> int:
    """Lock *folder* for as long as this process lives.

    Raises:
        HomeTaken: somebody else has it.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    lock = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
        raise HomeTaken(f"another account runtime uses {folder}") from None
    return lock


def identity(folder: Path) -> UUID:
    """Return who the runtime of this folder is, whatever process it is."""
    file = folder / "runtime-id"
    if not file.exists():
        write_durably(file, f"{uuid4()}\n".encode())
    return UUID(file.read_text(encoding="ascii").strip())


class Runtime:
    """The accounts of one server."""

    def __init__(self, server: str, room: Room) -> None:
        self._server, self._room = server, room
        self._accounts: dict[UUID, Account] = {}
        self._tasks: dict[UUID, asyncio.Task[None]] = {}
        self._missed: dict[UUID, int] = {}
        self._hearing = asyncio.Lock()  # the same wish may come over the stream and as an answer
        self.is_open = False
        self.is_stopping = False
        metrics.RUNNING.set_function(lambda: self.running)

    @property
    def running(self) -> int:
        """How many programs live."""
        return sum(account.is_running for account in self._accounts.values())

    def recover(self) -> int:
        """Go on with every account that an earlier runtime had; return how many."""
        for record in self._room.records.all():
            self._take(record)
        if self._accounts:
            self.open()
        return len(self._accounts)

    def open(self) -> None:
        """Begin to work: nothing speaks against it."""
        if not self.is_open:
            self.is_open = True
            for key, account in self._accounts.items():
                self._work(key, account)

    async def hear(self, wish: AccountDesired) -> None:
        """Take a wish; when this returns, it cannot be forgotten any more."""
        async with self._hearing:
            await self._hear(wish)

    async def _hear(self, wish: AccountDesired) -> None:
        account = self._accounts.get(wish.id)
        self._missed.pop(wish.id, None)
        if wish.server_id != self._server:
            if account and wish.generation > account.record.wanted.generation:
                await account.leave()
            return
        if account:
            await account.hear(wish)
        elif wish.desired == "absent":
            self._room.say(wish, nothing_of(wish, self._room.today()))
        else:
            record = Record(wanted=wish, boot=self._room.boot)
            await asyncio.to_thread(self._room.records.write, record)
            self._take(record)

    async def hear_all(self, wishes: Sequence[AccountDesired]) -> None:
        """Take all that is wanted. Who is not in it time after time is not wanted here."""
        known = set(self._accounts)
        for wish in wishes:
            await self.hear(wish)
        for key in known - {wish.id for wish in wishes}:
            self._missed[key] = self._missed.get(key, 0) + 1
            account = self._accounts.get(key)
            if account and self._missed[key] >= PASSES:
                log.warning("nobody wants %s any more", account.record.wanted.account_id)
                await account.leave()

    def repeat(self) -> None:
        """Say again how everybody is."""
        for account in self._accounts.values():
            account.repeat()

    async def stop_all(self, within: float) -> None:
        """End every program, in order while there is time."""
        self.is_stopping = True
        moment = self._room.now() + within
        for account in self._accounts.values():
            account.end_by(moment)
        last = moment + KILLED_SECONDS
        while self._busy() and self._room.now() < last:  # noqa: ASYNC110 - each end wakes its account
            await asyncio.sleep(POLL_SECONDS)
        if self._busy():
            log.error("not every program could be ended")

    def _busy(self) -> bool:
        return any(account.record.run for account in self._accounts.values())

    async def leave(self) -> None:
        """Work no more; what runs goes on."""
        self.is_stopping = True
        for account in self._accounts.values():
            account.loop.stop()
        await asyncio.gather(*self._tasks.values())
        for account in self._accounts.values():
            account.let_go()

    def _forget(self, wish: AccountDesired) -> None:
        """Drop an account that is gone."""
        self._accounts.pop(wish.id, None)
        self._tasks.pop(wish.id, None)
        self._missed.pop(wish.id, None)

    def _take(self, record: Record) -> None:
        account = self._accounts[record.wanted.id] = Account(
            record, self._room, on_forgotten=self._forget
        )
        if self.is_open and not self.is_stopping:
            self._work(record.wanted.id, account)

    def _work(self, key: UUID, account: Account) -> None:
        self._tasks[key] = asyncio.create_task(account.loop.run(), name=account.loop.name)


def nothing_of(wish: AccountDesired, at: datetime) -> Told:
    """Return what is said of an account that is not here."""
    return Told(
        seq=int(at.timestamp() * 1000), generation=wish.generation, state="stopped", since=at
    )
