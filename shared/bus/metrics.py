"""What a process counts about its connection to the bus."""

from __future__ import annotations

from typing import Final

from prometheus_client import Counter

from shared.runtime.metrics import REGISTRY

VIOLATIONS: Final = Counter(
    "automation_bus_violations_total",
    "What the bus forbade this process to say or hear: a mistake of ours, or an attack.",
    registry=REGISTRY,
)
