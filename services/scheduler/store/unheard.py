"""SQL of what the API has committed about triggered tasks and no event has told us yet."""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Sequence
from typing import NamedTuple
from uuid import UUID

import pydantic

from shared.contracts.tasks import TaskChanged, TaskDefinition
from shared.db.pool import Pool, Record

# Both in one statement, so from one snapshot: what is under way in it is looked for again from its
# horizon on. As in `triggers.py`, newer transactions can only come with a restored database.
_LOOK = """
SELECT pg_snapshot_xmin(pg_current_snapshot())::text AS horizon, ARRAY(
    SELECT task_id FROM api.scheduler_trigger_changes
    WHERE revision >= $1::text::xid8
      AND revision < pg_snapshot_xmax(pg_current_snapshot())) AS changed
"""

# In order of id, like all who lock jobs.
_UNHEARD = f"""
SELECT c.task_id, c.version, c.changed_at, c.deleted,
       {", ".join(f"c.{field}" for field in TaskDefinition.model_fields)}
FROM api.scheduler_changed_triggers c LEFT JOIN scheduler.jobs j USING (task_id)
WHERE c.task_id = ANY($1::uuid[]) AND (j.task_id IS NULL OR j.version < c.version)
ORDER BY c.task_id
"""  # noqa: S608 - names of our own fields

_JSON = frozenset({"schedule_config", "trigger_config", "action_config", "policy"})

log = logging.getLogger(__name__)


class Look(NamedTuple):
    """Which triggered tasks have changed, and from where the next look goes on."""

    horizon: str
    changed: list[UUID]


async def look(pool: Pool, horizon: str | None) -> Look:
    """Return what changed since *horizon*, some of it perhaps again; None: as far as is known."""
    row = await pool.fetchrow(_LOOK, horizon or "0")
    assert row is not None  # noqa: S101 - a SELECT without FROM has one row
    return Look(row["horizon"], row["changed"])


async def unheard(pool: Pool, task_ids: Collection[UUID]) -> Sequence[TaskChanged]:
    """Return those of these tasks of which the job table has no version as new."""
    rows = await pool.fetch(_UNHEARD, list(task_ids))
    return [change for row in rows if (change := _change(row))]


def _change(row: Record) -> TaskChanged | None:
    said = {field: row[field] for field in TaskDefinition.model_fields}
    for field in _JSON:
        said[field] = None if said[field] is None else json.loads(said[field])
    kind = "deleted" if row["deleted"] else "created" if row["version"] == 1 else "updated"
    try:
        return TaskChanged(
            change=kind,
            task_id=row["task_id"],
            version=row["version"],
            changed_at=row["changed_at"],
            task=None if row["deleted"] else TaskDefinition.model_validate(said),
        )
    except pydantic.ValidationError:
        # Its event is buried as poison, too. It must not hold up the events of all other tasks.
        log.exception("task %s cannot be read", row["task_id"])
        return None
