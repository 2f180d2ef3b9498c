"""What every test may ask for.

    database          DSN of an empty, migrated database of this test alone
    module_database   the same, one for all tests of a module
    bus               NATS client; all streams as newly made
    nats_url          where that server is
    postgres_server, nats_server   the servers themselves (`deploy.local`), one per run
    stage             a home for `automation up` with stand-ins for our services

The servers start when the first test asks. How many examples a property is tried with is
AUTOMATION_TEST_BUDGET: `gate` (the default), or `all`, as `make test-all` has it.
"""

from __future__ import annotations

import gc
import os
import shutil
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, settings
from nats.aio.client import Client
from xdist.scheduler.loadscope import LoadScopeScheduling

from deploy.local.nats import Nats
from deploy.local.postgres import Postgres
from tests.support import servers
from tests.support import stage as stages
from tests.support.swept import Swept

# A shell that starts us in the background has us ignore Ctrl-C, and all that we start would, too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine under load is slow; that is no fault of a property.
_unhurried = settings(deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("gate", _unhurried, max_examples=25)
settings.register_profile("all", _unhurried, max_examples=250)
settings.load_profile(os.environ.get("AUTOMATION_TEST_BUDGET", "gate"))

# To look for garbage while thousands of tests are collected, and in them later, took a third of
# the time of collecting.
gc.disable()

#: Folders whose tests share one system.
SHARING = ("tests/e2e",)


class ByFile(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Keep the tests of a file in one worker, and those of a folder that shares more.

    `--dist loadgroup` does so by its name, too, but with pytest 9 it scatters tests (xdist 3.8).
    """

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return next((folder for folder in SHARING if file.startswith(f"{folder}/")), file)


@pytest.hookimpl(optionalhook=True)  # tests run without xdist, too
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    """Decide which worker gets what (`--dist loadfile`)."""
    return ByFile(config, log)


def pytest_collection_finish() -> None:
    """Look for garbage again, but not in what stays until the end."""
    gc.freeze()
    gc.enable()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def postgres_server() -> AsyncIterator[Postgres]:
    """Run PostgreSQL, fast and forgetful."""
    async with servers.running_postgres() as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def nats_server() -> AsyncIterator[Nats]:
    """Run NATS with JetStream."""
    async with servers.running_nats() as server:
        yield server


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def for_tests(postgres_server: Postgres) -> AsyncIterator[Swept]:
    """Keep the database that one test after the other has."""
    async with Swept(postgres_server) as swept:
        yield swept


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def for_modules(postgres_server: Postgres) -> AsyncIterator[Swept]:
    """Keep the database that one module after the other has."""
    async with Swept(postgres_server) as swept:
        yield swept


@pytest_asyncio.fixture(loop_scope="session")
async def database(for_tests: Swept) -> str:
    """Give a migrated database, empty but for what migrations write, to one test."""
    return await for_tests.sweep()


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def module_database(for_modules: Swept) -> str:
    """Give such a database to the tests of one module."""
    return await for_modules.sweep()


@pytest_asyncio.fixture(loop_scope="session")
async def nats_url(nats_server: Nats) -> str:
    """Say where the NATS server is."""
    return nats_server.url


@pytest_asyncio.fixture(loop_scope="session")
async def bus(nats_url: str) -> AsyncIterator[Client]:
    """Give a client of an empty bus to one test."""
    async with servers.fresh_bus(nats_url) as client:
        yield client


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def used_home() -> AsyncIterator[Path]:
    """Make a home once, to be copied."""
    async with stages.used_home() as home:
        yield home


@pytest_asyncio.fixture(loop_scope="session")
async def stage(used_home: Path) -> AsyncIterator[stages.Stage]:
    """Give a home of its own to one test."""
    async with servers.temporary_folder() as folder:
        shutil.copytree(used_home, folder / "home", ignore=stages.OWN)
        yield stages.Stage(folder)
