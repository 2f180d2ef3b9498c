"""What an executor has to say about its runs: gathered, stored, published, in batches.

    attempt ends ──► lease, ledger and log in one transaction per batch ──► `task.finished`
    run begins ──► `task.started`, unless it has ended before the next flush
    action writes ──► `task.log`

Once an end is stored everything is true that follows from it; who waits for it reads the database,
and `task.finished` and `task.logged` only say that there is something to read. A batch that cannot
be stored is kept and tried again for as long as this process lives, and no lease runs out
meanwhile: an executor that did the work never gives up reporting it.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.executor import metrics, traces
from services.executor.claimed import ClaimedRun
from services.executor.report import AttemptEnd, started
from services.executor.store.leases import LeaseStore
from shared.bus import topology
from shared.bus.announcing import Announcer
from shared.bus.middleware import is_outage
from shared.bus.publisher import Outgoing, Publisher
from shared.contracts.runs import LogLine, RunsStarted

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


class Journal:
    """The outgoing side of one executor. `step` is run by a Loop and woken by each entry."""

    def __init__(
        self,
        executor_id: UUID,
        leases: LeaseStore,
        publisher: Publisher,
        announcer: Announcer,
    ) -> None:
        self._id = executor_id
        self._leases = leases
        self._publisher = publisher
        self._announcer = announcer
        self._ended: deque[AttemptEnd] = deque()
        self._locked: list[AttemptEnd] = []
        """Somebody else has their leases' rows in hand; tried again with the next flush."""
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

    def ended(self, end: AttemptEnd) -> None:
        """Note that an attempt ended."""
        self._begun.pop(end.key, None)
        self._ended.append(end)
        self.wake()

    def abandoned(self, run_id: UUID, attempt: int) -> None:
        """Note that an attempt is no longer ours to tell about."""
        self._begun.pop((run_id, attempt), None)

    async def flush(self, now: datetime) -> timedelta:
        """Store all results there are, say what there is to say; return how long to rest."""
        self._ended += self._locked
        self._locked = []
        while self._ended:  # all of them: a bus that is down must not keep results from the store
            await self._store_batch(now)
        self._gather_started(now)
        self._gather_lines()
        if self._unsaid:
            await self._say()
        if self._ended or self._unsaid or self._lines:
            return timedelta(0)
        if not self._locked:
            self._emptied.set()
        return REST

    async def _store_batch(self, now: datetime) -> None:
        batch = list(itertools.islice(self._ended, BATCH))
        stored = {each.key: each for each in await self._store(batch, now)}
        locked: set[tuple[UUID, int]] = set()
        if len(stored) < len(batch):
            fate = await self._leases.fate([each.key for each in batch])
            stored = {each.key: each for each in batch if each.key in fate.stored} | stored
            locked = fate.ours
            late = [each for each in batch if each.key not in stored and each.key not in locked]
            await self._keep_late(late)
        for _ in batch:  # only now: until it is stored, an end counts as held
            self._ended.popleft()
        self._locked += [each for each in batch if each.key in locked]
        await self._publish(list(stored.values()))

    async def _store(self, batch: Sequence[AttemptEnd], now: datetime) -> list[AttemptEnd]:
        """Store all at once; or if one of them cannot be, and no server is to blame, one by one.

        What cannot be stored is stored without what its action said; and if that cannot be either,
        tried again with the next flush. Returns what was stored, as it was.
        """
        try:
            return await self._store_together(batch, now)
        except Exception as error:
            if is_outage(error):
                raise
            if len(batch) > 1:
                return [end for each in batch for end in await self._store([each], now)]
            (end,) = batch
            if end == end.bare():
                log.exception(
                    "the end of a run cannot be stored", extra={"run_id": str(end.run_id)}
                )
                return []
            log.warning("the end of a run cannot be stored as it is: %s", type(error).__name__)
            return await self._store([end.bare()], now)

    async def _store_together(self, batch: Sequence[AttemptEnd], now: datetime) -> list[AttemptEnd]:
        began = time.time()
        stored = await self._leases.store(batch)
        ends = [each for each in batch if each.key in stored.attempts]
        if ends:
            metrics.stored(ends, stored.dead, now)
            traces.stored(ends, began)
        return ends

    async def _publish(self, ends: Sequence[AttemptEnd]) -> None:
        records: list[bytes] = []
        size = 0
        for end in ends:
            records.append(end.record())
            size += len(records[-1])
            if size > BATCH_BYTES:
                self._unsaid.append(self._finished(records))
                records, size = [], 0
        if records:
            self._unsaid.append(self._finished(records))
        await self._announcer.announce({end.task_id for end in ends})

    def _finished(self, records: list[bytes]) -> Outgoing:
        return self._message(topology.runs_finished(self._id), finished(records))

    async def _keep_late(self, late: Sequence[AttemptEnd]) -> None:
        for end in late:
            log.warning(
                "result came after its lease had gone to another attempt",
                extra={
                    "run_id": str(end.run_id),
                    "task_id": str(end.task_id),
                    "attempt": end.attempt,
                },
            )
        if late:
            await self._leases.keep_superseded(
                [each.key for each in late], [each.record() for each in late]
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
    """Return a `RunsFinished` message of records that are JSON already."""
    return b'{"v":1,"runs":[' + b",".join(reports) + b"]}"


def written(lines: list[bytes]) -> bytes:
    """Return a `LogLines` message of lines that are JSON already."""
    return b'{"v":1,"lines":[' + b",".join(lines) + b"]}"
