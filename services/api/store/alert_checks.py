"""Checks of alert rules: who judged what when, so that nobody judges twice."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class CheckRow(NamedTuple):
    """What one run's judgement of a rule came to; `answer` is JSON."""

    run_id: UUID
    attempt: int
    began_at: datetime
    checked_at: datetime
    since_last: timedelta | None
    error: str | None
    errors_in_a_row: int
    answer: str


_READ = f"SELECT {', '.join(CheckRow._fields)} FROM api.alert_checks"  # noqa: S608 - our own column list


async def of_run(connection: Connection, rule_id: UUID, run_id: UUID) -> CheckRow | None:
    """Return what a run has judged of a rule."""
    row = await connection.fetchrow(f"{_READ} WHERE rule_id = $1 AND run_id = $2", rule_id, run_id)
    return CheckRow(*row.values()) if row else None


async def last(connection: Connection, rule_id: UUID) -> CheckRow | None:
    """Return the judgement of a rule that counts: the one that began last."""
    row = await connection.fetchrow(
        f"{_READ} WHERE rule_id = $1 ORDER BY began_at DESC, checked_at DESC LIMIT 1", rule_id
    )
    return CheckRow(*row.values()) if row else None


async def keep(connection: Connection, rule_id: UUID, check: CheckRow, *, samples: int) -> None:
    """Store a judgement; forget those of more than an hour ago."""
    await connection.execute(
        "DELETE FROM api.alert_checks"
        " WHERE rule_id = $1 AND checked_at < $2::timestamptz - interval '1 hour'",
        rule_id,
        check.checked_at,
    )
    await connection.execute(
        "INSERT INTO api.alert_checks (rule_id, run_id, attempt, began_at, checked_at, since_last,"
        "  error, errors_in_a_row, answer, samples)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)"
        " ON CONFLICT (rule_id, run_id) DO UPDATE SET attempt = excluded.attempt,"
        "  began_at = excluded.began_at, checked_at = excluded.checked_at,"
        "  since_last = excluded.since_last, error = excluded.error,"
        "  errors_in_a_row = excluded.errors_in_a_row,"
        "  answer = excluded.answer, samples = excluded.samples",
        rule_id,
        *check,
        samples,
    )
