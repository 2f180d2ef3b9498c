"""Read all there is to judge, in order, whatever the bus brought or lost.

What was heard over the bus has been judged by the time a row is read here; what was not, is judged
now. A row bears the time at which it was written and appears when that is committed, so a reader
stays behind by more than any statement may take, or reads the last moments again.
"""

from __future__ import annotations

from datetime import timedelta

from services.notifier.facts import LATE_AFTER
from services.notifier.judge import Judge
from services.notifier.rules import OUTCOMES
from services.notifier.store.sources import SourceStore

#: Longer than a statement may take (`shared.db.pool.open_pool`).
COMMITTED_WITHIN = timedelta(seconds=20)
PAGE = 500


class RunReader:
    """One step: judge the runs that nobody has told us of. Each row is read once, a while after."""

    INTERVAL = timedelta(seconds=3)

    def __init__(
        self, sources: SourceStore, judge: Judge, *, behind: timedelta = COMMITTED_WITHIN
    ) -> None:
        self._sources = sources
        self._judge = judge
        self._behind = behind

    async def step(self) -> timedelta:
        """Read one page."""
        after, now = await self._sources.watermark("runs")
        until = now - self._behind
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


class OccurrenceReader:
    """One step: judge what the ledger says will not run, at once, and the last moments again."""

    INTERVAL = timedelta(seconds=1)

    def __init__(
        self, sources: SourceStore, judge: Judge, *, behind: timedelta = COMMITTED_WITHIN
    ) -> None:
        self._sources = sources
        self._judge = judge
        self._behind = behind

    async def step(self) -> timedelta:
        """Read page by page up to now."""
        after, now = await self._sources.watermark("occurrences")
        start = after
        while True:
            window = await self._sources.occurrences(start, now, PAGE, OUTCOMES)
            await self._judge.judge(window.facts)
            if window.last is None or window.last <= start:
                break
            start = window.last - timedelta(microseconds=1)
        if now - self._behind > after:
            await self._sources.advance("occurrences", now - self._behind)
        return self.INTERVAL


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
        return self.INTERVAL
