"""Orders that have come and wait to be claimed, the most pressing first.

Rank is the priority less one for each minute that an order has waited, so that nothing waits for
ever. As all of them gain alike, the rank never has to be worked out again: priority and time of
publishing decide. Who waits here for longer than `HOLD` had better go to an executor with room.
"""

from __future__ import annotations

import heapq
from collections import Counter
from typing import NamedTuple

from nats.aio.msg import Msg

PRIORITIES = range(1, 6)
#: Seconds that an order may wait for a slot of ours before it is given back.
HOLD = 0.5
#: Seconds of waiting that make up for one step of priority.
AGEING = 60.0
#: How many words an acknowledgement's subject has without a domain, and where the number of
#: deliveries, the time of storing, in nanoseconds, and the number of messages left stand in it.
_WORDS, _DELIVERIES, _STORED, _LEFT = 9, 4, 7, 8
#: With a domain there are two more words in front.
_DOMAIN = 2


def deliveries(reply: str) -> int:
    """Return how often the message with this acknowledgement's subject was delivered."""
    words = reply.split(".")
    return int(words[_DELIVERIES + (_DOMAIN if len(words) > _WORDS else 0)])


def stored_at(reply: str) -> float:
    """Return when the message with this acknowledgement's subject was published."""
    words = reply.split(".")
    return int(words[_STORED + (_DOMAIN if len(words) > _WORDS else 0)]) / 1e9


def left(reply: str) -> int:
    """Return how many messages the stream had left for whoever asks after this one."""
    words = reply.split(".")
    return int(words[_LEFT + (_DOMAIN if len(words) > _WORDS else 0)])


class _Waiting(NamedTuple):
    rank: float
    number: int
    """Tells orders of one rank apart, in the order of their coming."""
    priority: int
    came_at: float
    message: Msg


class WaitingRoom:
    """Orders in the order in which they are to be started."""

    def __init__(self) -> None:
        self._heap: list[_Waiting] = []
        self._of: Counter[int] = Counter()
        self._came = 0

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def best(self) -> int:
        """The highest priority (the lowest number) that waits here; 0 if nothing does."""
        return min((priority for priority, count in self._of.items() if count), default=0)

    @property
    def worst(self) -> int:
        """The lowest priority (the highest number) that waits here; 0 if nothing does."""
        return max((priority for priority, count in self._of.items() if count), default=0)

    def of(self, priority: int) -> int:
        """Return how many of a priority wait."""
        return self._of[priority]

    def up_to(self, priority: int) -> int:
        """Return how many of a priority or a better one wait."""
        return sum(count for each, count in self._of.items() if each <= priority)

    def add(self, message: Msg, priority: int, now: float) -> None:
        """Let an order wait."""
        self._came += 1
        rank = priority * AGEING + stored_at(message.reply)
        heapq.heappush(self._heap, _Waiting(rank, self._came, priority, now, message))
        self._of[priority] += 1

    def take(self, most: int, *, worst: int = PRIORITIES[-1]) -> list[Msg]:
        """Take out the most pressing ones, as long as any that waits is of *worst* or better."""
        taken: list[Msg] = []
        while len(taken) < most and self.up_to(worst):
            taken.append(self._out(heapq.heappop(self._heap)))
        return taken

    def take_stale(self, now: float) -> list[Msg]:
        """Take out those that have waited for too long."""
        stale = [each for each in self._heap if now - each.came_at >= HOLD]
        if stale:
            self._heap = [each for each in self._heap if now - each.came_at < HOLD]
            heapq.heapify(self._heap)
        return [self._out(each) for each in sorted(stale)]

    def take_all(self) -> list[Msg]:
        """Take out all of them."""
        return self.take(len(self._heap))

    def _out(self, waiting: _Waiting) -> Msg:
        self._of[waiting.priority] -= 1
        return waiting.message
