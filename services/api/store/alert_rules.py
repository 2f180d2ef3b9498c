"""Alert rules, and what their last check came to."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from asyncpg import UniqueViolationError

from shared.db.pool import Connection


class WrittenRule(NamedTuple):
    """What somebody said of a rule; the fields are the columns, some of them JSON."""

    name: str
    description: str | None
    rule_type: str
    alert_level: str
    threshold_operator: str
    threshold_value: float
    enabled: bool
    notification_method: str | None
    notification_target: str | None
    rule_conditions: str
    query: str
    """JSON; `null` for what is measured here."""
    window_seconds: int
    interval_seconds: int
    for_seconds: int
    keep_firing_for_seconds: int
    after_samples: int | None
    clear_samples: int | None
    no_data: str
    on_error: str
    labels: str
    annotations: str


class RuleRow(NamedTuple):
    """A rule as it is stored, and how its last check went."""

    id: UUID
    seq: int
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    checked_at: datetime | None
    samples: int | None
    error: str | None
    pending: int
    firing: int
    written: WrittenRule


_WRITTEN = WrittenRule._fields
_COLUMNS = ", ".join(_WRITTEN)
_READ = f"""
SELECT r.id, r.seq, r.version, r.created_at, r.updated_at, r.created_by,
       c.checked_at, c.samples, c.error,
       (SELECT count(*) FROM api.alerts a WHERE a.rule_id = r.id AND a.state = 'pending'),
       (SELECT count(*) FROM api.alerts a WHERE a.rule_id = r.id AND a.state = 'firing'),
       {", ".join(f"r.{name}" for name in _WRITTEN)}
FROM api.alert_rules r
LEFT JOIN LATERAL (SELECT checked_at, samples, error FROM api.alert_checks
                   WHERE rule_id = r.id ORDER BY checked_at DESC LIMIT 1) c ON true
"""  # noqa: S608 - our own column list
_OWN = len(RuleRow._fields) - 1


async def page(
    connection: Connection,
    *,
    enabled: bool | None,
    rule_type: str | None,
    level: str | None,
    name: str | None,
    before: int,
    limit: int,
) -> list[RuleRow]:
    """Return rules, newest first."""
    rows = await connection.fetch(
        f"{_READ} WHERE r.seq < $1 AND ($2::boolean IS NULL OR r.enabled = $2)"
        " AND ($3::text IS NULL OR r.rule_type = $3)"
        " AND ($4::text IS NULL OR r.alert_level = $4)"
        " AND ($5::text IS NULL OR strpos(lower(r.name), lower($5)) > 0)"
        " ORDER BY r.seq DESC LIMIT $6",
        before,
        enabled,
        rule_type,
        level,
        name,
        limit,
    )
    return [_row(tuple(row.values())) for row in rows]


async def get(connection: Connection, rule_id: UUID) -> RuleRow | None:
    """Return one rule."""
    row = await connection.fetchrow(f"{_READ} WHERE r.id = $1", rule_id)
    return _row(tuple(row.values())) if row else None


async def lock(connection: Connection, rule_id: UUID) -> RuleRow | None:
    """Return a rule that nobody else can change or judge until the transaction ends."""
    await connection.execute("SELECT 1 FROM api.alert_rules WHERE id = $1 FOR UPDATE", rule_id)
    return await get(connection, rule_id)  # a statement of its own: it sees who went before


async def to_check(
    connection: Connection, names: Sequence[str], *, after: UUID, limit: int
) -> list[RuleRow]:
    """Return rules by id: those of *names*, or all that are enabled."""
    rows = await connection.fetch(
        f"{_READ} WHERE r.id > $1"
        " AND (r.name = ANY($2::text[]) OR cardinality($2::text[]) = 0 AND r.enabled)"
        " ORDER BY r.id LIMIT $3",
        after,
        list(names),
        limit,
    )
    return [_row(tuple(row.values())) for row in rows]


async def unknown(connection: Connection, names: Sequence[str]) -> list[str]:
    """Return those of *names* that no rule has."""
    rows = await connection.fetch(
        "SELECT name FROM unnest($1::text[]) AS n (name)"
        " WHERE NOT EXISTS (SELECT 1 FROM api.alert_rules r WHERE r.name = n.name) ORDER BY name",
        list(names),
    )
    return [row["name"] for row in rows]


async def insert(
    connection: Connection, rule_id: UUID, written: WrittenRule, *, created_by: str
) -> bool:
    """Store a new rule; return False if the name is taken."""
    blanks = ", ".join(f"${place}" for place in range(3, 3 + len(_WRITTEN)))
    done: str = await connection.execute(
        f"INSERT INTO api.alert_rules (id, created_by, {_COLUMNS})"  # noqa: S608 - our own column list
        f" VALUES ($1, $2, {blanks}) ON CONFLICT (name) DO NOTHING",
        rule_id,
        created_by,
        *written,
    )
    return done.endswith(" 1")


async def update(connection: Connection, rule_id: UUID, written: WrittenRule) -> bool:
    """Store a rule instead of what it was.

    Returns False if the name is taken; then the transaction can do nothing more.
    """
    wishes = ", ".join(f"{name} = ${place}" for place, name in enumerate(_WRITTEN, 2))
    with suppress(UniqueViolationError):
        await connection.execute(
            f"UPDATE api.alert_rules SET {wishes}, version = version + 1,"  # noqa: S608 - our own column list
            " updated_at = clock_timestamp() WHERE id = $1",
            rule_id,
            *written,
        )
        return True
    return False


async def delete(connection: Connection, rule_id: UUID) -> None:
    """Remove a rule; its alerts stay."""
    await connection.execute("DELETE FROM api.alert_rules WHERE id = $1", rule_id)


def _row(values: tuple[object, ...]) -> RuleRow:
    return RuleRow._make((*values[:_OWN], WrittenRule._make(values[_OWN:])))
