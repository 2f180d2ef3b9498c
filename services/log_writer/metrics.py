"""What a log writer counts."""

from __future__ import annotations

from prometheus_client import Counter

from shared.runtime.metrics import REGISTRY, Bounded

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
_stream = Bounded(20)


def dead_letter(stream: str) -> None:
    """Count a message that was kept as a dead letter."""
    DEAD_LETTERS.labels(_stream(stream)).inc()
