"""What one test works with: the system as its user has it, a sink for its calls, and an operator.

Nothing here knows what is inside: everything goes over HTTP. What must hold for any system at any
time is checked by `Place.judge`, whatever a test is about.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from tests.e2e.books import LETTERS, Books, OwnWitness
from tests.support import checker
from tests.support.history import Effect, Fault
from tests.support.http_sink import HttpSink
from tests.support.load import calls
from tests.support.otlp_sink import OtlpSink
from tests.support.system import System

Found = TypeVar("Found")

POLL = timedelta(milliseconds=50)
WITHIN = timedelta(seconds=30)
EVERY_SECOND = {"interval_seconds": 1}


@dataclass(slots=True, kw_only=True)
class Place:
    """What a test works with."""

    system: System
    sink: HttpSink
    collector: OtlpSink
    operator: Books
    witness: OwnWitness
    letters_before: int
    """The newest dead letter when the test began."""

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

    async def dead_letters(self) -> list[dict[str, Any]]:
        """Read all dead letters since the test began."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = await self.operator.get(f"{LETTERS}?limit=20&cursor={cursor}")
            new = [each for each in page["items"] if int(each["id"]) > self.letters_before]
            found += new
            cursor = page["next"]
            if not cursor or len(new) < len(page["items"]):
                return found

    async def judge(
        self, *faults: Fault, failing: Collection[UUID] = (), dead_letters: int = 0
    ) -> None:
        """Wait until all that was due has ended, and compare everything with everything.

        *faults* are what was done to the system: executors that were killed may have called twice.
        Runs of *failing* tasks are meant to end badly, and so many letters to be dead.
        """
        left = await self.witness.drained(
            datetime.now(UTC), acknowledged=self.operator.acknowledged, within=WITHIN
        )
        history = await self.witness.own_history(self.operator, faults=faults, failing=failing)
        verdict = checker.judge(history)
        assert verdict.is_good, verdict.report()
        assert not left, f"{left} runs are still open"
        assert len(await self.dead_letters()) == dead_letters
