"""A whole system as its user has it, a sink that its tasks may call, and an operator.

Nothing here knows what is inside: everything goes over HTTP. What must hold for any system at any
time is checked by `Place.judge`, whatever a test is about.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar
from uuid import UUID

from tests.support import checker
from tests.support.history import Effect, Fault
from tests.support.http_sink import HttpSink
from tests.support.load import Operator, calls
from tests.support.system import System
from tests.support.witness import Witness

Found = TypeVar("Found")

POLL = timedelta(milliseconds=50)
WITHIN = timedelta(seconds=30)
EVERY_SECOND = {"interval_seconds": 1}


@dataclass(slots=True, kw_only=True)
class Place:
    """What a test works with."""

    system: System
    sink: HttpSink
    operator: Operator
    witness: Witness

    async def calling(self, name: str, **definition: Any) -> UUID:  # noqa: ANN401 - JSON
        """Create a task that calls the sink under the path of its name, by schedule or by hand."""
        return await self.operator.create(name=name, **self.action(name), **definition)

    def action(self, path: str) -> dict[str, Any]:
        """Return the action that calls the sink under a path."""
        return calls(f"{self.sink.url}/{path}")

    def effects(self, path: str) -> list[Effect]:
        """Return the calls of one path so far."""
        return [each for each in self.witness.sink.effects() if each.path == f"/{path}"]

    async def called(self, path: str, times: int, *, within: timedelta = WITHIN) -> list[Effect]:
        """Wait until a path has been called so often in all."""

        async def look() -> list[Effect] | None:
            effects = self.effects(path)
            return effects if len(effects) >= times else None

        return await self.eventually(look, within=within, what=f"{times} calls of /{path}")

    async def eventually(
        self,
        look: Callable[[], Awaitable[Found | None]],
        *,
        within: timedelta = WITHIN,
        what: str,
    ) -> Found:
        """Look again and again until there is something; fail after the deadline."""
        deadline = time.monotonic() + within.total_seconds()
        while not (found := await look()):
            assert time.monotonic() < deadline, f"not within {within.total_seconds():g} s: {what}"
            await asyncio.sleep(POLL.total_seconds())
        return found

    async def ended(self, run_id: UUID) -> dict[str, Any]:
        """Wait until a run has ended; return its row."""

        async def look() -> dict[str, Any] | None:
            answer = await self.operator.call("GET", f"/api/v1/group-ai/automation-runs/{run_id}")
            row: dict[str, Any] = answer.json()
            return row if answer.is_success and row["completed_at"] else None

        return await self.eventually(look, what=f"run {run_id} ends")

    async def judge(self, *faults: Fault) -> None:
        """Wait until all that was due has ended, and compare everything with everything.

        *faults* are what was done to the system: executors that were killed may have called twice.
        """
        left = await self.witness.drained(
            datetime.now(UTC), acknowledged=self.operator.acknowledged, within=WITHIN
        )
        history = await self.witness.history(
            versions=self.operator.versions,
            acknowledged=self.operator.acknowledged,
            unseen=self.operator.unseen,
            faults=faults,
        )
        verdict = checker.judge(history)
        assert verdict.is_good, verdict.report()
        assert not left, f"{left} runs are still open"


@asynccontextmanager
async def running_place(env: Mapping[str, str] | None = None) -> AsyncIterator[Place]:
    """Start a system with a sink."""
    settings = {"AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32", **(env or {})}
    with TemporaryDirectory(prefix="automation-sink-") as folder:
        async with (
            HttpSink(Path(folder)) as sink,
            System(env=settings) as system,
            Operator(lambda: system.api_url, system.token) as operator,
        ):
            yield Place(
                system=system,
                sink=sink,
                operator=operator,
                witness=Witness(sink.file, lambda: system.dsn),
            )
