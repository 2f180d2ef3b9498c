"""What is counted where rows are written, whichever service does it.

Into the ledger: the scheduler, and the API for runs asked for by hand. Into the log: executors for
ends, log writers for the rest.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from prometheus_client import Counter, Histogram

from shared.runtime.metrics import LATENESS_BUCKETS, REGISTRY

ENTERED = Counter(
    "automation_ledger_entries_total",
    "Rows entered into the ledger, by what caused them and what became of them.",
    ["trigger", "outcome"],
    registry=REGISTRY,
)
BATCH = Histogram(
    "automation_log_batch_records",
    "Records that were written to the log together, by kind.",
    ["kind"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
    registry=REGISTRY,
)
LAG = Histogram(
    "automation_log_lag_seconds",
    "How old the oldest of them was when they were in the log, by kind.",
    ["kind"],
    buckets=LATENESS_BUCKETS,
    registry=REGISTRY,
)


def recorded(kind: str, at: Iterable[datetime], now: datetime) -> None:
    """Count records of things that happened *at* these times, which are in the log *now*."""
    ages = [(now - each).total_seconds() for each in at]
    BATCH.labels(kind).observe(len(ages))
    if ages:
        LAG.labels(kind).observe(max(0.0, *ages))
