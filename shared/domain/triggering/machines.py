"""What triggers remember and when they let go: small machines over plain values.

Pure. Time is the time of the events, not of their handling: a scheduler that was down for an hour
comes to the same results as one that was not. Moments are kept as texts, for they live in JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from shared.domain.instant import format_instant, parse_instant
from shared.domain.trigger import Limit

#: A batch of so many bytes is full, whatever its size may be: it becomes one row of the ledger.
BATCH_BYTES = 512 * 1024

Body = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class State:
    """One thing that a trigger remembers."""

    version: int
    """Of the task that remembers it."""
    body: Body
    due_at: datetime | None = None
    """When it fires by itself."""
    expires_at: datetime | None = None
    """When it means nothing any more; None: it stays."""


def counted(
    state: State | None, at: datetime, threshold: int, within: timedelta, version: int
) -> tuple[bool, State | None]:
    """Count an event; return whether that makes *threshold* of them *within*, and the new state."""
    times = _times(state, version)
    times.append(at)
    newest = max(times)
    times = sorted(each for each in times if each > newest - within)
    if len(times) >= threshold:
        return True, None
    return False, _remembered(times, newest + within, version)


def expected(
    state: State | None, at: datetime, threshold: int, within: timedelta, version: int
) -> tuple[datetime | None, State]:
    """Note an event that was waited for; return the silence that it ended, if any, and the state.

    While nothing came for too long and that was said, there is no deadline: the next event sets
    one. An edit begins anew.
    """
    if state is None or state.version != version:
        state = State(version, {"count": 0}, at + within)
    silent_since = None
    if state.due_at is not None and at > state.due_at:  # nobody has looked since
        silent_since = state.due_at
        state = State(version, {"count": 0})
    due_at = state.due_at or at + within
    count = int(state.body["count"]) + 1
    if count >= threshold:
        return silent_since, State(version, {"count": 0}, at + within)
    return silent_since, State(version, {"count": count}, due_at)


def admitted(
    state: State | None, at: datetime, limit: Limit, version: int
) -> tuple[bool, State | None]:
    """Return whether one more fits into the period; if so it counts."""
    times = [each for each in _times(state, version) if each > at - limit.period]
    if len(times) >= limit.limit:
        return False, state
    times.append(at)
    return True, _remembered(sorted(times), max(times) + limit.period, version)


def delayed(
    state: State | None, at: datetime, limit: Limit, version: int
) -> tuple[datetime, State]:
    """Return when one more may start, the earliest moment that keeps the limit."""
    starts = _times(state, version)[-limit.limit :]
    start = at
    if starts:
        start = max(start, starts[-1])  # nobody overtakes
    if len(starts) == limit.limit:
        start = max(start, starts[0] + limit.period)
    kept = [*starts, start][-limit.limit :]
    return start, _remembered(kept, start + limit.period, version)


def collected(
    state: State | None, item: Body, at: datetime, timeout: timedelta, version: int
) -> State:
    """Put an event to those of its batch."""
    size = len(json.dumps(item))
    if state is None:
        return State(version, {"items": [item], "bytes": size}, at + timeout)
    items = [*state.body["items"], item]
    return State(version, {"items": items, "bytes": state.body["bytes"] + size}, state.due_at)


def is_full(state: State, max_size: int) -> bool:
    """Return whether a batch takes no more."""
    return len(state.body["items"]) >= max_size or state.body["bytes"] >= BATCH_BYTES


def settling(
    state: State | None,
    item: Body,
    at: datetime,
    *,
    quiet: timedelta,
    timeout: timedelta | None,
    version: int,
) -> State:
    """Let *item* take the place of what came before it, until it is quiet for so long.

    With a *timeout* a storm is over that long after it began, quiet or not.
    """
    since = at if state is None else _moment(state.body["since"])
    due_at = at + quiet
    if timeout is not None:
        due_at = min(due_at, since + timeout)
    return State(version, {"items": [item], "since": _written(since)}, due_at)


def _times(state: State | None, version: int) -> list[datetime]:
    if state is None or state.version != version:
        return []
    return [_moment(text) for text in state.body["times"]]


def _remembered(times: Sequence[datetime], until: datetime, version: int) -> State:
    return State(version, {"times": [_written(each) for each in times]}, None, until)


# The same moments are read and written again with every event that counts.
_moment = lru_cache(maxsize=20_000)(parse_instant)
_written = lru_cache(maxsize=20_000)(format_instant)
