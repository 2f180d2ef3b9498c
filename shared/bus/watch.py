"""Notice that a stream or consumer is gone or was changed, and have it put right.

JetStream's folder can be wiped, a consumer deleted; the client libraries then wait in silence or
spin. Somebody can give a consumer a single delivery, or a stream a limit that drops our messages.
Every service runs one of these over the consumers that it lives on, and their streams. It may look,
and no more: the keeper of the bus (`services/bus_keeper`) is asked to put right what is wrong. What
was in it is rebuilt from PostgreSQL by the sweeps of its owners.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from datetime import timedelta

from nats.aio.client import Client
from nats.errors import Error, NoRespondersError
from pydantic import ValidationError

from shared.bus import topology
from shared.bus.inspection import Wrong, look
from shared.bus.shapes import Consumer, Stream
from shared.contracts.bus import Ensured, EnsureRequest
from shared.settings import BusSettings

INTERVAL = timedelta(seconds=2)
#: Between two looks of a service that cannot begin yet.
NOT_YET = timedelta(milliseconds=500)
#: How long the keeper may take. A cluster that chooses leaders takes seconds.
ASK_SECONDS = 10.0

log = logging.getLogger(__name__)


class Drifted(Exception):
    """A stream or consumer is not as the topology says."""


class Watch:
    """One step: look at each consumer and its stream; ask for what is missing or was changed.

    *streams* are looked after as well: those that others read, by consumers of their own.
    """

    def __init__(
        self, client: Client, consumers: Sequence[Consumer], streams: Sequence[Stream] = ()
    ) -> None:
        self._client = client
        self._js = client.jetstream(timeout=2)
        self._consumers = consumers
        names = {*(each.stream for each in consumers), *(each.name for each in streams)}
        self._streams = [stream for stream in topology.STREAMS if stream.name in names]
        self._replicas = BusSettings().nats_replicas
        self._has_been_whole = False

    async def step(self) -> timedelta:
        """Check everything once.

        Raises:
            nats.errors.Error: the server does not answer.
        """
        if wrongs := await self._look():
            await self._ask(wrongs)
        else:
            self._has_been_whole = True
        return INTERVAL

    async def settled(self) -> None:
        """Wait until all is as it should be, however long that takes: nothing works before."""
        told = ""
        while True:
            try:
                await self.step()
                await self.check()
            except (Error, OSError, Drifted) as error:
                if (said := str(error) or type(error).__name__) != told:
                    log.warning("waiting for the bus: %s", said)
                told = said
                await asyncio.sleep(NOT_YET.total_seconds())
            else:
                return

    async def check(self) -> None:
        """Ask the server for every stream and consumer.

        Raises:
            Drifted: one is gone or not as it should be, and nobody has put it right (yet).
            nats.errors.Error: the server does not answer.
        """
        for wrong in await self._look():
            raise Drifted(str(wrong))

    async def _look(self) -> list[Wrong]:
        return await look(self._js, self._consumers, self._streams, replicas=self._replicas)

    async def _ask(self, wrongs: Sequence[Wrong]) -> None:
        # Whoever is the first to need a consumer misses nothing that was there.
        level = logging.WARNING if self._has_been_whole else logging.INFO
        for wrong in wrongs:
            log.log(level, "%s; asking for it to be put right", wrong)
        # All of ours: a stream that was lost took those along which looked well a moment before.
        question = EnsureRequest(
            streams=tuple(each.name for each in self._streams),
            consumers=tuple(each.name for each in self._consumers),
        )
        try:
            reply = await self._client.request(
                topology.RPC_BUS_ENSURE, question.encode(), timeout=ASK_SECONDS
            )
            troubles = Ensured.decode(reply.data).trouble
        except NoRespondersError:
            log.error("there is no keeper of the bus")  # noqa: TRY400 - that says it all
        except (TimeoutError, ValidationError) as error:
            log.error("no answer of the keeper of the bus: %s", type(error).__name__)  # noqa: TRY400
        else:
            for trouble in troubles:
                log.error("the keeper of the bus could not put it right: %s", trouble)
