"""Says what has become of the accounts, until the stream has it; only the last word about each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID

from services.account_runtime.record import Told
from shared.bus import topology
from shared.bus.publisher import Outgoing, Publisher
from shared.contracts.accounts import AccountDesired, AccountState

#: Messages published in one go.
BATCH = 500
LONG = timedelta(hours=1)
AGAIN = timedelta(milliseconds=500)


class Mouth:
    """States that nobody has yet."""

    def __init__(
        self,
        runtime_id: UUID,
        find_publisher: Callable[[], Publisher | None],
        today: Callable[[], datetime],
    ) -> None:
        self._runtime_id = runtime_id
        self._find_publisher = find_publisher
        self._today = today
        self._waiting: dict[UUID, AccountState] = {}
        self.wake: Callable[[], None] = lambda: None

    def say(self, wish: AccountDesired, told: Told) -> None:
        """Say a state soon; one that was to be said of this account before is left out."""
        self._waiting[wish.id] = AccountState(
            id=wish.id,
            account_id=wish.account_id,
            server_id=wish.server_id,
            runtime_id=self._runtime_id,
            at=self._today(),
            **dict(told),
        )
        self.wake()

    async def step(self) -> timedelta:
        """Publish what waits; what the stream has not acknowledged goes on waiting."""
        publisher = self._find_publisher()
        states = list(self._waiting.values())[:BATCH]
        if publisher is None or not states:
            return LONG if not states else AGAIN
        missing = set(await publisher.publish([_message(state) for state in states]))
        for index, state in enumerate(states):
            if index not in missing and self._waiting.get(state.id) is state:
                del self._waiting[state.id]
        if not self._waiting:
            return LONG
        return AGAIN if missing else timedelta(0)


def _message(state: AccountState) -> Outgoing:
    return Outgoing(
        topology.account_state(state.id), state.encode(), f"state:{state.id}:{state.seq}"
    )
