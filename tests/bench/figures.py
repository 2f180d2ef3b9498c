"""Percentiles and medians, named and rounded as in the comparison."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

#: What one measurement found, by name; ready for JSON.
Figures = dict[str, Any]


def percentile(values: Sequence[float], percent: float) -> float | None:
    """Return a percentile by nearest rank, None of nothing."""
    if not values:
        return None
    ordered = sorted(values)
    rank = math.ceil(percent / 100 * len(ordered)) - 1
    return ordered[min(len(ordered) - 1, max(0, rank))]


def lateness(seconds: Sequence[float]) -> Figures:
    """Describe delays, in milliseconds."""
    found = {
        "p50_ms": percentile(seconds, 50),
        "p99_ms": percentile(seconds, 99),
        "max_ms": max(seconds, default=None),
        "min_ms": min(seconds, default=None),
    }
    return {key: None if each is None else round(each * 1000, 2) for key, each in found.items()}


def over(
    runs: Iterable[Mapping[str, Any]],
    combine: Any = statistics.median,  # noqa: ANN401 - median, min or max
) -> Figures:
    """Combine the numbers that all *runs* have, those in nested objects too."""
    runs = list(runs)
    if not runs:
        return {}
    combined: Figures = {}
    for key, sample in runs[0].items():
        values = [each.get(key) for each in runs]
        if isinstance(sample, Mapping):
            combined[key] = over([each for each in values if isinstance(each, Mapping)], combine)
        elif all(isinstance(each, int | float) and not isinstance(each, bool) for each in values):
            combined[key] = combine(values)
    return combined
