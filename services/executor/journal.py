"""What an executor has to say about its runs: gathered, stored, said, in batches.

    run ends ──► result stored with the lease (one statement per batch) ──► `task.finished`
    run begins ──► `task.started`, unless it has ended before the next flush
    action writes ──► `task.log`

The result is stored before it is said, so that nothing said is ever lost with a wiped bus, and no
lease runs out while its result is still on the way. A batch that cannot be stored or said is kept
and tried again for as long as this process lives: an executor that did the work never gives up
reporting it.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.executor import metrics
from services.executor.claimed import ClaimedRun
from services.executor.report import started
from services.executor.store.leases import LeaseStore
from shared.bus import topology
from shared.bus.publisher import Outgoing, Publisher
from shared.contracts.runs import (
    LogLine,
    RunFinished,
    RunsStarted,
)

#: Results per statement and message. Larger batches gain nothing measurable.
BATCH = 200
#: Lines per message.
LINES = 100
#: Messages of lines made at once; the others wait as lines.
LINE_MESSAGES = 20
#: Lines that wait while the bus is down. Beyond this they are dropped: results matter more, and the
#: gap in the numbers tells readers that some are missing.
MOST_LINE_BYTES = 64 << 20
#: A run shorter than this is told only once, by its end.
STARTED_AFTER = timedelta(milliseconds=100)
REST = timedelta(milliseconds=50)
#: A message holds at most this and one record more: a server takes 1 MiB, and a record has at most
#: 0.1 MiB (see `runner`).
BATCH_BYTES = 700_000

log = logging.getLogger(__name__)


class _Begun(NamedTuple):
    """A beginning, to be reported if the run is not over by the next flush."""

    run: ClaimedRun
    at: datetime
    executor: str


class _Ended(NamedTuple):
    """A result and its record."""

    run: RunFinished
    report: bytes

    @property
    def key(self) -> tuple[UUID, int]:
        return self.run.run_id, self.run.attempt


class Journal:
    """The outgoing side of one executor. `step` is run by a Loop and woken by each entry."""

    def __init__(self, executor_id: UUID, leases: LeaseStore, publisher: Publisher) -> None:
        self._id = executor_id
        self._leases = leases
        self._publisher = publisher
        self._ended: deque[_Ended] = deque()
        self._locked: list[_Ended] = []
        """Somebody else has their leases' rows in hand; to be tried again with the next flush."""
        self._unsaid: deque[Outgoing] = deque()
        self._begun: dict[tuple[UUID, int], _Begun] = {}
        self._lines: deque[bytes] = deque()
        self._line_bytes = 0
        self._messages = 0
        self._emptied = asyncio.Event()
        self.wake: Callable[[], None] = lambda: None

    @property
    def is_empty(self) -> bool:
        """True if everything is stored and said."""
        return not (self._ended or self._locked or self._unsaid or self._lines)

    def unstored(self) -> list[tuple[UUID, int]]:
        """Return the attempts whose results wait to be stored: their leases must not run out."""
        return [each.key for each in (*self._ended, *self._locked)]

    async def emptied(self) -> None:
        """Wait until everything is stored and said."""
        while not self.is_empty:
            self._emptied.clear()
            await self._emptied.wait()

    def begun(self, run: ClaimedRun, at: datetime, executor: str) -> None:
        """Note that a run began."""
        self._begun[run.run_id, run.attempt] = _Begun(run, at, executor)

    def wrote(self, line: LogLine) -> None:
        """Note a line of a run's log."""
        if self._line_bytes > MOST_LINE_BYTES:
            metrics.LINES_DROPPED.inc()
            return
        record = line.model_dump_json().encode()
        self._lines.append(record)
        self._line_bytes += len(record)

    def ended(self, run: RunFinished) -> None:
        """Note that a run ended."""
        # Written out here: a result that cannot be is its run's trouble, not that of a batch.
        ended = _Ended(run, run.model_dump_json().encode())
        self._begun.pop(ended.key, None)
        self._ended.append(ended)
        self.wake()

    def abandoned(self, run_id: UUID, attempt: int) -> None:
        """Note that an attempt is no longer ours to tell about."""
        self._begun.pop((run_id, attempt), None)

    async def flush(self, now: datetime) -> timedelta:
        """Store all results there are, say what there is to say; return how long to rest."""
        self._ended += self._locked
        self._locked = []
        while self._ended:  # all of them: a bus that is down must not keep results from the store
            await self._store_batch()
        self._gather_started(now)
        self._gather_lines()
        if self._unsaid:
            await self._say()
        if self._ended or self._unsaid or self._lines:
            return timedelta(0)
        if not self._locked:
            self._emptied.set()
        return REST

    async def _store_batch(self) -> None:
        batch: list[_Ended] = []
        size = 0
        for ended in itertools.islice(self._ended, BATCH):
            batch.append(ended)
            size += len(ended.report)
            if size > BATCH_BYTES:
                break
        stored = await self._leases.finish([each.run for each in batch], [e.report for e in batch])
        locked: set[tuple[UUID, int]] = set()
        if len(stored) < len(batch):
            fate = await self._leases.fate([each.key for each in batch])
            stored, locked = stored | fate.stored, fate.ours
            late = [each for each in batch if each.key not in stored | locked]
            await self._keep_late(late)
        for _ in batch:  # only now: until it is stored, a result counts as held
            self._ended.popleft()
        self._locked += [each for each in batch if each.key in locked]
        said = [each.report for each in batch if each.key in stored]
        if said:
            self._unsaid.append(self._message(topology.runs_finished(self._id), finished(said)))

    async def _keep_late(self, late: list[_Ended]) -> None:
        for run, _ in late:
            log.warning(
                "result came after its lease had gone to another attempt",
                extra={
                    "run_id": str(run.run_id),
                    "task_id": str(run.task_id),
                    "attempt": run.attempt,
                },
            )
        if late:
            await self._leases.keep_superseded(
                [each.key for each in late], [each.report for each in late]
            )

    def _gather_started(self, now: datetime) -> None:
        old = [each for each in self._begun.values() if now - each.at >= STARTED_AFTER][:BATCH]
        for run, _, _ in old:
            del self._begun[run.run_id, run.attempt]
        if old:
            message = RunsStarted(runs=tuple(started(*each) for each in old))
            self._unsaid.append(self._message(topology.runs_started(self._id), message.encode()))

    def _gather_lines(self) -> None:
        while self._lines and len(self._unsaid) < LINE_MESSAGES:
            records: list[bytes] = []
            size = 0
            while self._lines and len(records) < LINES and size <= BATCH_BYTES:
                records.append(self._lines.popleft())
                size += len(records[-1])
            self._line_bytes -= size
            self._unsaid.append(self._message(topology.log_lines(self._id), written(records)))

    def _message(self, subject: str, payload: bytes) -> Outgoing:
        self._messages += 1
        return Outgoing(subject, payload, f"{self._id}:{self._messages}")

    async def _say(self) -> None:
        batch = list(self._unsaid)
        unknown = set(await self._publisher.publish(batch))
        self._unsaid = deque(message for i, message in enumerate(batch) if i in unknown)
        if unknown:
            raise ConnectionError(f"{len(unknown)} of {len(batch)} reports not acknowledged")


def finished(reports: list[bytes]) -> bytes:
    """Return a `RunsFinished` message of records that are JSON already.

    They were made to be stored; joining them spares the inner loop a second serialisation. The
    golden files of the contract tests hold this and `RunsFinished.encode` together.
    """
    return b'{"v":1,"runs":[' + b",".join(reports) + b"]}"


def written(lines: list[bytes]) -> bytes:
    """Return a `LogLines` message of lines that are JSON already."""
    return b'{"v":1,"lines":[' + b",".join(lines) + b"]}"
