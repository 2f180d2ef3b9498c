"""The composition root of the executor: settings and connections in, a running executor out."""

from __future__ import annotations

import os
import signal
from contextlib import AsyncExitStack
from functools import partial
from uuid import uuid4

from services.executor.executor import Executor
from services.executor.settings import ExecutorSettings
from shared.bus.access import access_of
from shared.bus.connection import Guard, close, connect
from shared.db.pool import open_pool
from shared.db.schema import Schema
from shared.runtime.action_catalog import action_catalog
from shared.runtime.key_file import find_box
from shared.runtime.process import Parts, run_service

#: An action does not stop; whoever keeps this process running starts it afresh.
EXIT_DEAF = 71


def main() -> None:
    """Run one executor until it is told to stop."""
    settings = ExecutorSettings()
    run_service("executor", settings, lambda stack: build(settings, stack))


async def build(settings: ExecutorSettings, stack: AsyncExitStack) -> Parts:
    """Connect to the servers and return what runs on them."""
    pool = await open_pool(
        settings.database,
        name=settings.instance,
        max_size=6,
        pooled=settings.database_pooled,
        by_key=True,
    )
    stack.push_async_callback(pool.close)
    guard = Guard()
    access = access_of("executor", settings)
    client = await connect(settings.nats_url, name=settings.instance, guard=guard, access=access)
    stack.push_async_callback(lambda: close(client.close()))
    actions = action_catalog()
    for action in actions.values():
        stack.push_async_callback(action.close)
    # A fresh identity per start: a restarted executor must not take itself for the one that died.
    executor = Executor(
        settings,
        executor_id=uuid4(),
        pool=pool,
        client=client,
        actions=actions,
        box=find_box(settings.secret_key.get_secret_value(), settings.home),
        restart=lambda: os.kill(os.getpid(), signal.SIGTERM),
        end_process=lambda: os._exit(EXIT_DEAF),
    )

    async def drain() -> None:
        guard.stopping = True
        await executor.drain()

    return Parts(
        loops=await executor.start(),
        checks={
            "database": Schema(pool, "executor.executor_migrations").check,
            "bus": partial(client.flush, 2),
            "storing": executor.publisher.storing.check,
        },
        drain=drain,
    )
