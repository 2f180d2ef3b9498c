"""Counts for `/metrics`: looked up now and then, each by an index or bounded."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from shared.db.pool import Connection

#: Counting stops here; nobody tells a larger number from this one.
MOST_COUNTED: Final = 10_000

_COUNTS = """
SELECT (SELECT count(*) FROM (SELECT FROM api.outbox WHERE sent_at IS NULL LIMIT $1) o) AS outbox,
    coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at) FROM api.outbox
        WHERE sent_at IS NULL ORDER BY id LIMIT 1), 0)::float8 AS outbox_oldest,
    (SELECT count(*) FROM (SELECT FROM api.outbox WHERE sent_at IS NOT NULL LIMIT $1) o) AS unheard,
    (SELECT count(*) FROM api.account_runtimes
        WHERE NOT stopping AND seen_at > now() - interval '30 seconds') AS runtimes,
    (SELECT count(*) FROM (
        SELECT FROM log.api_dead_runs d WHERE NOT EXISTS (
            SELECT FROM api.dead_run_decisions c WHERE c.run_id = d.run_id) LIMIT $1) d)
        AS dead_runs,
    (SELECT count(*) FROM (
        SELECT FROM log.api_dead_letters l WHERE NOT EXISTS (
            SELECT FROM api.dead_letter_decisions c WHERE c.letter_id = l.id) LIMIT $1) d)
        AS dead_letters,
    (SELECT count(*) FROM api.alerts WHERE state = 'firing') AS alerts,
    (SELECT paused FROM api.scheduler_switches) AS paused,
    coalesce((SELECT extract(epoch FROM max(started_at)) FROM api.backups
        WHERE state = 'verified'), 0)::float8 AS backup_at
"""
_ACCOUNTS = "SELECT coalesce(state, 'unknown') AS state, count(*) FROM api.accounts GROUP BY 1"


class Sample(NamedTuple):
    """How the API's things stand."""

    outbox: int
    outbox_oldest: float
    unheard: int
    runtimes: int
    dead_runs: int
    dead_letters: int
    alerts: int
    paused: bool
    backup_at: float
    accounts: Mapping[str, int]


async def look(connection: Connection) -> Sample:
    """Count once."""
    row = await connection.fetchrow(_COUNTS, MOST_COUNTED)
    assert row is not None  # noqa: S101 - a row of sub-selects is always there
    values = {**row, "paused": bool(row["paused"])}
    accounts = {each[0]: each[1] for each in await connection.fetch(_ACCOUNTS)}
    return Sample(**values, accounts=accounts)
