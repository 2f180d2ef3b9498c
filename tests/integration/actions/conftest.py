"""What the tests of the HTTP action share, and those of backups and programs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio

from deploy.local.postgres import Postgres
from services.executor.actions.http.request import HttpRequest
from tests.integration.actions.backup_place import KEY, Made, empty, fresh_key, made
from tests.support import servers
from tests.support.context import RecordingContext
from tests.support.nursery import Nursery


@pytest_asyncio.fixture(loop_scope="session")
async def action() -> AsyncIterator[HttpRequest]:
    """Give the action, and see that no connection is left behind."""
    made = HttpRequest(now=lambda: 1_700_000_000.9)
    yield made
    await made.close()
    await asyncio.sleep(0)  # lets the servers see that their clients have gone


@pytest.fixture
def context() -> RecordingContext:
    return RecordingContext(egress_allow="127.0.0.1")


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def small_server_database(postgres_server: Postgres) -> AsyncIterator[str]:
    """Make a database without a table in it."""
    name = f"small_{uuid4().hex[:8]}"
    await servers.admin(postgres_server, f"CREATE DATABASE {name}")
    yield postgres_server.dsn(name)
    await servers.admin(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest_asyncio.fixture(loop_scope="session")
async def small_database(small_server_database: str) -> AsyncIterator[str]:
    """Give a database that is dumped and restored within milliseconds; empty for each test."""
    yield small_server_database
    await empty(small_server_database)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def plain_backup(
    small_server_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """Give a backup of the small database, as it is when it is full."""
    return await made(small_server_database, tmp_path_factory.mktemp("plain"), fresh_key())


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def sealed_backup(
    small_server_database: str, tmp_path_factory: pytest.TempPathFactory
) -> Made:
    """Give an encrypted one, whose key is among the secrets of its context."""
    home = tmp_path_factory.mktemp("sealed")
    return await made(small_server_database, home, fresh_key(), compression="zstd", **KEY)


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def nursery() -> AsyncIterator[Nursery]:
    """Start Python once for all actions in processes that are killed (`doomed.py`)."""
    nursery = await Nursery.open("tests.integration.actions.doomed")
    try:
        yield nursery
    finally:
        await nursery.close()
