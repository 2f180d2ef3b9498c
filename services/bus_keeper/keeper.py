"""Looks at streams and consumers, and puts right what is not as the topology says."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta

from nats.aio.client import Client
from nats.errors import Error
from nats.js.errors import APIError, NotFoundError

from services.bus_keeper.names import Meant, meant
from shared.bus.declare import declare_consumers, declare_stream, remake_consumer
from shared.bus.inspection import Wrong, look
from shared.bus.shapes import Consumer, Stream
from shared.bus.topology import CONSUMERS, STREAMS
from shared.bus.watch import Drifted
from shared.contracts.bus import Ensured, EnsureRequest
from shared.runtime.metrics import TOPOLOGY_REPAIRS

EVERYTHING = Meant(STREAMS, CONSUMERS, ())
#: Consumers that one stream may have. Servers of accounts are named by those who ask.
MOST_CONSUMERS = 1_000
#: The server takes its time only when a cluster chooses leaders.
SECONDS = 5

log = logging.getLogger(__name__)


class Keeper:
    """Keeps the whole topology, and what else is asked for while somebody asks."""

    def __init__(self, client: Client, *, replicas: int, interval: timedelta) -> None:
        self._js = client.jetstream(timeout=SECONDS)
        self._replicas = replicas
        self._interval = interval
        self._one_at_a_time = asyncio.Lock()
        self._has_been_whole = False

    async def step(self) -> timedelta:
        """Look at everything; what cannot be put right is said each time."""
        troubles = await self._keep(EVERYTHING)
        for trouble in troubles:
            log.error("not as it should be, and left alone: %s", trouble)
        self._has_been_whole |= not troubles
        return self._interval

    async def ensure(self, request: EnsureRequest) -> Ensured:
        """Look at what is named, and put it right."""
        wanted = meant(request)
        troubles = [f"there is no {name} in the topology" for name in wanted.unknown]
        try:
            troubles += await self._keep(wanted)
        except (Error, OSError) as error:
            troubles.append(f"the server did not answer: {type(error).__name__}")
        return Ensured(trouble=tuple(troubles))

    async def check(self) -> None:
        """Be sure that all is well.

        Raises:
            Drifted: something is not as it should be.
            nats.errors.Error: the server does not answer.
        """
        for wrong in await self._look(EVERYTHING):
            raise Drifted(str(wrong))

    async def _look(self, wanted: Meant) -> list[Wrong]:
        return await look(self._js, wanted.consumers, wanted.streams, replicas=self._replicas)

    async def _keep(self, wanted: Meant) -> list[str]:
        troubles: list[str] = []
        async with self._one_at_a_time:
            # Streams come first: consumers live in them. One that cannot be put right keeps nobody
            # from the others.
            for wrong in await self._look(wanted):
                try:
                    await self._put_right(wrong)
                    TOPOLOGY_REPAIRS.inc()
                except APIError as error:
                    troubles.append(f"{wrong}: {error.description}")
        return troubles

    async def _put_right(self, wrong: Wrong) -> None:
        kind = type(wrong.what).__name__.lower()
        if wrong.is_gone:
            # Until everything was there once, it is not lost but new; so is what others name.
            is_new = not self._has_been_whole or wrong.what not in (*STREAMS, *CONSUMERS)
            say = log.info if is_new else log.error
            say("%s %s is not there; making it", kind, wrong.what.name)
        elif wrong.is_stuck:
            log.error("%s %s %s; making it anew", kind, wrong.what.name, wrong.how)
        else:
            log.warning("%s %s was changed: %s; changing it back", kind, wrong.what.name, wrong.how)
        match wrong:
            case Wrong(Stream() as stream):
                await declare_stream(self._js, stream)
            case Wrong(Consumer() as consumer, is_stuck=True):
                await remake_consumer(self._js, consumer)
            case Wrong(Consumer() as consumer):
                if wrong.is_gone:
                    await self._find_room(consumer)
                await declare_consumers(self._js, [consumer])

    async def _find_room(self, consumer: Consumer) -> None:
        """Refuse one more than a stream may have; those of the topology are always made."""
        if consumer in CONSUMERS:
            return
        try:
            state = (await self._js.stream_info(consumer.stream)).state
        except NotFoundError:  # said by who looked
            return
        if state.consumer_count >= MOST_CONSUMERS:
            raise APIError(description=f"{consumer.stream} has {MOST_CONSUMERS} consumers")
