"""What a log writer counts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from prometheus_client import Counter, Histogram

from shared.contracts.runs import LogLine, RunFinished, RunStarted
from shared.runtime.metrics import LATENESS_BUCKETS, REGISTRY, Bounded

BATCH = Histogram(
    "automation_log_batch_records",
    "Records per message that was written to the log, by kind.",
    ["kind"],
    buckets=(1, 2, 5, 10, 20, 50, 100, 200, 500),
    registry=REGISTRY,
)
LAG = Histogram(
    "automation_log_lag_seconds",
    "How old the oldest record of a message was when it was in the log, by kind.",
    ["kind"],
    buckets=LATENESS_BUCKETS,
    registry=REGISTRY,
)
UNTRUE = Counter(
    "automation_log_untrue_records_total",
    "Records that no lease bears out; they became dead letters.",
    registry=REGISTRY,
)
DEAD_LETTERS = Counter(
    "automation_dead_letters_total",
    "Messages that nobody can handle and that were kept, by stream.",
    ["stream"],
    registry=REGISTRY,
)
DEAD_RUNS = Counter(
    "automation_dead_runs_total",
    "Runs that ended without success after retries, or need an operator.",
    registry=REGISTRY,
)

_stream = Bounded(20)


def dead_letter(stream: str) -> None:
    """Count a message that was kept as a dead letter."""
    DEAD_LETTERS.labels(_stream(stream)).inc()


def started(runs: Sequence[RunStarted], now: datetime) -> None:
    """Count records of runs that began."""
    _told("started", len(runs), [run.started_at for run in runs], now)


def finished(runs: Sequence[RunFinished], now: datetime) -> None:
    """Count records of runs that ended."""
    _told("finished", len(runs), [run.completed_at for run in runs], now)


def lines(written: Sequence[LogLine], now: datetime) -> None:
    """Count lines of runs' logs."""
    _told("lines", len(written), [line.at for line in written], now)


def _told(kind: str, records: int, at: Sequence[datetime], now: datetime) -> None:
    BATCH.labels(kind).observe(records)
    if at:
        LAG.labels(kind).observe(max(0.0, (now - min(at)).total_seconds()))
