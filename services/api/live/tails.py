"""The ends of logs that somebody watches: read once per run, however many watch it.

    log.lines ──every half second──► Tail (the newest lines) ──► watcher, watcher, ...
        └──────── page by page ─────────────────────────────────► one that is far behind

A watcher has a position and no buffer of its own: it takes what follows its position from the tail,
or from the database if the tail does not reach back so far. So one that reads slowly costs nothing,
and another replica of the API, or this one after a restart, goes on from the same position.

Lines of an attempt are numbered without gaps, but may be stored out of order. A gap is waited for,
a few seconds long.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import Counter, deque
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from services.api.store import run_lines
from services.api.store.database import Database, Unavailable
from services.api.store.run_lines import START, LineRow, Position
from services.api.wire.problems import Refused

#: Open streams of one caller, and of all together.
MOST_OF_ONE = 20
MOST = 200
#: Between two looks for new lines.
PAUSE_SECONDS = 0.5
#: How long a line that is missing is waited for.
GAP_SECONDS = 3.0
#: Lines of a run that ended arrive so long after its end at the latest, as a rule.
SETTLE_SECONDS = 3.0
#: Lines that a tail remembers, and takes in one go.
REMEMBERED = 1_000

log = logging.getLogger(__name__)


def in_order(behind: Position, rows: Sequence[LineRow]) -> int:
    """Return how many of *rows*, which follow a position, do so without a gap."""
    for count, row in enumerate(rows):
        attempt, seq = behind
        follows = row.seq == seq + 1 if row.attempt == attempt else row.seq == 1
        if not follows:
            return count
        behind = row.position
    return len(rows)


class Tail:
    """The newest lines of one run."""

    def __init__(self, database: Database, run_id: UUID) -> None:
        self._database = database
        self._run_id = run_id
        self._lines: deque[LineRow] = deque(maxlen=REMEMBERED)
        self._changed = asyncio.Event()
        self._gap_since: float | None = None
        self._before = START
        """What the oldest remembered line follows."""
        self.position = START
        """Of the newest line that may be told."""
        self.over = False
        """The run has ended, and nothing more is expected."""
        self.broken = False
        """It cannot be read just now; whoever watches may come again."""

    def behind(self, position: Position) -> list[LineRow] | None:
        """Return the remembered lines behind *position*; None: there are older ones."""
        if position < self._before:
            return None
        return [row for row in self._lines if row.position > position]

    async def changes(self, seconds: float) -> None:
        """Wait until there is something new, at most so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()

    async def read(self, position: Position, limit: int) -> list[LineRow]:
        """Read the lines behind *position* from the database, up to where this tail is."""
        until = (self.position[0], self.position[1] + 1)
        async with self._database.connection() as connection:
            return await run_lines.page(
                connection, self._run_id, after=position, before=until, limit=limit
            )

    async def follow(self) -> None:
        """Read on until the run is over, or the database is away."""
        try:
            async with self._database.connection() as connection:
                self.position = self._before = await run_lines.newest(connection, self._run_id)
            self._tell()
            while not self.over:
                await self._look()
                if not self.over:
                    await asyncio.sleep(PAUSE_SECONDS)
        except Unavailable:
            self.broken = True
        except Exception:
            self.broken = True
            log.exception("a log cannot be followed", extra={"run_id": str(self._run_id)})
        finally:
            self._tell()

    async def _look(self) -> None:
        async with self._database.connection() as connection:
            rows = await run_lines.page(
                connection, self._run_id, after=self.position, limit=REMEMBERED
            )
            if not rows:
                self.over = await run_lines.is_over(connection, self._run_id, SETTLE_SECONDS)
                return
        self._take(rows, asyncio.get_running_loop().time())

    def _take(self, rows: Sequence[LineRow], now: float) -> None:
        ready = in_order(self.position, rows)
        if ready < len(rows):
            self._gap_since = self._gap_since or now
            if now - self._gap_since > GAP_SECONDS:
                ready = len(rows)
        if ready == len(rows):
            self._gap_since = None
        if not ready:
            return
        for row in rows[:ready]:
            if len(self._lines) == REMEMBERED:
                self._before = self._lines[0].position
            self._lines.append(row)
        self.position = rows[ready - 1].position
        self._tell()

    def _tell(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()


class Tails:
    """All tails of this process, and room for a bounded number of watchers."""

    def __init__(self, *, most: int = MOST, most_of_one: int = MOST_OF_ONE) -> None:
        self._tails: dict[UUID, tuple[Tail, asyncio.Task[None], int]] = {}
        self._watching: Counter[str] = Counter()
        self._most = most
        self._most_of_one = most_of_one
        self.closing = False
        """The process is about to end: watchers had better go elsewhere."""

    def close(self) -> None:
        """Send all watchers away."""
        self.closing = True
        for tail, reader, _ in self._tails.values():
            tail.broken = True
            reader.cancel()

    @contextmanager
    def place(self, caller: str) -> Iterator[None]:
        """Take one of the places for watchers.

        Raises:
            Refused: 429, this caller has all that one may have; 503, there is none left.
        """
        if self._watching[caller] >= self._most_of_one:
            raise Refused(
                429,
                "stream.many_of_yours",
                params={"limit": self._most_of_one},
                headers={"Retry-After": "5"},
            )
        if self._watching.total() >= self._most or self.closing:
            raise Refused(503, "stream.many", headers={"Retry-After": "5"})
        self._watching[caller] += 1
        try:
            yield
        finally:
            self._watching[caller] -= 1
            if not self._watching[caller]:
                del self._watching[caller]

    @asynccontextmanager
    async def watched(self, database: Database, run_id: UUID) -> AsyncIterator[Tail]:
        """Lend the tail of a run; it is followed while anybody has it."""
        found = self._tails.get(run_id)
        if found is None or found[0].broken:
            tail = Tail(database, run_id)
            found = tail, asyncio.create_task(tail.follow()), 0
        tail, reader, watchers = found
        self._tails[run_id] = tail, reader, watchers + 1
        try:
            yield tail
        finally:
            self._leave(run_id, tail)

    def _leave(self, run_id: UUID, tail: Tail) -> None:
        found = self._tails.get(run_id)
        if found is None or found[0] is not tail:
            return  # another one has taken its place since it broke
        _, reader, watchers = found
        if watchers > 1:
            self._tails[run_id] = tail, reader, watchers - 1
            return
        del self._tails[run_id]
        reader.cancel()
