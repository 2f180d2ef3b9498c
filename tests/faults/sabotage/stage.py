"""A stage (`tests.faults.stage`) on which processes can be made to die at an exact line."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID

from tests.faults.sabotage.traps import Traps
from tests.faults.stage import Stage, stage
from tests.support.load import calls
from tests.support.system import CHECKOUT

PLUGIN = Path(__file__).with_name("plugin")
PROGRAM = ("-P", "-m", "tests.faults.sabotage.system")

#: The queue of the executor that is sabotaged: what it has in hand is known to the last run.
FRAIL = "frail"
VICTIM = "executor-3"


@asynccontextmanager
async def sabotaged(
    traps: Traps, env: Mapping[str, str] | None = None, *, tasks: int = 20
) -> AsyncIterator[Stage]:
    """Run two schedulers, two executors for the load, and one for the queue `frail` alone."""
    settings = {
        "AUTOMATION_SCHEDULERS": "2",
        "AUTOMATION_EXECUTORS": "3",
        "PYTHONPATH": f"{CHECKOUT}:{PLUGIN}",
        **traps.env,
        **(env or {}),
    }
    async with stage(settings, tasks=tasks, program=PROGRAM) as here:
        yield here


async def frail(here: Stage, path: str) -> UUID:
    """Create a task that calls the sink, and that only the victim takes."""
    return await here.operator.create(name=path, queue=FRAIL, **calls(f"{here.sink.url}{path}"))
