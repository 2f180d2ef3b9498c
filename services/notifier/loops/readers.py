"""Read all there is to judge, in order, whatever the bus brought or lost.

A row bears the time at which it was written and appears when that is committed, so a reader
stays behind by more than any statement may take, or reads the last moments again.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

from services.notifier.facts import LATE_AFTER
from services.notifier.judge import Judge
from services.notifier.rules import OUTCOMES
from services.notifier.store.sources import SourceStore, Window

#: Longer than a statement may take (`shared.db.pool.open_pool`).
COMMITTED_WITHIN = timedelta(seconds=20)
#: Most transactions commit sooner; what does not is judged a little later.
MOSTLY_WITHIN = timedelta(seconds=1)
PAGE = 500


class RunReader:
    """One step: judge the runs that began or ended since the last look.

    `task.started` and `task.finished` wake it. Each row is read again later, when no other one can
    appear before it any more.
    """

    INTERVAL = timedelta(seconds=3)

    def __init__(
        self, sources: SourceStore, judge: Judge, *, behind: timedelta = COMMITTED_WITHIN
    ) -> None:
        self._sources = sources
        self._judge = judge
        self._behind = behind
        self._looked_until: datetime | None = None

    async def step(self) -> timedelta:
        """Read the last moments, and one page of what lies behind them."""
        after, now = await self._sources.watermark("runs")
        fresh = max(after, (self._looked_until or now - self._behind) - MOSTLY_WITHIN)
        while fresh < now:
            window = await self._sources.runs(fresh, now, PAGE)
            await self._judge.judge(window.facts)
            if window.last is None:
                break
            fresh = _behind(window.last, fresh)
        self._looked_until = now
        return await self._read_again(after, now - self._behind)

    async def _read_again(self, after: datetime, until: datetime) -> timedelta:
        if until <= after:
            return self.INTERVAL
        window = await self._sources.runs(after, until, PAGE)
        await self._judge.judge(window.facts)
        if window.last is not None and window.last > after:
            # Others of the same instant may be on the next page; what was judged is left out there.
            await self._sources.advance("runs", window.last - timedelta(microseconds=1))
            return timedelta(0)
        await self._sources.advance("runs", until)
        return self.INTERVAL


def _behind(last: datetime, start: datetime) -> datetime:
    """Return where the next page begins: others of the same instant may be on it."""
    before = last - timedelta(microseconds=1)
    return before if before > start else last


Read = Callable[[datetime, datetime], Awaitable[Window]]


class FreshReader:
    """One step: judge what a source says, at once, and the last moments again."""

    def __init__(
        self,
        source: str,
        read: Read,
        sources: SourceStore,
        judge: Judge,
        *,
        interval: timedelta,
        behind: timedelta,
    ) -> None:
        self._source = source
        self._read = read
        self._sources = sources
        self._judge = judge
        self._interval = interval
        self._behind = behind

    async def step(self) -> timedelta:
        """Read page by page up to now."""
        after, now = await self._sources.watermark(self._source)
        start = after
        while True:
            window = await self._read(start, now)
            await self._judge.judge(window.facts)
            if window.last is None:
                break
            start = _behind(window.last, start)
        if now - self._behind > after:
            await self._sources.advance(self._source, now - self._behind)
        return self._interval


def occurrence_reader(
    sources: SourceStore, judge: Judge, *, behind: timedelta = COMMITTED_WITHIN
) -> FreshReader:
    """Return what reads in the ledger what will not run."""

    async def read(after: datetime, until: datetime) -> Window:
        return await sources.occurrences(after, until, PAGE, OUTCOMES)

    interval = timedelta(seconds=1)
    return FreshReader("occurrences", read, sources, judge, interval=interval, behind=behind)


def silence_reader(
    sources: SourceStore, judge: Judge, *, behind: timedelta = COMMITTED_WITHIN
) -> FreshReader:
    """Return what reads which schedules nobody fires, by the watchdog's word."""

    async def read(after: datetime, until: datetime) -> Window:
        return await sources.silences(after, until, PAGE)

    interval = timedelta(seconds=5)
    return FreshReader("silences", read, sources, judge, interval=interval, behind=behind)


class LateReader:
    """One step: judge what is due and does not begin."""

    INTERVAL = timedelta(seconds=5)

    def __init__(self, sources: SourceStore, judge: Judge) -> None:
        self._sources = sources
        self._judge = judge

    async def step(self) -> timedelta:
        """Look once."""
        facts = await self._sources.waiting(LATE_AFTER, PAGE)
        await self._judge.judge(facts)
        return self.INTERVAL if len(facts) < PAGE else timedelta(0)
