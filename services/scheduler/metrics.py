"""What a scheduler counts, and what it looks up in the ledger now and then."""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Sequence

from prometheus_client import Counter, Gauge

from services.scheduler.job import Entry
from services.scheduler.store.samples import MOST_COUNTED, LedgerSample, SampleStore
from shared.db.pool import Pool
from shared.runtime.metrics import REGISTRY, Bounded, Counts
from shared.runtime.row_metrics import ENTERED

REPAIRED = Counter(
    "automation_orders_repaired_total",
    "Runs that were let go and had neither order nor executor, and were ordered.",
    registry=REGISTRY,
)
RESCUED = Counter(
    "automation_runs_rescued_total",
    "Runs whose executor went silent, ordered again as their next attempt.",
    registry=REGISTRY,
)
EVENTS = Counter(
    "automation_events_handled_total",
    "Events that were looked at for triggers.",
    registry=REGISTRY,
)
HELD = Gauge(
    "automation_runs_held",
    "Runs that are held in the ledger, by what they wait for; alike from every scheduler.",
    ["reason"],
    registry=REGISTRY,
)
QUEUE_DEPTH = Gauge(
    "automation_queue_depth",
    "Runs that were let go and no executor has, by queue; alike from every scheduler.",
    ["queue"],
    registry=REGISTRY,
)
QUEUE_RUNNING = Gauge(
    "automation_queue_running",
    "Runs that an executor has, by queue; alike from every scheduler.",
    ["queue"],
    registry=REGISTRY,
)
QUEUE_EXECUTORS = Gauge(
    "automation_queue_executors",
    "Executors that live and take runs, by queue; alike from every scheduler.",
    ["queue"],
    registry=REGISTRY,
)
OLDEST_WAITING = Gauge(
    "automation_oldest_waiting_seconds",
    "How long the oldest run is due that was let go and no executor has.",
    registry=REGISTRY,
)
OLDEST_DUE = Gauge(
    "automation_oldest_due_seconds",
    "How long the oldest job is due that no scheduler has ticked; 0: none is.",
    registry=REGISTRY,
)
CAPPED = Gauge(
    "automation_ledger_sample_capped",
    f"1 if more than {MOST_COUNTED:,} runs wait, so that counts of them are too small.",
    registry=REGISTRY,
)

_queue = Bounded(100)
_HELD = Counts(HELD, Bounded(30))
_DEPTH = Counts(QUEUE_DEPTH, _queue)
_RUNNING = Counts(QUEUE_RUNNING, _queue)
_EXECUTORS = Counts(QUEUE_EXECUTORS, _queue)


def entered(entries: Sequence[Entry]) -> None:
    """Count what was entered into the ledger."""
    for (trigger, outcome), rows in Tally((each.trigger, each.outcome) for each in entries).items():
        ENTERED.labels(trigger, outcome).inc(rows)


class Samples:
    """Looks up in the ledger what no counter can tell."""

    def __init__(self, pool: Pool) -> None:
        self._store = SampleStore(pool)

    async def take(self) -> None:
        """Look once."""
        _tell(await self._store.look())


def _tell(sample: LedgerSample) -> None:
    OLDEST_DUE.set(sample.oldest_due)
    OLDEST_WAITING.set(sample.oldest_waiting)
    CAPPED.set(sample.capped)
    _HELD.tell(sample.held)
    _DEPTH.tell(sample.waiting)
    _RUNNING.tell(sample.running)
    _EXECUTORS.tell(sample.executors)
