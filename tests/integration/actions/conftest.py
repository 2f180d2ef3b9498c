"""What the tests of the HTTP action share, and those of backups."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import asyncpg
import pytest
import pytest_asyncio

from deploy.local.postgres import Postgres
from services.executor.actions.http.request import HttpRequest
from tests.support import servers
from tests.support.context import RecordingContext


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


@pytest_asyncio.fixture(scope="module", loop_scope="session")
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
    cleaner = await asyncpg.connect(small_server_database)
    await cleaner.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    await cleaner.close()
