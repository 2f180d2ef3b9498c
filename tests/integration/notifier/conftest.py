"""A notifier, a mail server and a witness of HTTP calls for each test."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from tests.integration.notifier.house import House, Mailbox, running_house
from tests.support.http_sink import HttpSink


@pytest_asyncio.fixture(loop_scope="session")
async def sink(tmp_path: Path) -> AsyncIterator[HttpSink]:
    """Run an HTTP server that writes down every call."""
    async with HttpSink(tmp_path) as server:
        yield server


@pytest_asyncio.fixture(loop_scope="session")
async def mailbox() -> AsyncIterator[Mailbox]:
    """Run a mail server that keeps what it gets."""
    async with Mailbox().open() as box:
        yield box


@pytest_asyncio.fixture(loop_scope="session")
async def house(database: str) -> AsyncIterator[House]:
    """Run a notifier that may call this machine, without a mail server."""
    async with running_house(database, allow="127.0.0.1") as house:
        yield house
