"""Receive hints that runs wait: of each kind of executor one that has room.

Executors with the same queues, labels and actions can stand in for each other: they are one queue
group, in which the server delivers a hint to any one member. One that is full leaves the group and
publishes the hint again, for the others.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Callable, Mapping, Sequence

from nats.aio.client import Client
from nats.aio.msg import Msg
from nats.aio.subscription import Subscription
from nats.errors import Error

from shared.bus.topology import task_due
from shared.contracts.runs import RunsDue

log = logging.getLogger(__name__)


def kind(queues: Sequence[str], labels: Mapping[str, str], actions: Sequence[str]) -> str:
    """Return the name of the group of executors that may run the same."""
    same = json.dumps([sorted(queues), sorted(labels.items()), sorted(actions)])
    return hashlib.sha256(same.encode()).hexdigest()[:16]


class Hints:
    """The subscriptions of one executor."""

    def __init__(self, client: Client, queues: Sequence[str], group: str) -> None:
        self._client = client
        self._queues = queues
        self._group = group
        self._subscriptions: list[Subscription] = []
        self.told: Callable[[], None] = lambda: None
        self.is_open = False

    async def open(self) -> None:
        """Subscribe; the server has done so when this returns, if it is there."""
        self.is_open = True
        try:
            for queue in self._queues:
                self._subscriptions.append(
                    await self._client.subscribe(task_due(queue), self._group, cb=self._heard)
                )
            if self._client.is_connected:
                await self._client.flush(timeout=1)
        except (Error, TimeoutError) as error:  # the client subscribes again when it reconnects
            log.warning("no hints for a while: %s", type(error).__name__)

    async def close(self) -> None:
        """Unsubscribe, and publish a hint: there may be more than was taken."""
        self.is_open = False
        subscriptions, self._subscriptions = self._subscriptions, []
        try:
            for each in subscriptions:
                await each.unsubscribe()
            for queue in self._queues:
                await self._client.publish(task_due(queue), RunsDue(runs=1).encode())
        except Error as error:
            log.warning("no hint for other executors: %s", type(error).__name__)

    async def _heard(self, message: Msg) -> None:
        if self.is_open:
            self.told()
        else:  # on its way while we left
            await self._client.publish(message.subject, message.data)
