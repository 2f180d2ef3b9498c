"""What the API hears from account runtimes, and what it answers them.

States come from the stream, in order of account; signs of life are core messages, one every two
seconds from each runtime, of which not every one is written down.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from uuid import UUID

from faststream import AckPolicy
from faststream.nats import NatsBroker

from services.api.accounts.hearing import hear
from services.api.store import account_desires, account_runtimes
from services.api.store.database import Database, Unavailable
from shared.bus import topology
from shared.bus.subscriber import contract, pull
from shared.contracts.accounts import (
    AccountDesired,
    AccountState,
    DesiredPage,
    DesiredPageRequest,
    RuntimeSeen,
)
from shared.runtime.clock import stopwatch

#: A runtime is written down at most so often, unless there is something new about it.
NOTE_SECONDS = 3.0
#: Half of what the server takes in one message; an account's config has at most 16 KiB.
PAGE_BYTES = 512 * 1024


class Attendance:
    """Which signs of life are worth a row."""

    def __init__(self) -> None:
        self._noted: dict[UUID, tuple[float, tuple[object, ...]]] = {}

    def is_due(self, seen: RuntimeSeen, now: float) -> bool:
        """Return whether *seen* is to be written down; *now* is in seconds of any clock."""
        word = (seen.server_id, seen.started_at, seen.stopping)
        at, last = self._noted.get(seen.runtime_id, (0.0, ()))
        if last == word and now - at < NOTE_SECONDS:
            return False
        self._noted[seen.runtime_id] = (now, word)
        return True


class RuntimeDesk:
    """Where account runtimes come in."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._attendance = Attendance()
        self.on_written: Callable[[], None] = lambda: None
        """Called after each commit that left something in the outbox."""

    def register(self, broker: NatsBroker) -> None:
        """Listen; call before the broker is started."""

        @pull(broker, topology.API_ACCOUNT_STATES, contract(AccountState))
        async def account_state(message: AccountState) -> None:
            """A runtime says how an account is: its last word counts, a change is an event."""
            await self.hear(message)

        @broker.subscriber(
            topology.ACCOUNT_RUNTIMES_ALL,
            queue=topology.RPC_QUEUE_GROUP,
            ack_policy=AckPolicy.MANUAL,
            decoder=contract(RuntimeSeen),
        )
        async def runtime_seen(message: RuntimeSeen) -> None:
            """A runtime says that it lives."""
            await self.attend(message)

        @broker.subscriber(
            topology.RPC_ACCOUNTS_DESIRED,
            queue=topology.RPC_QUEUE_GROUP,
            ack_policy=AckPolicy.MANUAL,
        )
        async def accounts_desired(request: DesiredPageRequest) -> bytes:
            """A runtime asks what is wanted of the accounts of its server."""
            return (await self.page(request)).encode()

    async def hear(self, message: AccountState) -> None:
        """Write down what is said of an account.

        Raises:
            TimeoutError: the database is away; the message is held until it is back.
        """
        try:
            async with self._database.transaction() as connection:
                changed = await hear(connection, message)
        except Unavailable as error:
            raise TimeoutError from error
        if changed:
            self.on_written()

    async def attend(self, message: RuntimeSeen) -> None:
        """Write down that a runtime lives, now and then; one that gets lost is not missed."""
        if not self._attendance.is_due(message, stopwatch()):
            return
        with contextlib.suppress(Unavailable):
            async with self._database.connection() as connection:
                await account_runtimes.note(connection, message)

    async def page(self, request: DesiredPageRequest) -> DesiredPage:
        """Return what is wanted on a server."""
        async with self._database.connection() as connection:
            rows = await account_desires.page(
                connection, request.server_id, request.after, request.limit + 1
            )
        return page_of(rows, request.limit)


def page_of(rows: list[AccountDesired], limit: int) -> DesiredPage:
    """Return the first of *rows* as a page: at most *limit*, and no more than the bus takes."""
    shown: list[AccountDesired] = []
    size = 0
    for row in rows[:limit]:
        size += len(row.encode())
        if shown and size > PAGE_BYTES:
            break
        shown.append(row)
    more = len(shown) < len(rows)
    return DesiredPage(accounts=tuple(shown), next=shown[-1].id if more else None)
