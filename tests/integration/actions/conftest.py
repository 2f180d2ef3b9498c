"""What the tests of the HTTP action share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from services.executor.actions.http_request import HttpRequest
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
