"""The next fires as a person wants to see them: in local time, with a word where DST interferes.

Nothing is computed here that the scheduler would not compute: the list comes from `next_fire`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from shared.domain.schedule import Schedule, fires

MAX_COUNT = 1_000  # fires in one preview


@dataclass(frozen=True, slots=True)
class PreviewFire:
    """One fire to come.

    `local` is ISO 8601 with the schedule's own offset. `note` is a text code or None. A fire that
    DST drops is not in the list; the note of the fire that follows it speaks of it.
    """

    at: datetime
    local: str
    note: str | None
    params: Mapping[str, object] = field(hash=False)


def preview(schedule: Schedule, *, after: datetime, count: int) -> list[PreviewFire]:
    """Return the next *count* fires strictly after *after*, jitter left out; at most 1,000."""
    return [
        PreviewFire(
            at=fire.at,
            local=fire.at.astimezone(schedule.zone).isoformat(),
            note=fire.note,
            params=fire.params,
        )
        for fire in fires(schedule, after, min(count, MAX_COUNT))
    ]
