"""A PostgreSQL for one test, whose roles it may change: they belong to the whole server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from deploy.local.postgres import Postgres
from tests.integration.database.installed import Installed
from tests.support import servers

#: Its log tells every statement that it is asked.
TELLING = {"log_statement": "all", "log_min_duration_statement": "0"}


@pytest_asyncio.fixture(loop_scope="session")
async def own_server() -> AsyncIterator[servers.Running]:
    """Run a server without any role of ours."""
    async with servers.temporary_folder(place=servers.quickest_place()) as folder:
        unit = Postgres(folder / "postgres", {**servers.NOT_DURABLE, **TELLING})
        async with servers.Running(unit, folder) as running:
            yield running


@pytest_asyncio.fixture(loop_scope="session")
async def installed(own_server: servers.Running, tmp_path: Path) -> Installed:
    """Install our database as an owner who is no superuser, with passwords for all roles."""
    assert isinstance(own_server.unit, Postgres)
    return await Installed.make(own_server.unit, own_server.output, tmp_path / "keys")
