"""Forgets what is old enough, and makes room for what comes.

    lines      a table per day: made two weeks ahead, dropped whole
    runs       with their attempts, in bites by an index over time. The run's id alone is their key,
               so that no run can be in the log twice; a table per day would need its day in there
    the rest   dead runs, dead letters, silences: few

Whatever cannot have its locks at once is left for the next step: nobody who writes waits for this.
What is old the database's clock says, and this host's has to agree with it (`shared.db.clocks`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from services.log_writer.store.retention import InUse, RetentionStore
from shared.db.clocks import Clocks

INTERVAL = timedelta(minutes=5)
#: While there is more: some thousand rows a second, more than can be written for long.
SOON = timedelta(milliseconds=500)
#: Rows of one bite. Its locks are held for some tens of milliseconds.
BATCH = 2_000
#: Parts for lines are made so far ahead: time enough to see that nobody makes any.
DAYS_AHEAD = 14

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """How long what is kept."""

    runs: timedelta
    lines: timedelta
    undecided: timedelta
    """Dead runs and dead letters on which nobody has decided."""


class Pruner:
    """One step: a bite of each."""

    def __init__(self, store: RetentionStore, kept: Kept, clocks: Clocks) -> None:
        self._store = store
        self._kept = kept
        self._clocks = clocks

    async def step(self) -> timedelta:
        """Make days, drop one, forget some rows; come back soon if there is more.

        Raises:
            ClocksDiffer: a clock that has jumped ahead would make everything old at once.
        """
        with self._if_free():
            await self._store.make_days(DAYS_AHEAD)
        await self._clocks.agree()
        dropped = None
        with self._if_free():
            dropped = await self._store.drop_day(self._kept.lines)
        if dropped:
            log.info("dropped log.%s: all its lines were old enough", dropped)
        gone = await self._store.forget_runs(self._kept.runs, BATCH)
        others = await self._store.forget_others(self._kept.runs, self._kept.undecided, BATCH)
        return SOON if dropped or BATCH in (gone, others) else INTERVAL

    @staticmethod
    @contextmanager
    def _if_free() -> Iterator[None]:
        try:
            yield
        except InUse:
            log.info("the parts of log.lines are in use; trying again later")
