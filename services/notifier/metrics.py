"""What a notifier counts, and what it looks up now and then."""

from __future__ import annotations

from prometheus_client import Counter, Gauge, Histogram

from services.notifier.store.samples import SampleStore
from shared.contracts.notifications import ChannelKind
from shared.db.pool import Pool
from shared.runtime.metrics import REGISTRY, WORK_BUCKETS, Bounded, Counts

DELIVERIES = Counter(
    "automation_deliveries_total",
    "Tries to deliver a message, by kind of channel and what came of it: sent; failed, to be tried"
    " again; refused for good.",
    ["kind", "state"],
    registry=REGISTRY,
)
SECONDS = Histogram(
    "automation_delivery_seconds",
    "How long tries to deliver took, by kind of channel.",
    ["kind"],
    buckets=WORK_BUCKETS,
    registry=REGISTRY,
)
GIVEN_UP = Counter(
    "automation_deliveries_given_up_total",
    "Messages that were given up: refused for good, or after the last try.",
    registry=REGISTRY,
)
WAITING = Gauge(
    "automation_deliveries_waiting",
    "Messages that wait to be delivered, by state; alike from every notifier.",
    ["state"],
    registry=REGISTRY,
)
OLDEST = Gauge(
    "automation_deliveries_oldest_seconds",
    "How long the oldest message waits that is to be delivered.",
    registry=REGISTRY,
)

_WAITING = Counts(WAITING, Bounded(10))


def tried(kind: ChannelKind, state: str, seconds: float) -> None:
    """Count a try to deliver."""
    DELIVERIES.labels(kind.value, state).inc()
    SECONDS.labels(kind.value).observe(seconds)


class Samples:
    """Looks up how many messages wait."""

    def __init__(self, pool: Pool) -> None:
        self._store = SampleStore(pool)

    async def take(self) -> None:
        """Look once."""
        sample = await self._store.look()
        _WAITING.tell(sample.waiting)
        OLDEST.set(sample.oldest)
