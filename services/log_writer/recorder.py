"""Writes which runs began: what is true, and each record for itself if it must be.

    message ──► true by the leases? ──► written, all in one statement
                  │ no                      │ that fails, and no server is to blame
                  ▼                         ▼
             kept as evidence          one after the other: a record that cannot be written
             (a dead letter)           holds up none of the others

A message carries up to 200 records of one executor, of any tasks. Every record that can be written
is, before the message's trouble is told; when it comes again they change nothing. How runs end the
executors write themselves, with the lease (`executor.store_ends`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from services.log_writer import metrics
from services.log_writer.store.runs import RunStore
from shared.bus.middleware import is_outage
from shared.contracts.runs import RunStarted


class Untrue(ValueError):
    """A message says of runs what their leases do not bear out."""


class Recorded(NamedTuple):
    """What came of a message."""

    changed: list[UUID]
    """Tasks for which it was news."""
    trouble: Exception | None
    """Why it was not all written."""


class Recorder:
    """The one way in which beginnings get into the log."""

    def __init__(self, runs: RunStore) -> None:
        self._runs = runs

    async def started(self, runs: Sequence[RunStarted]) -> Recorded:
        """Note that runs began."""
        places = await self._runs.begun(runs)
        true = [run for at, run in enumerate(runs) if at in places]
        recorded = await self._write(true)
        metrics.UNTRUE.inc(len(runs) - len(true))
        if len(true) < len(runs) and recorded.trouble is None:
            trouble = Untrue(f"{len(runs) - len(true)} of {len(runs)} records")
            return Recorded(recorded.changed, trouble)
        return recorded

    async def _write(self, runs: Sequence[RunStarted]) -> Recorded:
        """Write all at once, or if that cannot be, one by one."""
        try:
            return Recorded(await self._runs.write_started(runs), None)
        except Exception as error:
            if len(runs) <= 1 or is_outage(error):
                raise
        changed: list[UUID] = []
        trouble: Exception | None = None
        for run in runs:
            try:
                changed += await self._runs.write_started([run])
            except Exception as error:
                if is_outage(error):
                    raise
                trouble = error
        return Recorded(changed, trouble)
