"""The doors through which orders come: one for each queue and priority that an executor takes.

Each door has credit of its own, as if there were no other: an order of any priority comes the
moment it is there. So more can come than there are slots; then the best are started, and the
others wait a moment or go back (`waiting_room.py`). While worse orders wait for a slot, better
doors stay a little open, so that what comes through them overtakes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import NamedTuple

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.executor.waiting_room import WaitingRoom
from shared.bus.pull import CreditPull
from shared.bus.topology import Consumer, due_consumer

PRIORITIES = range(1, 6)
#: Share of the slots that may wait for one, if they are better than what waits already.
RESERVE = 1 / 20
#: Share of the slots that is asked for at once; less only when otherwise nothing would come.
CHANGE = 1 / 4
#: Seconds until what a door was just asked for is here, if there is any.
ANSWERED = 0.003


class Door(NamedTuple):
    """One queue and priority."""

    priority: int
    pull: CreditPull


def consumers_of(queues: Sequence[str]) -> list[Consumer]:
    """Return the consumers of *queues*, in the order of their priorities."""
    return [due_consumer(queue, priority) for priority in PRIORITIES for queue in queues]


def credit_wanted(priority: int, *, slots: int, free: int, waiting: WaitingRoom) -> int:
    """Return how many orders of a priority should be able to come unasked."""
    before_it = waiting.up_to(priority)
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
        self._slots = slots
        self._answers_until = 0.0
        self._best_asked = PRIORITIES[0]
        self._doors = [
            Door(priority, CreditPull(client, due_consumer(queue, priority), _with(came, priority)))
            for priority in PRIORITIES
            for queue in queues
        ]

    async def open(self, on_expired: Callable[[], None]) -> None:
        """Begin to listen; nothing comes before it was asked for."""
        for door in self._doors:
            door.pull.on_expired = on_expired
            await door.pull.start()

    async def ask(self, *, free: int, waiting: WaitingRoom) -> None:
        """Ask for as much as there is room for, the best priority first."""
        asked: list[int] = []
        for priority, pull in self._doors:
            pull.take_back_lost_credit()
            wanted = credit_wanted(priority, slots=self._slots, free=free, waiting=waiting)
            more = wanted - pull.credit
            # Asking costs a message: in small change only when otherwise nothing would come.
            if more > 0 and (more >= int(self._slots * CHANGE) or pull.credit == 0):
                await pull.grant(more)
                asked.append(priority)
        if asked and free <= _reserve(self._slots):
            self._best_asked = asked[0]
            self._answers_until = asyncio.get_running_loop().time() + ANSWERED

    async def answered(self, best_waiting: int) -> None:
        """Wait a moment if a better order than all that wait may be on its way, for few slots."""
        if self._best_asked < best_waiting:
            left = self._answers_until - asyncio.get_running_loop().time()
            if left > 0:
                await asyncio.sleep(left)

    async def close(self) -> None:
        """Stop listening, once all that the server has sent has arrived."""
        await asyncio.gather(*(door.pull.stop() for door in self._doors))


def _with(came: Callable[[Msg, int], None], priority: int) -> Callable[[Msg], None]:
    return lambda message: came(message, priority)
