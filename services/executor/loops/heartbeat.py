"""Keep leases alive, and say that this executor is.

Renewed at a third of the lease, so that two failures in a row lose nothing. A lease that cannot be
renewed because another attempt has it means that this executor was taken for dead: its run stops.
What actions say of how far they are goes with it.

With each beat it asks whether an operator wants this executor to take nothing more. While the
database does not answer, what it said last holds; nothing can be claimed then anyway.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime, timedelta

from services.executor.intake import Intake
from services.executor.journal import Journal
from services.executor.report import spoken
from services.executor.store.leases import LeaseStore
from services.executor.store.presence import Presence, PresenceStore
from services.executor.time_of_day import DatabaseClock
from services.executor.under_way import UnderWay


class Heartbeat:
    """One step: renew what is held, report presence, measure the clock."""

    def __init__(
        self,
        *,
        intake: Intake,
        under_way: UnderWay,
        journal: Journal,
        leases: LeaseStore,
        presences: PresenceStore,
        presence: Presence,
        clock: DatabaseClock,
        host_time: Callable[[], datetime],
        lease: timedelta,
    ) -> None:
        self._intake = intake
        self._under_way = under_way
        self._journal = journal
        self._leases = leases
        self._presences = presences
        self._presence = presence
        self._clock = clock
        self._host_time = host_time
        self._interval = lease / 3
        self._is_draining = False
        self._has_left = False

    async def step(self) -> timedelta:
        """Beat once."""
        held = self._under_way.held() + self._journal.unstored()
        if held:
            progress = {
                key: json.dumps(spoken(each), ensure_ascii=False)
                for key, each in self._under_way.progress().items()
            }
            renewed = await self._leases.renew(held, progress)
            self._under_way.lost(set(held) - renewed)
        asked_at = self._clock.stopwatch()
        answer = await self._leases.database_time()
        self._clock.learn(asked_at=asked_at, answer=answer, answered_at=self._clock.stopwatch())
        self._clock.compare(self._host_time())
        self._intake.cordon(is_closed=await self._presences.is_cordoned())
        await self._report()
        return self._interval

    async def drain(self) -> None:
        """Say, from now on, that this executor takes nothing more."""
        self._is_draining = True
        await self._report()

    async def leave(self) -> None:
        """Take this executor's row away; leases are kept alive all the same."""
        self._has_left = True
        await self._presences.leave()

    async def _report(self) -> None:
        if self._has_left:
            return
        await self._presences.report(
            self._presence,
            running=self._under_way.running,
            draining=self._is_draining,
            cordoned=self._intake.is_cordoned,
            clock_offset=self._clock.offset,
        )
