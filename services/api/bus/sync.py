"""Answers to the scheduler's questions over the bus, so that it can repair its job table.

Core request-reply: a lost question is simply asked again. Any replica answers.
"""

from __future__ import annotations

from faststream import AckPolicy
from faststream.nats import NatsBroker

from services.api.store import sync as store
from services.api.store.database import Database
from shared.bus import topology
from shared.contracts.sync import Digest, DigestRequest, PageRequest


def answer_scheduler(broker: NatsBroker, database: Database) -> None:
    """Register the two answers; call before the broker is started."""

    @broker.subscriber(
        topology.RPC_TASKS_DIGEST, queue=topology.RPC_QUEUE_GROUP, ack_policy=AckPolicy.MANUAL
    )
    async def digest(_: DigestRequest) -> bytes:
        async with database.connection() as connection:
            return Digest(buckets=tuple(await store.digest(connection))).encode()

    @broker.subscriber(
        topology.RPC_TASKS_PAGE, queue=topology.RPC_QUEUE_GROUP, ack_policy=AckPolicy.MANUAL
    )
    async def page(request: PageRequest) -> bytes:
        async with database.connection() as connection:
            return await store.page(connection, request)
