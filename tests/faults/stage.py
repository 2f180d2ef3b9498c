"""A whole system under load, a hand that breaks it, and the judgement afterwards.

    async with stage({"AUTOMATION_SCHEDULERS": "2"}) as here:
        await here.steady()
        await here.kill("nats")
        await here.steady()
        await here.judge("nats-server")

The load never stops; each judgement covers everything since the beginning, its figures only what
was due since the fault.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple
from uuid import UUID

from tests.support import checker
from tests.support.checker import Figures, Verdict
from tests.support.history import Fault, History
from tests.support.http_sink import HttpSink
from tests.support.load import Load, Operator
from tests.support.system import UP, System
from tests.support.under_load import UnderLoad
from tests.support.witness import Witness

#: Everything that was due must have ended this long after a fault is over.
DRAINED_WITHIN = checker.QUIESCE + timedelta(seconds=5)
#: How long runs of a dead executor rest on the system that the short tests share; promise 6 allows
#: them so much more until they start again. `test_every_process.py` meets the default of 10 s.
LEASE, RESCUE = 4, 5  # seconds
#: How long an action may go on there after it was told to stop.
GRACE = 0.5  # seconds
PATIENCE = 60  # seconds, for what is bound to happen; only a failure takes so long
POLL = 0.02  # seconds
TAIL = 25  # lines of each log that a failure shows
SEED = 20260301


class Line(NamedTuple):
    """A line of the table at the end."""

    fault: str
    times: int
    down: float
    verdict: Verdict
    figures: Figures


#: What was measured, for the table that `conftest.py` prints.
TABLE: list[Line] = []


@dataclass(slots=True, kw_only=True)
class Stage(UnderLoad):
    """One system, its sink and its load."""

    system: System
    sink: HttpSink
    retried: set[UUID] = field(default_factory=set)
    """Tasks whose attempts fail on purpose."""
    failing: set[UUID] = field(default_factory=set)
    """Tasks whose runs end badly on purpose."""
    restless: set[str] = field(default_factory=set)
    """Processes that may be started again as often as it takes."""
    forgotten: set[UUID] = field(default_factory=set)
    """Runs by hand that the database knew once: an older state of it was restored."""

    async def kill(self, name: str) -> float:
        """Kill -9 a process; return how many seconds later the supervisor has it ready again."""
        began = time.monotonic()
        with self.fault("kill -9", name):
            old = self.system.kill(name)
            await self.system.wait_restarted(name, old, within=timedelta(seconds=60))
        return time.monotonic() - began

    async def stop(self, name: str) -> float:
        """Stop a process as an operator does; return when it is back."""
        began = time.monotonic()
        with self.fault("SIGTERM", name):
            old = self.system.kill(name, by=signal.SIGTERM)
            await self.system.wait_restarted(name, old, within=timedelta(seconds=60))
        return time.monotonic() - began

    @contextmanager
    def frozen(self, *names: str) -> Iterator[None]:
        """Stop processes as they are; they go on at the end."""
        pids = [self.system.kill(name, by=signal.SIGSTOP) for name in names]
        try:
            yield
        finally:
            for pid in pids:
                os.kill(pid, signal.SIGCONT)

    @contextmanager
    def crashes(self, *names: str) -> Iterator[None]:
        """Note every crash of these processes as a fault of ours: it was asked for."""
        began_at, before = datetime.now(UTC), self.restarts()
        yield
        crashed, ended_at = self.restarts() - before, datetime.now(UTC)
        self.faults += [
            Fault(kind="kill -9", target=name, began_at=began_at, ended_at=ended_at)
            for name in names
            for _ in range(crashed[name])
        ]

    async def value(self, query: str, *arguments: object) -> Any:  # noqa: ANN401 - whatever it finds
        """Return the one value that a query finds."""
        connection = await self.witness.connect()
        try:
            return await connection.fetchval(query, *arguments)
        finally:
            await connection.close()

    async def until_value(self, query: str, *arguments: object, what: str) -> Any:  # noqa: ANN401 - as above
        """Wait until a query finds something that is true; return it."""
        connection = await self.witness.connect()
        try:
            deadline = time.monotonic() + PATIENCE
            while not (found := await connection.fetchval(query, *arguments)):
                assert time.monotonic() < deadline, f"never: {what}\n{self.tails()}"
                await asyncio.sleep(POLL)
        finally:
            await connection.close()
        return found

    async def judge(self, what: str) -> Figures:
        """Wait until all that was due has ended, then compare everything with everything."""
        until = datetime.now(UTC)
        news = self.news()
        try:
            left = await self.drained(until)
            history = await self.history()
            verdict = checker.judge(history)
            self.accept(verdict, left=left)
            kills = Counter(each.target for each in self.faults if each.ends)
            restarts = self.restarts()
            for name in self.restless:
                restarts.pop(name, None)
            assert restarts == kills
        except AssertionError as error:
            raise AssertionError(f"{what}\n{error}\n{self.tails()}") from error
        since = min((each.began_at for each in news), default=until)
        figures = checker.measure(history, since, until)
        down = max(((each.ended_at - each.began_at).total_seconds() for each in news), default=0)
        TABLE.append(Line(what, len(news), down, verdict, figures))
        return figures

    async def drained(self, until: datetime) -> int:
        """Wait until all that was due up to *until* has ended; return how much has not."""
        return await self.witness.drained(
            until, acknowledged=self.operator.acknowledged, within=DRAINED_WITHIN
        )

    def restarts(self) -> Counter[str]:
        """Return how often each process was started again; more than it was killed is a crash."""
        processes = self.system.state.processes
        return Counter({each.name: each.restarts for each in processes if each.restarts})

    async def history(self) -> History:
        """Read everything that is known."""
        history = await self.witness.history(
            versions=self.operator.versions,
            acknowledged=self.operator.acknowledged,
            faults=self.faults,
            unseen=self.operator.unseen,
            retried=self.retried,
            failing=self.failing,
        )
        seen = [each for each in history.effects if each.run_id not in self.forgotten]
        return replace(history, effects=seen)

    def tails(self) -> str:
        """Return the last lines that each process said."""
        logs = sorted((self.system.home / "logs").glob("*.log"))
        return "\n".join(f"--- {log.name}\n{_tail(log)}" for log in logs)


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-TAIL:])


@asynccontextmanager
async def stage(
    env: Mapping[str, str] | None = None,
    *,
    tasks: int = 40,
    longest: float = 2,
    program: Sequence[str] = UP,
    home: Path | None = None,
    dsn: str | None = None,
) -> AsyncIterator[Stage]:
    """Start a system, its sink and its load; wait until runs come in.

    *home* is one that was prepared for it; *dsn* is where the witness reads, if the way of the
    services to their database is not for it.
    """
    settings = {"AUTOMATION_EGRESS_ALLOW": "127.0.0.1/32", **(env or {})}
    with TemporaryDirectory(prefix="automation-sink-") as folder:
        async with (
            HttpSink(Path(folder)) as sink,
            System(env=settings, program=program, home=home) as system,
            Operator(lambda: system.api_url, system.token) as operator,
            Load(operator, sink.url, tasks=tasks, longest=longest, seed=SEED) as load,
        ):
            here = Stage(
                system=system,
                sink=sink,
                operator=operator,
                witness=Witness(sink.file, lambda: dsn or system.dsn),
                load=load,
            )
            await here.steady()
            yield here


async def wipe_jetstream(here: Stage) -> None:
    """Kill NATS and let it come back with nothing.

    The folder is moved away just before, in one step: the supervisor is quicker than `rm -rf`.
    """
    store = here.system.home / "nats" / "jetstream"
    gone = store.with_name("gone")
    store.rename(gone)
    await here.kill("nats")
    shutil.rmtree(gone)


HEAD = (
    "fault",
    "times",
    "down s",
    "runs",
    "missed",
    "duplicate",
    "lost",
    "2 ends",
    "2 calls",
    "late p50",
    "p99",
    "max s",
    "on time in s",
    "redone in s",
    "ended in s",
)


def table() -> str:
    """Return what was measured, as a table."""
    rows = [HEAD, *map(_cells, TABLE)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def _cells(line: Line) -> tuple[str, ...]:
    verdict, figures = line.verdict, line.figures
    return (
        line.fault,
        str(line.times),
        f"{line.down:.1f}",
        str(figures.runs),
        str(len(verdict.missed) + len(verdict.not_fired)),
        str(len(verdict.duplicate)),
        str(len(verdict.lost) + len(verdict.stuck) + len(verdict.forgotten)),
        str(len(verdict.double_final)),
        f"{figures.twice} of {figures.under_way}",
        f"{figures.median:.2f}",
        f"{figures.p99:.2f}",
        f"{figures.latest:.2f}",
        f"{figures.on_time_again:.1f}",
        f"{figures.redone:.1f}",
        f"{figures.ended:.1f}",
    )
