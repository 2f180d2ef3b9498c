"""Writes what executors say about runs: what is true, and each record for itself if it must be.

    message ──► true by the leases? ──► written, all in one statement
                  │ no                      │ that fails, and no server is to blame
                  ▼                         ▼
             kept as evidence          one after the other: a record that cannot be written
             (a dead letter)           holds up none of the others

A message carries up to 200 records of one executor, of any tasks. Every record that can be written
is, before the message's trouble is told; when it comes again they change nothing.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import NamedTuple, TypeVar
from uuid import UUID

from services.log_writer import metrics, traces
from services.log_writer.store.dead_runs import DeadRunStore
from services.log_writer.store.leases import LeaseReader
from services.log_writer.store.runs import RunStore
from shared.bus.middleware import is_outage
from shared.contracts.runs import RunFinished, RunStarted

R = TypeVar("R", bound=RunStarted)
Write = Callable[[Sequence[R]], Awaitable[list[UUID]]]


class Untrue(ValueError):
    """A message says of runs what their leases do not bear out."""


class Recorded(NamedTuple):
    """What came of a message."""

    changed: list[UUID]
    """Tasks for which it was news."""
    trouble: Exception | None
    """Why it was not all written."""


class Recorder:
    """The one way in which runs get into the log."""

    def __init__(self, runs: RunStore, dead_runs: DeadRunStore, leases: LeaseReader) -> None:
        self._runs = runs
        self._dead_runs = dead_runs
        self._leases = leases

    async def started(self, runs: Sequence[RunStarted]) -> Recorded:
        """Note that runs began."""
        return await _write(runs, await self._leases.begun(runs), self._runs.write_started)

    async def finished(self, runs: Sequence[RunFinished]) -> Recorded:
        """Note how runs ended, once, and which of them are dead."""
        return await _write(runs, await self._leases.ended(runs), self._write_finished)

    async def _write_finished(self, runs: Sequence[RunFinished]) -> list[UUID]:
        began = time.time()
        changed = await self._runs.write_finished(runs)
        traces.recorded(runs, began)
        metrics.DEAD_RUNS.inc(await self._dead_runs.write(runs))
        return changed


async def _write(runs: Sequence[R], true: Collection[int], write: Write[R]) -> Recorded:
    recorded = await _each_for_itself([run for at, run in enumerate(runs) if at in true], write)
    metrics.UNTRUE.inc(len(runs) - len(true))
    if len(true) < len(runs) and recorded.trouble is None:
        return Recorded(recorded.changed, Untrue(f"{len(runs) - len(true)} of {len(runs)} records"))
    return recorded


async def _each_for_itself(runs: Sequence[R], write: Write[R]) -> Recorded:
    """Write all at once, or if that cannot be, one by one."""
    try:
        return Recorded(await write(runs), None)
    except Exception as error:
        if len(runs) <= 1 or is_outage(error):
            raise
    changed: list[UUID] = []
    trouble: Exception | None = None
    for run in runs:
        try:
            changed += await write([run])
        except Exception as error:
            if is_outage(error):
                raise
            trouble = error
    return Recorded(changed, trouble)
