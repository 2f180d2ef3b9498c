"""The PostgreSQL server of a home, run for as long as somebody needs it and nobody else does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from deploy.local import process
from deploy.local.home import Home
from deploy.local.postgres import Postgres


@asynccontextmanager
async def running(home: Home) -> AsyncIterator[str]:
    """Lock the home, start its server, give its address; stop it at the end.

    Raises:
        HomeTaken: the system runs there.
        process.StartFailed: the server does not start.
    """
    home.take()
    try:
        home.logs.mkdir(mode=0o700, exist_ok=True)
        unit = Postgres(home.postgres)
        command = await unit.prepare()
        with (home.logs / "postgres.log").open("ab") as output:
            server = await process.spawn(command, output=output)
        try:
            await process.wait_ready(unit, server)
            await unit.opened()
            yield unit.dsn()
        finally:
            await asyncio.shield(process.stop(server, by=unit.stop_signal, within=unit.stop_within))
    finally:
        home.release()
