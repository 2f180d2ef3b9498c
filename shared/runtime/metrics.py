"""What every process counts about itself, and how it is told: `/metrics` in Prometheus' format.

One registry per process. What a service counts is declared in its own `metrics.py`; what all have
in common stands here. Rules that hold for all of them:

- Base units (seconds, bytes), counters end in `_total`, every metric has a sentence of help.
- A label has few values, known beforehand: an action, a queue, a loop. Never an id, a subject, a
  name that users choose without end. What could grow goes through `Bounded`.
- What happens in this process is counted where it happens. What lies in the database and looks the
  same from every replica is a gauge, set by the service's sampler (`sampling.py`) now and then and
  never while somebody scrapes: a scrape costs no query.
"""

from __future__ import annotations

import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from typing import Final, Protocol

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    GCCollector,
    Histogram,
    Info,
    ProcessCollector,
    disable_created_metrics,
)
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

# A series of its own for the birth of each counter: nobody reads them.
disable_created_metrics()  # type: ignore[no-untyped-call]

REGISTRY: Final = CollectorRegistry()

#: From a hundredth of what we promise to far beyond it, in seconds.
LATENESS_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 10, 30, 60, 300, 1800)
#: Work that takes a moment or an hour.
WORK_BUCKETS = (0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300, 1800, 3600)
#: Work that should take milliseconds.
QUICK_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

#: What `Bounded` says of what is one too many.
OTHER = "other"

ProcessCollector(registry=REGISTRY)
GCCollector(registry=REGISTRY)

_BUILD = Info(
    "automation_build",
    "Which version runs here; the value is always 1.",
    registry=REGISTRY,
)

LOOP_STEP_SECONDS = Histogram(
    "automation_loop_step_seconds",
    "How long the steps of each background loop took, failed ones too.",
    ["loop"],
    buckets=QUICK_BUCKETS,
    registry=REGISTRY,
)
LOOP_FAILURES = Counter(
    "automation_loop_failures_total",
    "Steps of each background loop that raised an error.",
    ["loop"],
    registry=REGISTRY,
)
LOOP_LAST_SUCCESS = Gauge(
    "automation_loop_last_success_timestamp_seconds",
    "When each background loop last did a step without an error; 0: not yet.",
    ["loop"],
    registry=REGISTRY,
)
EVENT_LOOP_LAG = Gauge(
    "automation_event_loop_lag_seconds",
    "How much later than wanted the event loop woke up the last time it was looked at.",
    registry=REGISTRY,
)
READY = Gauge(
    "automation_ready_check",
    "Whether each check of /readyz held the last time it was asked (1) or not (0).",
    ["check"],
    registry=REGISTRY,
)

CONSUMER_PENDING = Gauge(
    "automation_consumer_pending_messages",
    "Messages that wait in the stream for a consumer, as the bus last said.",
    ["stream", "consumer"],
    registry=REGISTRY,
)
CONSUMER_ACK_PENDING = Gauge(
    "automation_consumer_ack_pending_messages",
    "Messages of a consumer that were delivered and are not acknowledged, as the bus last said.",
    ["stream", "consumer"],
    registry=REGISTRY,
)
CONSUMER_REDELIVERED = Gauge(
    "automation_consumer_redelivered_messages",
    "Unacknowledged messages of a consumer that were delivered more than once.",
    ["stream", "consumer"],
    registry=REGISTRY,
)
STREAM_MESSAGES = Gauge(
    "automation_stream_messages",
    "Messages that a stream holds, as the bus last said.",
    ["stream"],
    registry=REGISTRY,
)
STREAM_BYTES = Gauge(
    "automation_stream_bytes",
    "Bytes that a stream holds, as the bus last said.",
    ["stream"],
    registry=REGISTRY,
)
STREAM_MAX_BYTES = Gauge(
    "automation_stream_max_bytes",
    "Bytes that a stream may hold.",
    ["stream"],
    registry=REGISTRY,
)
TOPOLOGY_REPAIRS = Counter(
    "automation_topology_repairs_total",
    "Streams and consumers that were gone or changed, and that the bus keeper has put right.",
    registry=REGISTRY,
)
DEAD_BURIED = Counter(
    "automation_messages_buried_total",
    "Messages that this process could never handle and moved to the dead letters, by stream.",
    ["stream"],
    registry=REGISTRY,
)

POOL_WAIT_SECONDS = Histogram(
    "automation_db_pool_wait_seconds",
    "How long was waited for a connection of each database pool.",
    ["pool"],
    buckets=QUICK_BUCKETS,
    registry=REGISTRY,
)


class PoolLike(Protocol):
    """What is asked of a pool; `asyncpg.Pool` answers it."""

    def get_size(self) -> int: ...

    def get_idle_size(self) -> int: ...

    def get_max_size(self) -> int: ...


class PoolNumbers(Collector):
    """How full the pools are: asked of them while somebody scrapes, for they answer from memory."""

    def __init__(self) -> None:
        self._pools: dict[str, PoolLike] = {}

    def add(self, name: str, pool: PoolLike) -> None:
        """Tell of *pool* from now on."""
        self._pools[name] = pool

    def collect(self) -> Iterable[GaugeMetricFamily]:
        connections = GaugeMetricFamily(
            "automation_db_pool_connections",
            "Open connections of each database pool, by what they do.",
            labels=["pool", "state"],
        )
        most = GaugeMetricFamily(
            "automation_db_pool_max_connections",
            "How many connections each database pool may open.",
            labels=["pool"],
        )
        for name, pool in self._pools.items():
            idle = pool.get_idle_size()
            connections.add_metric([name, "in_use"], pool.get_size() - idle)
            connections.add_metric([name, "idle"], idle)
            most.add_metric([name], pool.get_max_size())
        return [connections, most]


POOLS = PoolNumbers()
REGISTRY.register(POOLS)


class Bounded:
    """Lets the first *most* different values of a label through; all others become one."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: set[str] = set()

    def __call__(self, value: str) -> str:
        """Return *value*, or `other` if it is one too many."""
        if value in self._known:
            return value
        if len(self._known) >= self._most:
            return OTHER
        self._known.add(value)
        return value


class Counts:
    """A gauge with one label, set from a count per value."""

    def __init__(self, gauge: Gauge, bound: Bounded) -> None:
        self._gauge = gauge
        self._bound = bound
        self._told: set[str] = set()

    def tell(self, counts: Mapping[str, float]) -> None:
        """Say that these are all there are."""
        sums: dict[str, float] = {}
        for value, count in counts.items():
            label = self._bound(value)
            sums[label] = sums.get(label, 0.0) + count
        # What there is none of any more stays as a zero: a series that ends looks like an outage.
        for label in self._told - sums.keys():
            self._gauge.labels(label).set(0)
        for label, count in sums.items():
            self._gauge.labels(label).set(count)
        self._told |= sums.keys()


def tell_build(role: str) -> None:
    """Say which version runs here, as what."""
    _BUILD.info(
        {"version": version("automation-tasks"), "role": role, "python": platform.python_version()}
    )
