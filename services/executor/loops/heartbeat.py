"""Keep leases alive, and say that this executor is.

Renewed at a third of the lease, so that two failures in a row lose nothing. A lease that cannot be
renewed because another attempt has it means that this executor was taken for dead: its run stops.
What actions say of how far they are goes with it.
"""

from __future__ import annotations

import json
import socket
from collections.abc import Mapping
from datetime import timedelta

from services.executor.journal import Journal
from services.executor.report import spoken
from services.executor.store.leases import LeaseStore
from services.executor.store.presence import PresenceStore
from services.executor.time_of_day import DatabaseClock
from services.executor.under_way import UnderWay


class Heartbeat:
    """One step: renew what is held, report presence, measure the clock."""

    def __init__(
        self,
        *,
        under_way: UnderWay,
        journal: Journal,
        leases: LeaseStore,
        presence: PresenceStore,
        clock: DatabaseClock,
        lease: timedelta,
        instance: str,
        slots: int,
        actions: list[str],
        queues: list[str],
        labels: Mapping[str, str],
    ) -> None:
        self._under_way = under_way
        self._journal = journal
        self._leases = leases
        self._presence = presence
        self._clock = clock
        self._interval = lease / 3
        self._instance = instance
        self._slots = slots
        self._actions = actions
        self._queues = queues
        self._labels = labels
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
        await self._report()
        return self._interval

    async def drain(self) -> None:
        """Say, from now on, that this executor takes nothing more."""
        self._is_draining = True
        await self._report()

    async def leave(self) -> None:
        """Take this executor's row away; leases are kept alive all the same."""
        self._has_left = True
        await self._presence.leave()

    async def _report(self) -> None:
        if self._has_left:
            return
        await self._presence.report(
            instance=self._instance,
            host=socket.gethostname(),
            slots=self._slots,
            running=self._under_way.running,
            draining=self._is_draining,
            actions=self._actions,
            queues=self._queues,
            labels=self._labels,
        )
