"""The span of a ledger row: it has its identity before the row is written, and is told after it is.

The row keeps it (`traceparent`), so that whoever claims the run, today or after NATS has lost all
it had, goes on in the same trace. A row that is not committed is told by nobody.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from services.scheduler.job import Entry
from shared.domain.occurrence import Outcome
from shared.runtime import tracing
from shared.runtime.tracing import Kind, Trace

#: Rows that were written and never committed leave something behind; this is enough for all that
#: can be between the two.
MOST_OPEN = 20_000


class _Open(NamedTuple):
    me: Trace
    parent: Trace | None
    began: float


def traced(entries: Sequence[Entry]) -> tuple[Sequence[Entry], Mapping[UUID, _Open]]:
    """Give each run that fires a span of its own, below what caused it or at the root."""
    if not tracing.is_on():
        return entries, {}
    began = time.time()
    opened: dict[UUID, _Open] = {}
    written: list[Entry] = []
    for entry in entries:
        if entry.outcome != Outcome.FIRED:
            written.append(entry)
            continue
        parent = tracing.parse(entry.traceparent)
        me = tracing.child_of(parent)
        opened[entry.run_id] = _Open(me, parent, began)
        written.append(entry._replace(traceparent=me.header()))
    return written, opened


class Opened:
    """Spans whose rows are written and perhaps not committed yet."""

    def __init__(self) -> None:
        self._open: dict[UUID, _Open] = {}

    def keep(self, opened: Mapping[UUID, _Open], written: Sequence[Entry]) -> None:
        """Keep the spans of those rows that were new."""
        if not opened:
            return
        if len(self._open) > MOST_OPEN:
            self._open.clear()
        self._open |= {
            each.run_id: opened[each.run_id] for each in written if each.run_id in opened
        }

    def tell(self, committed: Sequence[Entry]) -> None:
        """Tell the spans of rows that are committed now."""
        if not self._open:
            return
        ended = time.time()
        for entry in committed:
            if (span := self._open.pop(entry.run_id, None)) is None:
                continue
            tracing.tell(
                f"enter {entry.trigger}",
                span.me,
                span.parent,
                began=span.began,
                ended=ended,
                kind=Kind.CONSUMER,
                attributes=_attributes(entry),
            )


def _attributes(entry: Entry) -> dict[str, tracing.Value]:
    return {
        "automation.run_id": str(entry.run_id),
        "automation.task_id": str(entry.task_id),
        "automation.trigger": entry.trigger,
        "automation.queue": entry.queue,
        "automation.priority": entry.priority,
        "automation.scheduled_for": entry.scheduled_for.isoformat(),
        "automation.held": entry.held,
        **({"automation.waits_for": entry.waits_for} if entry.waits_for else {}),
    }
