"""All that decides, put together on one pool and one connection; `app` gives it its life."""

from __future__ import annotations

from datetime import timedelta

from nats.aio.client import Client
from nats.aio.msg import Msg

from services.scheduler.apply import Applier
from services.scheduler.cancel import Canceller
from services.scheduler.dependencies import Dependants
from services.scheduler.entering import Entrance
from services.scheduler.loops.admitter import Admitter
from services.scheduler.loops.blackout_watch import BlackoutWatch
from services.scheduler.loops.closer import Closer
from services.scheduler.loops.pruner import Pruner
from services.scheduler.loops.recaller import Recaller
from services.scheduler.loops.reconciler import Reconciler
from services.scheduler.loops.sweeper import Sweeper
from services.scheduler.loops.ticker import Ticker
from services.scheduler.settings import SchedulerSettings
from services.scheduler.source import TaskSource
from services.scheduler.store.admission import AdmissionStore
from services.scheduler.store.ends import EndStore
from services.scheduler.store.gates import GateStore
from services.scheduler.store.jobs import JobStore
from services.scheduler.store.ledger import LedgerStore
from services.scheduler.store.recalls import RecallStore
from services.scheduler.store.same import SameStore
from services.scheduler.triggers.assembly import Triggers
from shared.bus.due import Dispatcher
from shared.db.clocks import Clocks
from shared.db.pool import Pool
from shared.runtime.clock import utc_now
from shared.runtime.loop import Loop
from shared.runtime.paced import Paced


class Machine:
    """The parts of one scheduler."""

    def __init__(self, settings: SchedulerSettings, pool: Pool, client: Client) -> None:
        jobs, ledger, gates, ends = JobStore(pool), LedgerStore(pool), GateStore(), EndStore(pool)
        dispatcher, source = Dispatcher(client), TaskSource(client)
        self.canceller = Canceller(ends, dispatcher, client)
        self._admitter = Admitter(AdmissionStore(pool), dispatcher, self.canceller.cancel)
        self._admitting = Paced("admitter", self._admitter.step, rests=1)
        entrance = Entrance(ledger, gates, SameStore(), wake_admitter=self._admitting.hint)
        ticking = Loop("ticker", Ticker(jobs, gates, entrance, dispatcher).step)
        self.applier = Applier(
            jobs=jobs,
            ledger=ledger,
            entrance=entrance,
            dispatcher=dispatcher,
            source=source,
            wake_ticker=ticking.wake,
        )
        dependants = Dependants(jobs, entrance)
        closer = Closer(ends, dispatcher, dependants, entrance, wake_admitter=self._admitting.hint)
        self._closing = Paced("closer", closer.step, rests=9)
        reconciler = Reconciler(
            jobs=jobs,
            source=source,
            applier=self.applier,
            now=utc_now,
            interval=timedelta(seconds=settings.reconcile_seconds),
        )
        blackouts = BlackoutWatch(pool, gates, wake_admitter=self._admitting.hint)
        recaller = Recaller(RecallStore(pool), wake_admitter=self._admitting.hint)
        self.reconciling = Loop("reconciler", reconciler.step)
        kept, clocks = timedelta(days=settings.ledger_days), Clocks(pool, utc_now)
        self.triggers = Triggers(
            client, jobs, entrance, dispatcher, self.applier.tasks_changed, clocks=clocks
        )
        self.loops = (
            self._closing.loop,
            self._admitting.loop,
            Loop("pruner", Pruner(jobs, ledger, kept, clocks).step),
            self.reconciling,
            Loop("blackouts", blackouts.step),
            Loop("recaller", recaller.step),
            Loop("sweeper", Sweeper(ledger, dispatcher).step),
            *self.triggers.loops,
            ticking,
        )

    async def runs_finished(self, _: Msg) -> None:
        """Somebody said that runs ended: look at once."""
        self._closing.hint()
        if self._admitter.is_holding:
            self._admitting.hint()
