"""How the API comes to the database and to NATS; what it opens is closed with the stack."""

from __future__ import annotations

from contextlib import AsyncExitStack

from faststream.nats import NatsBroker

from services.api.settings import ApiSettings
from shared.bus.access import access_of
from shared.bus.connection import Guard, close, make_broker
from shared.db.pool import Pool, open_pool


def broker(settings: ApiSettings, stack: AsyncExitStack) -> NatsBroker:
    """Return a broker that is to be connected."""
    guard = Guard()
    access = access_of("api", settings)
    name = f"api:{settings.instance}"
    made = make_broker(settings.nats_url, name=name, guard=guard, access=access)
    stack.push_async_callback(lambda: close(made.stop()))
    stack.callback(lambda: setattr(guard, "stopping", True))
    return made


async def pool(
    settings: ApiSettings, stack: AsyncExitStack, name: str, *, min_size: int = 1, max_size: int = 4
) -> Pool:
    """Return a pool, open."""
    opened = await open_pool(
        settings.database,
        name=f"{name}:{settings.instance}",
        pooled=settings.database_pooled,
        min_size=min_size,
        max_size=max_size,
    )
    stack.push_async_callback(opened.close)
    return opened
