"""What pages of scripts need beside the scripts: who plays them, and how publishing goes on."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from shared.db.pool import Connection, Record

#: So many tasks of a script are told.
MOST_TASKS = 50

# A run between two attempts is at work; one that is over, or was taken back, is not.
_AT_WORK = """
EXISTS (SELECT FROM executor.api_leases l WHERE l.run_id = p.run_id)
AND NOT EXISTS (SELECT FROM scheduler.api_occurrences o WHERE o.run_id = p.run_id AND o.settled)
"""

_PUBLICATION = f"""
SELECT p.run_id, p.script_id, p.environment, p.number, p.version, v.number AS from_number,
    p.from_version, p.rollback, p.reason, p.started_at, p.ended_at,
    CASE WHEN p.state IN ('running', 'rolling_back') AND NOT ({_AT_WORK})
         THEN 'abandoned' ELSE p.state END AS state,
    o.task_id, t.name AS task_name, o.requested_by,
    coalesce(o.params::text, t.action_config::text, '{{}}') AS params,
    (SELECT count(*) FROM api.script_publication_targets g WHERE g.run_id = p.run_id) AS total,
    (SELECT count(*) FROM api.script_publication_targets g WHERE g.run_id = p.run_id AND given)
        AS given
FROM api.script_publications p
LEFT JOIN api.script_versions v ON v.script_id = p.script_id AND v.version = p.from_version
LEFT JOIN scheduler.api_occurrences o ON o.run_id = p.run_id
LEFT JOIN api.tasks t ON t.id = o.task_id
"""  # noqa: S608 - our own words

# What became of a target so far; the first that holds.
_FATE = """
CASE WHEN a.id IS NULL OR a.script_id IS DISTINCT FROM p.script_id THEN 'gone'
     WHEN t.found = p.version AND a.script_version = p.version THEN 'noop'
     WHEN a.script_version IS DISTINCT FROM p.version
         THEN CASE WHEN NOT t.given THEN 'waiting'
                   WHEN a.script_version IS NOT DISTINCT FROM t.found THEN 'taken_back'
                   ELSE 'superseded' END
     WHEN a.running_script_version = p.version THEN 'done'
     WHEN a.desired = 'running' AND t.was_running AND coalesce(a.state, 'stopped') <> 'stopped'
         THEN CASE WHEN a.state IN ('failed', 'quarantined') THEN 'failed' ELSE 'awaited' END
     ELSE 'assigned' END
"""
_TARGETS = f"""
FROM (SELECT t.id, t.account_id, t.found, t.was_running, a.display_name, a.state, a.script_version,
        a.running_script_version, a.detail, {_FATE} AS fate
      FROM api.script_publication_targets t
      JOIN api.script_publications p ON p.run_id = t.run_id
      LEFT JOIN api.accounts a ON a.id = t.id WHERE t.run_id = $1) AS targets
"""  # noqa: S608 - our own words


class Publication(NamedTuple):
    """One run's publishing of a script."""

    run_id: UUID
    script_id: str
    environment: str
    number: int
    version: str
    from_number: int | None
    from_version: str | None
    rollback: bool
    reason: str | None
    started_at: datetime
    ended_at: datetime | None
    state: str
    task_id: UUID | None
    task_name: str | None
    requested_by: str | None
    params: Mapping[str, Any]
    total: int
    given: int


class Target(NamedTuple):
    """An account that a script is published to, as it stands now."""

    account_id: str
    display_name: str | None
    state: str | None
    found: str | None
    assigned: str | None
    running: str | None
    detail: str | None
    fate: str


class Played(NamedTuple):
    """Accounts that are to run one version of a script in one environment."""

    environment: str
    number: int | None
    version: str | None
    accounts: int
    working: int
    outdated: int
    """Of those that work, which say that they run another version."""


class Publisher(NamedTuple):
    """A task that publishes a script."""

    id: UUID
    name: str
    task_type: str
    enabled: bool


_PLAYED = """
SELECT a.environment, v.number, a.script_version, count(*),
    count(*) FILTER (WHERE a.state = 'working'),
    count(*) FILTER (WHERE a.state = 'working'
                     AND a.running_script_version IS DISTINCT FROM a.script_version)
FROM api.accounts a
LEFT JOIN api.script_versions v ON v.script_id = a.script_id AND v.version = a.script_version
WHERE a.script_id = $1 GROUP BY 1, 2, 3 ORDER BY 1, 2 DESC NULLS LAST
"""

_PUBLISHERS = """
SELECT id, name, task_type, enabled FROM api.tasks
WHERE task_action = 'script_publish' AND action_config ->> 'script_id' = $1
ORDER BY task_type <> 'manual', NOT enabled, seq LIMIT $2
"""


async def played(connection: Connection, script_id: str) -> list[Played]:
    """Return which versions of a script accounts are to run, by environment."""
    rows = await connection.fetch(_PLAYED, script_id)
    return [Played(*row.values()) for row in rows]


async def publishers(connection: Connection, script_id: str) -> list[Publisher]:
    """Return tasks that publish a script; manual ones that are enabled first, the oldest first."""
    rows = await connection.fetch(_PUBLISHERS, script_id, MOST_TASKS)
    return [Publisher(*row.values()) for row in rows]


async def publications(
    connection: Connection, script_id: str, *, before: datetime | None, limit: int
) -> list[Publication]:
    """Return publications of a script, the newest first."""
    rows = await connection.fetch(
        f"{_PUBLICATION} WHERE p.script_id = $1"
        " AND ($2::timestamptz IS NULL OR p.started_at < $2) ORDER BY p.started_at DESC LIMIT $3",
        script_id,
        before,
        limit,
    )
    return [_publication(row) for row in rows]


async def publication(connection: Connection, run_id: UUID) -> Publication | None:
    """Return what a run publishes."""
    row = await connection.fetchrow(f"{_PUBLICATION} WHERE p.run_id = $1", run_id)
    return _publication(row) if row else None


async def fates(connection: Connection, run_id: UUID) -> dict[str, int]:
    """Return how many targets of a publication stand how."""
    rows = await connection.fetch(
        f"SELECT fate, count(*) AS count {_TARGETS} GROUP BY fate",
        run_id,
    )
    return {row["fate"]: row["count"] for row in rows}


async def targets(
    connection: Connection, run_id: UUID, *, fate: str | None, after: str | None, limit: int
) -> list[Target]:
    """Return targets of a publication by name, those after *after*."""
    rows = await connection.fetch(
        "SELECT account_id, display_name, state, found, script_version, running_script_version,"
        f" detail, fate {_TARGETS} WHERE ($2::text IS NULL OR fate = $2)"
        " AND ($3::text IS NULL OR account_id > $3) ORDER BY account_id LIMIT $4",
        run_id,
        fate,
        after,
        limit,
    )
    return [Target(*row.values()) for row in rows]


def _publication(row: Record) -> Publication:
    return Publication(**{**row, "params": json.loads(row["params"])})
