"""Puts the trigger engine together, for `services.scheduler.app`."""

from __future__ import annotations

from nats.aio.client import Client

from services.scheduler.loops.trigger_pruner import TriggerPruner
from services.scheduler.loops.trigger_timer import TriggerTimer
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.triggers import TriggerStore
from services.scheduler.triggers.book import Apply, TriggerBook
from services.scheduler.triggers.engine import Engine, Entering
from services.scheduler.triggers.heard import Heard
from services.scheduler.triggers.intake import EventIntake
from shared.bus.due import Dispatcher
from shared.bus.pull import CreditPull
from shared.bus.topology import SCHEDULER_EVENTS
from shared.db.clocks import Clocks
from shared.runtime.conditions import Conditions
from shared.runtime.loop import Loop


class Triggers:
    """The parts of one trigger engine, and their life."""

    def __init__(
        self,
        client: Client,
        jobs: JobStore,
        entrance: Entering,
        dispatcher: Dispatcher,
        apply: Apply,
        *,
        clocks: Clocks,
    ) -> None:
        store = TriggerStore(jobs.pool)
        book = TriggerBook(store, apply)
        timer = TriggerTimer(
            book=book,
            jobs=jobs,
            store=store,
            entrance=entrance,
            dispatcher=dispatcher,
            heard_until=Heard(client).until,
        )
        timing = Loop("trigger-timer", timer.step)
        self._conditions = Conditions()
        self._intake = EventIntake(
            Engine(
                book=book,
                conditions=self._conditions,
                jobs=jobs,
                store=store,
                entrance=entrance,
                dispatcher=dispatcher,
                wake_timer=timing.wake,
            )
        )
        taking = Loop("events", self._intake.step)
        pruner = TriggerPruner(store, clocks)
        self._pull = CreditPull(client, SCHEDULER_EVENTS, self._intake.arrived)
        self._pull.on_expired = taking.wake
        self._intake.pull, self._intake.wake = self._pull, taking.wake
        self.loops = (timing, taking, Loop("trigger-pruner", pruner.step))

    async def start(self) -> None:
        """Begin to listen."""
        await self._pull.start()

    async def drain(self) -> None:
        """Take no more events."""
        await self._intake.drain()

    async def close(self) -> None:
        """End the worker that evaluates conditions."""
        await self._conditions.close()
