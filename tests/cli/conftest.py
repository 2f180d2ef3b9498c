"""One system for all tests of the command line, and a shell per test."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.cli.shell import Shell, warm
from tests.support.system import System


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def system() -> AsyncIterator[System]:
    """Run what `automation up` runs; tasks may run programs and call this machine."""
    env = {
        "AUTOMATION_EXECUTORS": "1",
        "AUTOMATION_RUNTIMES": "1",
        "AUTOMATION_SHELL": "on",
        "AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32",
    }
    async with System(env=env) as running:
        yield running


@pytest.fixture(scope="session", autouse=True)
def _warm_program() -> Iterator[None]:
    """End the warm program with the tests."""
    yield
    if warm.cache_info().currsize:
        warm().close()


@pytest.fixture
def alone(tmp_path: Path) -> Shell:
    """Give a shell that knows no server."""
    return Shell(tmp_path)


@pytest.fixture
def shell(system: System, tmp_path: Path) -> Iterator[Shell]:
    """Give a shell of an administrator."""
    opened = Shell(
        tmp_path, {"AUTOMATION_SERVER": system.api_url, "AUTOMATION_TOKEN": system.token}
    )
    yield opened
    opened.close()
