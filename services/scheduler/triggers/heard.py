"""Up to which moment all events have been handled: only up to then can anybody speak of silence.

Events wait in the stream while no scheduler is up, or while there are too many at once. One of them
may be what a trigger waited for, and it came in time. All schedulers share one consumer, so its
floor tells what all of them have handled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from nats.aio.client import Client
from nats.errors import Error
from nats.js.errors import NotFoundError

from shared.bus.topology import EVENTS, SCHEDULER_EVENTS
from shared.domain.trigger_subject import EVERY_EVENT

#: Nobody waits for longer for one event: it is one that cannot be handled.
STUCK_SECONDS = 60.0


class Heard:
    """Asks the bus."""

    def __init__(self, client: Client, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._js = client.jetstream(timeout=2)
        self._monotonic = monotonic
        self._oldest: int | None = None
        self._since = 0.0

    async def until(self) -> datetime | None:
        """Return when the oldest event was stored that is not handled yet; None: all are.

        The stream is asked, and not the consumer how many it has left: that one hears of an event a
        moment after it was stored, and its sender was told so.

        Raises:
            OSError: the bus does not answer.
        """
        try:
            info = await self._js.consumer_info(SCHEDULER_EVENTS.stream, SCHEDULER_EVENTS.name)
            floor = info.ack_floor.stream_seq if info.ack_floor else 0
            oldest = await self._js.get_msg(EVENTS.name, floor + 1, EVERY_EVENT, next=True)
        except NotFoundError:
            return None
        except Error as error:  # some of these are no OSError
            raise ConnectionError(f"no answer about events: {type(error).__name__}") from error
        return None if self._is_stuck(oldest.seq) else oldest.time

    def _is_stuck(self, oldest: int | None) -> bool:
        if oldest != self._oldest:
            self._oldest, self._since = oldest, self._monotonic()
        return self._monotonic() - self._since > STUCK_SECONDS
