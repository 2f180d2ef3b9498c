"""The system that all short tests share, and the table of figures at the end of a run."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import nullcontext
from pathlib import Path

import pytest
import pytest_asyncio

from tests.faults import stage
from tests.faults.small_disk import make_cluster, may_mount, small_disk
from tests.faults.stage import Stage
from tests.support.servers import temporary_folder
from tests.support.system import CHECKOUT

FOLDER = Path(__file__).parent
SHARED = "here"
ENV = {
    "AUTOMATION_SCHEDULERS": "2",
    "AUTOMATION_EXECUTORS": "2",
    "AUTOMATION_RUNTIMES": "1",
    "AUTOMATION_LEASE_SECONDS": str(stage.LEASE),
    "AUTOMATION_KILL_GRACE_SECONDS": str(stage.GRACE),
    "AUTOMATION_DRAIN_SECONDS": "5.0",
    "PYTHONPATH": f"{CHECKOUT}:{FOLDER / 'deaf'}",
}


@pytest_asyncio.fixture(scope="package", loop_scope="session")
async def here() -> AsyncIterator[Stage]:
    """Run one of each process and two of those that share work; its data are on a small disk.

    Starting it costs more than most faults: it goes through one after the other.
    """
    async with temporary_folder() as folder:
        home = folder / "home"
        with small_disk(home / "postgres", 300) if may_mount() else nullcontext():
            await make_cluster(home, folder / "wal")
            async with stage.stage(ENV, tasks=20, longest=1.2, home=home) as system:
                yield system


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that share a system last, so that no other has it beside its own."""
    places = [place for place, item in enumerate(items) if FOLDER in item.path.parents]
    for place, item in zip(places, sorted((items[at] for at in places), key=_shares), strict=True):
        items[place] = item


def _shares(item: pytest.Item) -> bool:
    assert isinstance(item, pytest.Function)
    return SHARED in item.fixturenames and not hasattr(item.module, SHARED)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what was measured."""
    if stage.TABLE:
        terminalreporter.section(f"faults under load, seed {stage.SEED}")
        terminalreporter.write_line(stage.table())
