"""Reads what happened: the sink's calls, and what the ledger and the log say.

The order of reading is the point. A run enters the ledger, then is called, then ends in the log; so
the log is read first and the ledger last, and whatever is in one reading must be in the next.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias, TypeVar
from uuid import UUID

import asyncpg

from tests.support.history import Effect, Fault, History, LogRow, Occurrence, Version

Database: TypeAlias = "asyncpg.Connection[asyncpg.Record]"
Found = TypeVar("Found")

CONNECTS_WITHIN = timedelta(seconds=30)
POLL = timedelta(milliseconds=50)

LEDGER = "SELECT run_id, task_id, trigger, scheduled_for, outcome FROM scheduler.occurrences"
LOG = """
SELECT run_id, task_id, status, attempt, started_at, completed_at,
       coalesce(error_message, '') AS error
FROM log.runs
"""
COUNTED = "SELECT task_id, run_count FROM log.task_statistics"
ROWS = "SELECT count(*) FROM scheduler.occurrences"
UNFINISHED = """
SELECT count(*) FROM scheduler.occurrences o
WHERE o.outcome = 'fired' AND o.scheduled_for <= $1
  AND NOT EXISTS (SELECT FROM log.runs r WHERE r.run_id = o.run_id AND r.final)
"""
BEHIND = "SELECT count(*) FROM scheduler.jobs WHERE enabled AND next_fire_at <= $1"

FORGOTTEN = """
SELECT count(*) FROM unnest($1::uuid[]) AS promised (run_id)
WHERE NOT EXISTS (SELECT FROM scheduler.occurrences o WHERE o.run_id = promised.run_id)
"""


class SinkReader:
    """The calls of one sink, read as they come."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._offset = 0
        self._effects: list[Effect] = []

    def effects(self) -> list[Effect]:
        """Return all calls of runs so far."""
        with self._file.open("rb") as file:
            file.seek(self._offset)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._offset += len(whole)
        calls = (json.loads(line) for line in whole.splitlines())
        self._effects += [_effect(call) for call in calls if "idempotency-key" in call["headers"]]
        return self._effects

    async def wait(
        self, enough: Callable[[list[Effect]], Found | None], *, within: timedelta, what: str
    ) -> Found:
        """Wait until the calls are what is waited for; fail after the deadline."""
        deadline = time.monotonic() + within.total_seconds()
        while not (found := enough(self.effects())):
            assert time.monotonic() < deadline, f"not within {within.total_seconds():g} s: {what}"
            await asyncio.sleep(POLL.total_seconds())
        return found

    async def wait_for_more(self, calls: int, *, within: timedelta = timedelta(seconds=60)) -> None:
        """Wait until so many calls more have arrived."""
        goal = len(self.effects()) + calls
        await self.wait(
            lambda effects: len(effects) >= goal or None, within=within, what=f"{calls} more calls"
        )


class Witness:
    """Everything that can be read about one system."""

    def __init__(self, sink: Path, dsn: Callable[[], str]) -> None:
        self.sink = SinkReader(sink)
        self._dsn = dsn
        self._log: Sequence[LogRow] = ()

    async def connect(self) -> Database:
        """Connect to the system's database; it may be restarting."""
        deadline = time.monotonic() + CONNECTS_WITHIN.total_seconds()
        while True:
            try:
                return await asyncpg.connect(self._dsn(), timeout=5)
            except (OSError, TimeoutError, asyncpg.PostgresError, asyncpg.InterfaceError):
                if time.monotonic() > deadline:
                    raise
            await asyncio.sleep(POLL.total_seconds())

    async def ledger_grows(self, rows: int, *, within: timedelta = timedelta(seconds=60)) -> None:
        """Wait until so many rows more are in the ledger."""
        connection = await self.connect()
        try:
            deadline = time.monotonic() + within.total_seconds()
            goal = await connection.fetchval(ROWS) + rows
            while await connection.fetchval(ROWS) < goal:
                assert time.monotonic() < deadline, f"the ledger has not grown by {rows} rows"
                await asyncio.sleep(POLL.total_seconds())
        finally:
            await connection.close()

    async def drained(
        self, until: datetime, *, acknowledged: Mapping[UUID, datetime], within: timedelta
    ) -> int:
        """Wait until all that was due or acknowledged up to *until* has its final row.

        Returns how many runs are still open when the time is up: it is for the checker to say what
        that means.
        """
        promised = [run_id for run_id, at in acknowledged.items() if at <= until]
        deadline = time.monotonic() + within.total_seconds()
        while True:
            left = await self._open(until, promised)
            if not left or time.monotonic() > deadline:
                return left
            await asyncio.sleep(POLL.total_seconds())

    async def _open(self, until: datetime, promised: Sequence[UUID]) -> int:
        connection = await self.connect()
        try:
            counts = [
                await connection.fetchval(BEHIND, until),
                await connection.fetchval(UNFINISHED, until),
                await connection.fetchval(FORGOTTEN, promised),
            ]
        finally:
            await connection.close()
        return sum(counts)

    async def history(
        self,
        *,
        versions: Sequence[Version],
        acknowledged: Mapping[UUID, datetime],
        faults: Sequence[Fault] = (),
        unseen: Collection[UUID] = (),
        retried: Collection[UUID] = (),
        failing: Collection[UUID] = (),
    ) -> History:
        """Read everything; what the log said the last time is in it too."""
        acknowledged = dict(acknowledged)
        connection = await self.connect()
        try:
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                log = [_log_row(row) for row in await connection.fetch(LOG)]
                counted = {
                    row["task_id"]: row["run_count"] for row in await connection.fetch(COUNTED)
                }
            effects = list(self.sink.effects())
            read_at = datetime.now(UTC)
            ledger = [_occurrence(row) for row in await connection.fetch(LEDGER)]
        finally:
            await connection.close()
        earlier, self._log = self._log, log
        return History(
            versions=list(versions),
            ledger=ledger,
            log=log,
            effects=effects,
            read_at=read_at,
            faults=list(faults),
            acknowledged=acknowledged,
            unseen=unseen,
            retried=retried,
            failing=failing,
            counted=counted,
            earlier_log=earlier,
        )


def _effect(call: dict[str, object]) -> Effect:
    headers, wall = call["headers"], call["wall"]
    assert isinstance(headers, dict)
    assert isinstance(wall, float)
    return Effect(
        run_id=UUID(headers["idempotency-key"]),
        attempt=int(headers["x-automation-attempt"]),
        at=datetime.fromtimestamp(wall, UTC),
        path=str(call["path"]),
    )


def _log_row(row: asyncpg.Record) -> LogRow:
    return LogRow(
        run_id=row["run_id"],
        task_id=row["task_id"],
        status=row["status"],
        attempt=row["attempt"],
        started_at=row["started_at"],
        completed_at=row["completed_at"],
        error=row["error"],
    )


def _occurrence(row: asyncpg.Record) -> Occurrence:
    return Occurrence(
        run_id=row["run_id"],
        task_id=row["task_id"],
        trigger=row["trigger"],
        scheduled_at=row["scheduled_for"],
        outcome=row["outcome"],
    )
