"""Keep leases alive, and say that this executor is.

Renewed at a third of the lease, so that two failures in a row lose nothing. A lease that cannot be
renewed because another attempt has it means that this executor was taken for dead: its run stops.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from datetime import timedelta

from services.executor.intake import Intake
from services.executor.journal import Journal
from services.executor.store.leases import LeaseStore
from services.executor.store.presence import PresenceStore
from services.executor.time_of_day import DatabaseClock


class Heartbeat:
    """One step: renew what is held, report presence, measure the clock."""

    def __init__(
        self,
        *,
        intake: Intake,
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
        self._intake = intake
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

    async def step(self) -> timedelta:
        """Beat once."""
        held = self._intake.held() + self._journal.unstored()
        if held:
            renewed = await self._leases.renew(held)
            self._intake.lost(set(held) - renewed)
        asked_at = self._clock.stopwatch()
        answer = await self._leases.database_time()
        self._clock.learn(asked_at=asked_at, answer=answer, answered_at=self._clock.stopwatch())
        await self.report(draining=False)
        return self._interval

    async def report(self, *, draining: bool) -> None:
        """Write this executor's row."""
        await self._presence.report(
            instance=self._instance,
            host=socket.gethostname(),
            slots=self._slots,
            running=self._intake.running,
            draining=draining,
            actions=self._actions,
            queues=self._queues,
            labels=self._labels,
        )
