"""The doors through which orders come: one for each queue and priority that an executor takes.

While nothing waits anywhere, each door has credit for all free slots, as if there were no other: an
order of any priority comes the moment it is there. If there is a backlog, the best door is asked
first. With each order the stream tells how many are left; as many are on their way as were asked
for and are there, and worse ones are neither asked for in their place nor started past them. A door
that was asked and has not answered yet may have as many as it was asked for, for a moment.

More can come than there are slots; then the best are started, and the others wait a moment or go
back (`waiting_room.py`). While worse orders wait for a slot, better doors stay a little open, so
that what comes through them overtakes.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.executor.waiting_room import PRIORITIES, WaitingRoom, deliveries, left
from shared.bus.pull import CreditPull
from shared.bus.shapes import Consumer
from shared.bus.topology import due_consumer

#: Share of the slots that may wait for one, if they are better than what waits already.
RESERVE = 1 / 20
#: Share of the slots that is asked for at once; less only when otherwise nothing would come.
CHANGE = 1 / 4
#: Seconds until what a door was asked for is here, if there is any.
ANSWERED = 0.005


class Door:
    """One queue and priority."""

    def __init__(
        self, client: Client, queue: str, priority: int, came: Callable[[Msg, int], None]
    ) -> None:
        self.priority = priority
        self.pull = CreditPull(client, due_consumer(queue, priority), self._came)
        self._tell = came
        self.told: int | None = None
        """How many were left with the last order that came; None: nobody knows."""
        self._at = 0.0

    def _came(self, message: Msg) -> None:
        # Those that were given back are not counted among those that are left.
        is_again = deliveries(message.reply) > 1
        self.told = None if is_again else left(message.reply)
        self._at = asyncio.get_running_loop().time()
        self._tell(message, self.priority)

    async def ask(self, more: int) -> None:
        """Ask for *more* orders."""
        if self.pull.credit == 0:
            self.told = None
        self._at = asyncio.get_running_loop().time()
        await self.pull.grant(more)

    def owed(self, now: float) -> int:
        """Return how many orders are on their way here, as far as one can know."""
        return on_its_way(self.pull.credit, self.told, now - self._at)


def on_its_way(credit: int, told: int | None, silent: float) -> int:
    """Return how many orders come through a door with so much *credit*.

    It has *told* how many there are, or has not since it was asked; *silent* for so many seconds it
    has nothing, whatever it told: another executor was quicker.
    """
    if silent > ANSWERED:
        return 0
    return credit if told is None else min(credit, told)


def consumers_of(queues: Sequence[str]) -> list[Consumer]:
    """Return the consumers of *queues*, in the order of their priorities."""
    return [due_consumer(queue, priority) for priority in PRIORITIES for queue in queues]


def credit_wanted(
    priority: int, *, slots: int, free: int, waiting: WaitingRoom, owed: int = 0
) -> int:
    """Return how many orders of a priority should be able to come unasked.

    *owed* are those of better ones that are on their way.
    """
    before_it = waiting.up_to(priority) + owed
    room = free - before_it
    if free > 0 and not waiting.of(priority):
        room = max(room, 1)  # one at least is looked at: it may have waited for minutes
    if waiting.worst > priority:
        room = max(room, _reserve(slots) - before_it)
    return max(room, 0)


def _reserve(slots: int) -> int:
    return max(1, int(slots * RESERVE))


class Doors:
    """All doors of one executor."""

    def __init__(
        self,
        client: Client,
        queues: Sequence[str],
        *,
        slots: int,
        came: Callable[[Msg, int], None],
    ) -> None:
        self._client = client
        self._slots = slots
        self._news = asyncio.Event()
        self._came = came
        self._doors = [
            Door(client, queue, priority, self._arrived)
            for priority in PRIORITIES
            for queue in queues
        ]

    def _arrived(self, message: Msg, priority: int) -> None:
        self._news.set()
        self._came(message, priority)

    async def open(self, on_expired: Callable[[], None]) -> None:
        """Begin to listen; nothing comes before it was asked for."""
        for door in self._doors:
            door.pull.on_expired = on_expired
            await door.pull.start()

    async def ask(self, *, free: int, waiting: WaitingRoom) -> bool:
        """Ask for as much as there is room for, the best priority first.

        Return whether worse ones are to be asked as soon as it is known what better ones have.
        """
        now = asyncio.get_running_loop().time()
        better = this = 0  # on their way from doors of better priorities, and of this one
        priority = PRIORITIES[0]
        for door in self._doors:
            if door.priority != priority:
                better, this, priority = better + this, 0, door.priority
            door.pull.take_back_lost_credit()
            wanted = credit_wanted(
                priority, slots=self._slots, free=free, waiting=waiting, owed=better
            )
            more = wanted - door.pull.credit
            # Asking costs a message: in small change only when otherwise nothing would come.
            if more > 0 and (more >= int(self._slots * CHANGE) or door.pull.credit == 0):
                await door.ask(more)
            this += door.owed(now)
        return free > 0 and better + this > 0

    def may_start(self) -> int:
        """Return the lowest priority that may be started now: better doors have nothing more.

        One that has may be on its way here, or was not asked for yet.
        """
        if not self._client.is_connected:
            return PRIORITIES[-1]
        now = asyncio.get_running_loop().time()
        return next(
            (each.priority for each in self._doors if each.pull.credit == 0 or each.owed(now)),
            PRIORITIES[-1],
        )

    async def news(self) -> None:
        """Wait for an order, but no longer than one takes that is on its way."""
        self._news.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(ANSWERED):
                await self._news.wait()

    async def close(self) -> None:
        """Stop listening, once all that the server has sent has arrived."""
        await asyncio.gather(*(door.pull.stop() for door in self._doors))
