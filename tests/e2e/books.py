"""What one test has made and was promised, kept apart from all that others do on the same system.

The checker is given the test's own tasks only: a run of another test is neither its merit nor its
fault. A call that belongs to no run at all is the fault of the test during which it came.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from tests.support.history import Fault, History
from tests.support.load import TASKS, Operator
from tests.support.witness import SinkReader, Witness

LETTERS = "/api/v1/group-ai/dead-letters"

#: What was due or promised and has not ended: jobs behind, runs without an end, runs without a row.
_OPEN = """
SELECT (SELECT count(*) FROM scheduler.jobs
        WHERE task_id = ANY($1) AND enabled AND next_fire_at <= $2)
    + (SELECT count(*) FROM scheduler.occurrences o
        WHERE task_id = ANY($1) AND o.outcome = 'fired' AND o.scheduled_for <= $2
        AND NOT EXISTS (SELECT FROM log.runs r WHERE r.run_id = o.run_id AND r.final))
    + (SELECT count(*) FROM unnest($3::uuid[]) AS promised (run_id)
        WHERE NOT EXISTS (SELECT FROM scheduler.occurrences o WHERE o.run_id = promised.run_id))
"""


class Books(Operator):
    """An operator who knows which tasks are his."""

    def __init__(self, url: Callable[[], str], token: str) -> None:
        super().__init__(url, token)
        self.tasks: set[UUID] = set()

    async def create(self, *, key: str | None = None, **definition: Any) -> UUID:  # noqa: ANN401 - JSON
        """Create a task, and note that it is ours."""
        task_id = await super().create(key=key, **definition)
        self.tasks.add(task_id)
        return task_id

    async def delete_all(self) -> None:
        """Delete what is left of our tasks."""
        for task_id in self.tasks:
            await self.call("DELETE", f"{TASKS}/{task_id}")

    async def newest_letter(self) -> int:
        """Return the number of the newest dead letter; 0: there is none."""
        page = await self.get(f"{LETTERS}?limit=1")
        return int(page["items"][0]["id"]) if page["items"] else 0


class OwnWitness(Witness):
    """Reads what became of some tasks, and the calls from now on."""

    def __init__(self, sink: Path, dsn: Callable[[], str], tasks: Collection[UUID]) -> None:
        super().__init__(sink, dsn)
        self.sink = _FromNowOn(sink)
        self._tasks = tasks

    async def own_history(
        self, operator: Operator, *, faults: Sequence[Fault], failing: Collection[UUID]
    ) -> History:
        """Read everything; return what is about our tasks."""
        history = await self.history(
            versions=operator.versions,
            acknowledged=operator.acknowledged,
            unseen=operator.unseen,
            faults=faults,
            failing=failing,
        )
        ours = self._tasks
        others = {row.run_id for row in history.ledger if row.task_id not in ours}
        return replace(
            history,
            ledger=[row for row in history.ledger if row.task_id in ours],
            log=[row for row in history.log if row.task_id in ours],
            earlier_log=[row for row in history.earlier_log if row.task_id in ours],
            counted=_among(history.counted, ours),
            effects=[each for each in history.effects if each.run_id not in others],
        )

    async def _open(self, until: datetime, promised: Sequence[UUID]) -> int:
        connection = await self.connect()
        try:
            return int(await connection.fetchval(_OPEN, list(self._tasks), until, promised))
        finally:
            await connection.close()


class _FromNowOn(SinkReader):
    """The calls that come from now on."""

    def __init__(self, file: Path) -> None:
        super().__init__(file)
        self._offset = file.stat().st_size


def _among(counted: Mapping[UUID, int], tasks: Collection[UUID]) -> dict[UUID, int]:
    return {task_id: count for task_id, count in counted.items() if task_id in tasks}
