"""The one system that all end-to-end tests of a run share: its processes take long to start.

It is what `automation up` runs, a little larger: two schedulers, of which only one notices a
change; executors with few slots, so that runs can be made to wait; an account runtime; and a
collector of traces. A test may kill what it likes, or stop everything: the next one finds it
running again.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.books import Books, OwnWitness
from tests.e2e.place import Place
from tests.support.http_sink import HttpSink
from tests.support.otlp_sink import OtlpSink
from tests.support.system import System

SETTINGS = {
    "AUTOMATION_SCHEDULERS": "2",
    "AUTOMATION_EXECUTORS": "2",
    "AUTOMATION_EXECUTOR_SLOTS": "4",
    "AUTOMATION_RUNTIMES": "1",
    "AUTOMATION_LOG_FORMAT": "json",
    "AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32",
}
SLOTS = 2 * 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """The system, a sink that its tasks may call, and the collector that gets its traces."""

    system: System
    sink: HttpSink
    collector: OtlpSink

    @asynccontextmanager
    async def place(self) -> AsyncIterator[Place]:
        """Give one test a place of its own, and delete the tasks that it leaves."""
        system = self.system
        if system.supervisor is None or system.supervisor.returncode is not None:
            await system.start()  # the test before has failed between stop and start
        async with Books(lambda: system.api_url, system.token) as books:
            place = Place(
                system=system,
                sink=self.sink,
                collector=self.collector,
                operator=books,
                witness=OwnWitness(self.sink.file, lambda: system.dsn, books.tasks),
                letters_before=await books.newest_letter(),
            )
            try:
                yield place
            finally:
                await books.delete_all()


@asynccontextmanager
async def running_ground() -> AsyncIterator[Ground]:
    """Start it; in the end it stops as a user would have it, and nothing is left."""
    with TemporaryDirectory(prefix="automation-sinks-") as folder:
        async with (
            HttpSink(Path(folder)) as sink,
            OtlpSink(Path(folder)) as collector,
            System(env={**SETTINGS, "AUTOMATION_OTLP_ENDPOINT": collector.url}) as system,
        ):
            yield Ground(system=system, sink=sink, collector=collector)
            assert await system.stop() == 0
            assert system.left() == []
