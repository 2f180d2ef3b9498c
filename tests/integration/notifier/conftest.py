"""A notifier for each test, on an emptied database; a mail server and a witness of HTTP calls."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.integration.notifier.house import House, Mailbox, Pools, open_pools, running_house
from tests.support.http_sink import HttpSink
from tests.support.swept import Swept


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def witness(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[HttpSink]:
    """Run an HTTP server that writes down every call, in a process of its own."""
    async with HttpSink(tmp_path_factory.mktemp("witness")) as server:
        yield server


@pytest.fixture
def sink(witness: HttpSink) -> HttpSink:
    """Give that server, which has heard nothing yet."""
    os.truncate(witness.file, 0)
    return witness


@pytest_asyncio.fixture(loop_scope="session")
async def mailbox() -> AsyncIterator[Mailbox]:
    """Run a mail server that keeps what it gets."""
    async with Mailbox().open() as box:
        yield box


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def kept_pools(kept_database: Swept) -> AsyncIterator[Pools]:
    """Give connections to the database of all these tests."""
    async with open_pools(kept_database.dsn) as pools:
        yield pools


@pytest_asyncio.fixture(loop_scope="session")
async def pools(kept_pools: Pools, kept_database: Swept) -> Pools:
    """Give them to one test, on an empty database."""
    await kept_database.empty()
    return kept_pools


@pytest_asyncio.fixture(loop_scope="session")
async def house(pools: Pools) -> AsyncIterator[House]:
    """Run a notifier that may call this machine, without a mail server."""
    async with running_house(pools, allow="127.0.0.1") as house:
        yield house
