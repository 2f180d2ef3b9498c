"""Stop runs because somebody asked for it, or because a rule of their task says so.

Asked over the bus by the API. What is answered is committed; executors learn of it with their next
heartbeat, and at once by a message that may get lost.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from uuid import UUID

from faststream import AckPolicy
from faststream.nats import NatsBroker
from nats.aio.client import Client

from services.scheduler.store.ends import EndStore
from shared.bus import topology
from shared.bus.due import Dispatcher
from shared.contracts.cancel import CancelAnswer, CancelOrder, CancelRequest, CancelState

log = logging.getLogger(__name__)


class Canceller:
    """Takes runs back or has them stopped."""

    def __init__(self, ends: EndStore, dispatcher: Dispatcher, client: Client) -> None:
        self._ends = ends
        self._dispatcher = dispatcher
        self._client = client

    async def cancel(self, request: CancelRequest) -> CancelAnswer:
        """Do what is asked; return what came of it."""
        items, queues = await self._ends.cancel(
            request.run_ids, request.reason, waiting_only=request.waiting_only
        )
        await self._dispatcher.announce(queues)
        await self.hurry([each.run_id for each in items if each.state is CancelState.CANCELLING])
        return CancelAnswer(items=tuple(items))

    async def hurry(self, run_ids: Sequence[UUID]) -> None:
        """Tell executors to look at what they must stop; a hint, nothing rests on it."""
        if not run_ids:
            return
        try:
            await self._client.publish(
                topology.RUN_CANCEL, CancelOrder(run_ids=tuple(run_ids)).encode()
            )
        except Exception:  # they look with each heartbeat
            log.exception("executors could not be told at once what to stop")


def answer_cancels(broker: NatsBroker, canceller: Canceller) -> None:
    """Register the answer; call before the broker is started."""

    @broker.subscriber(
        topology.RPC_RUNS_CANCEL, queue=topology.RPC_SCHEDULER_GROUP, ack_policy=AckPolicy.MANUAL
    )
    async def cancel(request: CancelRequest) -> bytes:
        return (await canceller.cancel(request)).encode()
