"""One executor, put together from its parts: in, run, out, and what keeps it honest.

orders ──► Intake ──► UnderWay ──► Runner ──► Journal ──► lease, ledger, log; then the bus
             ▲          ▲
          Hints    Heartbeat (leases, progress)
                   Stopper (what is to end)
                   Warden (what does not end)
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from importlib.metadata import version
from typing import Any
from uuid import UUID

from nats.aio.client import Client

from services.executor import metrics
from services.executor.context import World
from services.executor.hints import Hints, kind
from services.executor.intake import Intake
from services.executor.journal import Journal
from services.executor.loops.heartbeat import Heartbeat
from services.executor.loops.stopper import Stopper
from services.executor.loops.upkeep import Upkeep
from services.executor.loops.warden import Warden
from services.executor.platform_line import PlatformLine
from services.executor.runner import Runner
from services.executor.secret_reader import SecretReader
from services.executor.settings import ExecutorSettings
from services.executor.speaker import Speaker
from services.executor.store.leases import Abilities, LeaseStore
from services.executor.store.presence import Presence, PresenceStore
from services.executor.store.secrets import SecretStore
from services.executor.time_of_day import DatabaseClock
from services.executor.under_way import UnderWay
from shared.bus.announcing import Announcer
from shared.bus.publisher import Publisher
from shared.contracts.action import Action
from shared.db.pool import Pool
from shared.runtime.clock import stopwatch, utc_now
from shared.runtime.loop import Loop
from shared.runtime.secret_box import SecretBox

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
        box: SecretBox | None = None,
        restart: Callable[[], None],
        end_process: Callable[[], None],
    ) -> None:
        self._patience = timedelta(seconds=settings.drain_seconds)
        self._grace = timedelta(seconds=settings.kill_grace_seconds)
        self._end_process = end_process
        self._clock = DatabaseClock(stopwatch)
        self._presence = PresenceStore(pool, executor_id)
        lease = timedelta(seconds=settings.lease_seconds)
        abilities = Abilities(settings.queues, settings.labels, tuple(actions))
        leases = LeaseStore(pool, executor_id, lease, abilities)
        self.publisher = Publisher(client)
        self.journal = Journal(executor_id, leases, self.publisher, Announcer(client))
        secrets = SecretReader(SecretStore(pool), box)
        world = self._make_world(settings, Speaker(client), PlatformLine(client), secrets)
        runner = Runner(executor=settings.instance, actions=actions, world=world)
        self.under_way = UnderWay(leases, runner)
        self.under_way.on_deaf = restart
        self.intake = Intake(slots=settings.executor_slots, leases=leases, under_way=self.under_way)
        self._heartbeat = self._make_heartbeat(settings, leases, tuple(actions))
        self._stopper = Stopper(
            client=client,
            intake=self.intake,
            under_way=self.under_way,
            leases=leases,
            interval=lease / 3,
        )
        self._warden = Warden(self.under_way, self._grace)
        self._upkeep = Upkeep(leases, self._presence, keep=timedelta(days=settings.lease_days))
        group = kind(settings.queues, settings.labels, tuple(actions))
        self._hints = Hints(client, settings.queues, group)
        self._hints.told = self.intake.told

    def _make_world(
        self,
        settings: ExecutorSettings,
        speaker: Speaker,
        platform: PlatformLine,
        secrets: SecretReader,
    ) -> World:
        return World(
            journal=self.journal,
            speaker=speaker,
            platform=platform,
            secrets=secrets,
            now=self._clock.now,
            database=settings.database,
            home=settings.home,
            egress_allow=settings.egress_allow,
            rights=settings.rights,
        )

    def _make_heartbeat(
        self, settings: ExecutorSettings, leases: LeaseStore, actions: tuple[str, ...]
    ) -> Heartbeat:
        metrics.SLOTS.set(settings.executor_slots)
        return Heartbeat(
            intake=self.intake,
            under_way=self.under_way,
            journal=self.journal,
            leases=leases,
            presences=self._presence,
            presence=Presence(
                instance=settings.instance,
                host=socket.gethostname(),
                version=version("automation-tasks"),
                slots=settings.executor_slots,
                actions=actions,
                queues=settings.queues,
                labels=settings.labels,
            ),
            clock=self._clock,
            host_time=utc_now,
            lease=timedelta(seconds=settings.lease_seconds),
        )

    async def start(self) -> tuple[Loop, ...]:
        """Begin to listen; return the loops to run, in the order of starting."""
        metrics.RUNNING.set_function(lambda: self.under_way.running)
        metrics.UNSTORED.set_function(lambda: len(self.journal.unstored()))
        await self._heartbeat.step()  # learns the database's clock before the first run starts
        taking = Loop("intake", self.intake.step)
        telling = Loop("journal", lambda: self.journal.flush(self._clock.now()))
        self.intake.wake = taking.wake
        self.journal.wake = telling.wake
        stopping = Loop("stopper", self._stopper.step)
        self._stopper.wake = stopping.wake
        self.intake.hints = self._hints
        await self._stopper.start()
        return (
            telling,
            stopping,
            Loop("heartbeat", self._heartbeat.step),
            Loop("warden", self._warden.step),
            Loop("upkeep", self._upkeep.step),
            taking,
        )

    async def drain(self) -> None:
        """Take nothing more, end what runs, store and say the results, leave.

        Without a database it says less, but no run is broken off because of that. If an action
        does not stop, this process ends here and now: what is said of its run is true by then.
        """
        await _tried(self._heartbeat.drain())
        await self.intake.close()
        goes_on = await self.under_way.leave(self._patience, self._grace)
        await self._say_all()
        await _tried(self._heartbeat.leave())
        if goes_on:
            await self.under_way.last_words()
            await self._say_all()
            self._end_process()

    async def _say_all(self) -> None:
        try:
            async with asyncio.timeout(LAST_WORDS.total_seconds()):
                await self.journal.emptied()
        except TimeoutError:
            log.error("stopping with results that could not be said")  # noqa: TRY400 - no traceback


async def _tried(effort: Awaitable[object]) -> None:
    try:
        await effort
    except Exception:
        log.exception("going on all the same")
