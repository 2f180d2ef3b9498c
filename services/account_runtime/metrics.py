"""What an account runtime counts."""

from __future__ import annotations

from prometheus_client import Counter, Gauge

from shared.runtime.metrics import REGISTRY

RUNNING = Gauge(
    "automation_runtime_programs_running",
    "Programs of accounts that live here.",
    registry=REGISTRY,
)
ENDS = Counter(
    "automation_runtime_program_ends_total",
    "Ends of accounts' programs, by why they were told to end; by themselves: `itself`.",
    ["cause"],
    registry=REGISTRY,
)
