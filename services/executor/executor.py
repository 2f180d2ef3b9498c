"""One executor, put together from its parts: in, run, out, and what keeps it honest.

orders ──► Intake ──► Runner ──► Journal ──► reports
              ▲                     ▲
         Heartbeat (leases)    Confirmer (what the log lacks)
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from nats.aio.client import Client

from services.executor.intake import Intake
from services.executor.journal import Journal
from services.executor.loops.confirmer import Confirmer
from services.executor.loops.heartbeat import Heartbeat
from services.executor.runner import Runner
from services.executor.settings import ExecutorSettings
from services.executor.speaker import Speaker
from services.executor.store.leases import LeaseStore
from services.executor.store.presence import PresenceStore
from services.executor.time_of_day import DatabaseClock
from shared.bus.publisher import Publisher
from shared.bus.pull import CreditPull
from shared.bus.topology import DUE_DEFAULT, LOG_WRITER_FINISHED
from shared.bus.watch import Watch, unread
from shared.contracts.action import Action
from shared.db.pool import Pool
from shared.runtime.clock import stopwatch
from shared.runtime.loop import Loop

log = logging.getLogger(__name__)

#: How long a stopping executor tries to get its last results stored and said.
LAST_WORDS = timedelta(seconds=20)


class Executor:
    """The parts of one executor process."""

    def __init__(
        self,
        settings: ExecutorSettings,
        *,
        executor_id: UUID,
        pool: Pool,
        client: Client,
        actions: Mapping[str, Action[Any]],
    ) -> None:
        lease = timedelta(seconds=settings.lease_seconds)
        self._patience = timedelta(seconds=settings.drain_seconds)
        self._clock = DatabaseClock(stopwatch)
        self._presence = PresenceStore(pool, executor_id)
        leases = LeaseStore(pool, executor_id, lease)
        publisher = Publisher(client)
        self.journal = Journal(executor_id, leases, publisher)
        runner = Runner(
            executor=settings.instance,
            actions=actions,
            journal=self.journal,
            speaker=Speaker(client),
            now=self._clock.now,
            database_url=settings.database_url,
            home=settings.home,
            egress_allow=settings.egress_allow,
        )
        self.intake = Intake(slots=settings.executor_slots, leases=leases, runner=runner)
        self._heartbeat = Heartbeat(
            intake=self.intake,
            journal=self.journal,
            leases=leases,
            presence=self._presence,
            clock=self._clock,
            lease=lease,
            instance=settings.instance,
            slots=settings.executor_slots,
            actions=list(actions),
        )
        js = client.jetstream(timeout=2)
        self._confirmer = Confirmer(
            executor_id=executor_id,
            leases=leases,
            presence=self._presence,
            publisher=publisher,
            unread=lambda: unread(js, LOG_WRITER_FINISHED),
            keep=timedelta(days=settings.lease_days),
        )
        self.watch = Watch(client, (DUE_DEFAULT,))
        self._pull = CreditPull(client, DUE_DEFAULT, self.intake.arrived)

    async def start(self) -> tuple[Loop, ...]:
        """Begin to listen; return the loops to run, in the order of starting."""
        await self._heartbeat.step()  # learns the database's clock before the first run starts
        taking = Loop("intake", self.intake.step)
        telling = Loop("journal", lambda: self.journal.flush(self._clock.now()))
        self.intake.wake = taking.wake
        self.journal.wake = telling.wake
        self._pull.on_expired = taking.wake
        self.intake.pull = self._pull
        await self._pull.start()
        return (
            telling,
            Loop("heartbeat", self._heartbeat.step),
            Loop("confirmer", self._confirmer.step),
            Loop("watch", self.watch.step),
            taking,
        )

    async def drain(self) -> None:
        """Take nothing more, end what runs, store and say the results, leave.

        Without a database it says less, but no run is broken off because of that.
        """
        await _tried(self._heartbeat.report(draining=True))
        await self.intake.drain(self._patience)
        try:
            async with asyncio.timeout(LAST_WORDS.total_seconds()):
                await self.journal.emptied()
        except TimeoutError:
            log.error("stopping with results that could not be said")  # noqa: TRY400 - no traceback
        await _tried(self._presence.leave())


async def _tried(politeness: Awaitable[None]) -> None:
    try:
        await politeness
    except Exception:
        log.exception("stopping all the same")
