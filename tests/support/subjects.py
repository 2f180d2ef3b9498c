"""What NATS subjects fit which patterns."""

from __future__ import annotations

from collections.abc import Iterable


def fits(pattern: str, subject: str) -> bool:
    """Tell whether a pattern takes a subject, or all that another pattern takes."""
    wanted, given = pattern.split("."), subject.split(".")
    for place, word in enumerate(wanted):
        if word == ">":
            return len(given) > place
        if place >= len(given) or given[place] == ">" or word not in ("*", given[place]):
            return False
    return len(wanted) == len(given)


def fits_any(patterns: Iterable[str], subject: str) -> bool:
    """Tell whether one of the patterns does."""
    return any(fits(pattern, subject) for pattern in patterns)
