"""The composition root of the keeper of the bus."""

from __future__ import annotations

import logging
from contextlib import AsyncExitStack
from datetime import timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg
from pydantic import ValidationError

from services.bus_keeper.keeper import Keeper
from services.bus_keeper.settings import BusKeeperSettings
from shared.bus.access import access_of
from shared.bus.connection import Guard, close, connect
from shared.bus.permissions import KEEPER
from shared.bus.topology import RPC_BUS_ENSURE, RPC_BUS_GROUP
from shared.contracts.bus import EnsureRequest
from shared.runtime.loop import Loop
from shared.runtime.process import Parts, run_service

log = logging.getLogger(__name__)


def main() -> None:
    """Run one keeper until it is told to stop."""
    settings = BusKeeperSettings()
    run_service(KEEPER, settings, lambda stack: build(settings, stack))


async def build(settings: BusKeeperSettings, stack: AsyncExitStack) -> Parts:
    """Connect and return what runs on the connection."""
    guard = Guard()
    name = f"bus-keeper:{settings.instance}"
    access = access_of(KEEPER, settings)
    client = await connect(settings.nats_url, name=name, guard=guard, access=access)
    stack.push_async_callback(lambda: close(client.close()))
    stack.callback(lambda: setattr(guard, "stopping", True))
    keeper = Keeper(
        client,
        replicas=settings.nats_replicas,
        interval=timedelta(seconds=settings.keeper_seconds),
    )
    keeping = Loop("keep", keeper.step)
    guard.on_reconnect = keeping.wake
    await answer(client, keeper)
    return Parts(loops=(keeping,), checks={"bus": keeper.check})


async def answer(client: Client, keeper: Keeper) -> None:
    """Listen to services that miss something."""

    async def asked(message: Msg) -> None:
        try:
            request = EnsureRequest.decode(message.data)
        except ValidationError:  # core: who asks hears nothing
            log.warning("%s is not a question of ours", message.subject)
            return
        await message.respond((await keeper.ensure(request)).encode())

    await client.subscribe(RPC_BUS_ENSURE, queue=RPC_BUS_GROUP, cb=asked)
