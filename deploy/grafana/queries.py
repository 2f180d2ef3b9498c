"""Queries that several panels are made of. Pure.

Numbers that every replica reports alike are taken with `max`.
"""

from __future__ import annotations

LATE = "automation_start_lateness_seconds_bucket"


def quantiles(metric: str, by: str = "", *, where: str = "") -> list[tuple[str, str]]:
    """Return the queries for half, 95 and 99 of a hundred."""
    labels = f"le, {by}" if by else "le"
    legend = f"{{{{{by}}}}} " if by else ""
    rates = f"sum by ({labels}) (rate({metric}{where}[$__rate_interval]))"
    return [
        (f"histogram_quantile({share}, {rates})", f"{legend}p{share * 100:g}")
        for share in (0.5, 0.95, 0.99)
    ]


def rate(metric: str, by: str, where: str = "") -> tuple[str, str]:
    """Return how fast a counter grows, a curve for each value of the labels *by*."""
    return f"sum by ({by}) (rate({metric}{where}[$__rate_interval]))", _legend(by)


def most(metric: str, by: str) -> tuple[str, str]:
    """Return what a gauge says, however many replicas say it."""
    return f"max by ({by}) ({metric})", _legend(by)


def _legend(by: str) -> str:
    return " ".join(f"{{{{{each.strip()}}}}}" for each in by.split(","))
