"""Alerts: what the checks of the rules found, and how it came and went."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection
from shared.domain.alerting.machine import RESOLVED_STAYS, Instance


class AlertRow(NamedTuple):
    """An alert as people see it; `labels` and `annotations` are JSON."""

    id: UUID
    seq: int
    rule_id: UUID
    rule_name: str
    fingerprint: str
    state: str
    level: str
    reason: str | None
    labels: str
    annotations: str
    value: float | None
    active_at: datetime
    fired_at: datetime | None
    unmet_since: datetime | None
    resolved_at: datetime | None
    resolved_because: str | None
    evaluated_at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    acknowledged_comment: str | None


class TransitionRow(NamedTuple):
    """One step in the life of an alert."""

    state: str
    at: datetime
    value: float | None
    run_id: UUID | None
    actor: str | None
    comment: str | None


class OpenAlert(NamedTuple):
    """An alert that a rule's next evaluation goes on from."""

    id: UUID
    instance: Instance


_COLUMNS = ", ".join(AlertRow._fields)
_STATE = (
    "state, value, active_at, met_at, unmet_since, met_samples, unmet_samples, fired_at,"
    " resolved_at"
)

# Spelled out, so that the planner sees that the partial indexes will do.
_OF_STATE = {
    "pending": "state = 'pending'",
    "firing": "state = 'firing'",
    "resolved": "state = 'resolved'",
    "any": "true",
}
_CURRENT = (
    "(state <> 'resolved' OR state = 'resolved' AND resolved_at > now()"
    f" - interval '{RESOLVED_STAYS.total_seconds():g} seconds')"
)


async def firing(connection: Connection, rule_name: str) -> int:
    """Return how many alerts of a rule fire now."""
    count: int = await connection.fetchval(
        # By id: alerts learn only with the next check that their rule has another name.
        "SELECT count(*) FROM api.alerts WHERE state = 'firing'"
        " AND rule_id = (SELECT id FROM api.alert_rules WHERE name = $1)",
        rule_name,
    )
    return count


async def open_of_rule(connection: Connection, rule_id: UUID) -> dict[str, OpenAlert]:
    """Return what is pending or fires of a rule, by fingerprint."""
    rows = await connection.fetch(
        f"SELECT id, fingerprint, series, reason, {_STATE} FROM api.alerts"  # noqa: S608 - our own column list
        " WHERE rule_id = $1 AND state <> 'resolved'",
        rule_id,
    )
    found = {}
    for row in rows:
        fields = dict(row)
        key, identity = fields.pop("fingerprint"), fields.pop("id")
        instance = Instance(**{**fields, "series": json.loads(fields["series"])})
        found[key] = OpenAlert(identity, instance)
    return found


class Stored(NamedTuple):
    """An alert to be written: its id, and all that is said of it."""

    id: UUID
    fingerprint: str
    instance: Instance
    labels: Mapping[str, str]
    annotations: Mapping[str, str]


async def write(
    connection: Connection,
    alerts: Sequence[Stored],
    *,
    rule_id: UUID,
    rule_name: str,
    level: str,
    at: datetime,
    because: str | None = None,
) -> None:
    """Store what became of the alerts of a rule, new or not."""
    await connection.executemany(
        "INSERT INTO api.alerts (id, rule_id, rule_name, fingerprint, level, reason, series,"  # noqa: S608 - our own column list
        f" labels, annotations, evaluated_at, resolved_because, {_STATE})"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18,"
        "  $19, $20) ON CONFLICT (id) DO UPDATE SET rule_name = excluded.rule_name,"
        "  level = excluded.level, labels = excluded.labels, annotations = excluded.annotations,"
        "  evaluated_at = excluded.evaluated_at, resolved_because = excluded.resolved_because,"
        + ", ".join(f" {name} = excluded.{name}" for name in _STATE.split(", ")),
        [
            (
                each.id,
                rule_id,
                rule_name,
                each.fingerprint,
                level,
                each.instance.reason,
                _json(each.instance.series),
                _json(each.labels),
                _json(each.annotations),
                at,
                because,
                each.instance.state,
                each.instance.value,
                each.instance.active_at,
                each.instance.met_at,
                each.instance.unmet_since,
                each.instance.met_samples,
                each.instance.unmet_samples,
                each.instance.fired_at,
                each.instance.resolved_at,
            )
            for each in alerts
        ],
    )


async def remove(connection: Connection, ids: Sequence[UUID]) -> None:
    """Remove alerts that never fired."""
    await connection.execute("DELETE FROM api.alerts WHERE id = ANY($1::uuid[])", list(ids))


async def note(
    connection: Connection,
    steps: Sequence[tuple[UUID, str, float | None]],
    *,
    at: datetime,
    run_id: UUID | None = None,
    actor: str | None = None,
    comment: str | None = None,
) -> None:
    """Write steps in the lives of alerts: id, state, value."""
    await connection.executemany(
        "INSERT INTO api.alert_transitions (alert_id, state, value, at, run_id, actor, comment)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7)",
        [(*step, at, run_id, actor, comment) for step in steps],
    )


async def page(
    connection: Connection,
    *,
    state: str | None,
    rule: str | None,
    level: str | None,
    labels: Mapping[str, str],
    text: str | None,
    acknowledged: bool | None,
    before: int,
    limit: int,
) -> list[AlertRow]:
    """Return alerts, newest first; without a *state* those that are open or just resolved."""
    which = _CURRENT if state is None else _OF_STATE[state]
    rows = await connection.fetch(
        f"SELECT {_COLUMNS} FROM api.alerts WHERE seq < $1 AND {which}"  # noqa: S608 - our own words
        " AND ($2::text IS NULL OR rule_name = $2) AND ($3::text IS NULL OR level = $3)"
        " AND labels @> $4::jsonb AND ($5::text IS NULL"
        "  OR strpos(lower(rule_name || ' ' || labels::text), lower($5)) > 0)"
        " AND ($6::boolean IS NULL OR (acknowledged_at IS NOT NULL) = $6)"
        " ORDER BY seq DESC LIMIT $7",
        before,
        rule,
        level,
        _json(labels),
        text,
        acknowledged,
        limit,
    )
    return [AlertRow(*row.values()) for row in rows]


class Count(NamedTuple):
    """How many alerts are in one state with one level."""

    state: str
    level: str
    alerts: int
    unacknowledged: int


async def counts(connection: Connection) -> list[Count]:
    """Count alerts that are open or just resolved."""
    rows = await connection.fetch(
        "SELECT state, level, count(*), count(*) FILTER (WHERE acknowledged_at IS NULL)"  # noqa: S608 - our own words
        f" FROM api.alerts WHERE {_CURRENT} GROUP BY state, level"
    )
    return [Count(*row) for row in rows]


async def get(connection: Connection, alert_id: UUID, *, lock: bool = False) -> AlertRow | None:
    """Return one alert; *lock*: nobody else changes it until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {_COLUMNS} FROM api.alerts WHERE id = $1{' FOR UPDATE' if lock else ''}",  # noqa: S608 - our own column list
        alert_id,
    )
    return AlertRow(*row.values()) if row else None


async def transitions(connection: Connection, alert_id: UUID) -> list[TransitionRow]:
    """Return the life of an alert, the last hundred steps of it."""
    rows = await connection.fetch(
        f"SELECT {', '.join(TransitionRow._fields)} FROM api.alert_transitions"  # noqa: S608 - our own column list
        " WHERE alert_id = $1 ORDER BY id DESC LIMIT 100",
        alert_id,
    )
    return [TransitionRow(*row.values()) for row in reversed(rows)]


async def acknowledge(
    connection: Connection, alert_id: UUID, *, by: str, comment: str, at: datetime
) -> None:
    """Note that somebody takes care of an alert."""
    await connection.execute(
        "UPDATE api.alerts SET acknowledged_at = $2, acknowledged_by = $3,"
        " acknowledged_comment = $4 WHERE id = $1",
        alert_id,
        at,
        by,
        comment,
    )
    await note(
        connection, [(alert_id, "acknowledged", None)], at=at, actor=by, comment=comment or None
    )


async def forget(connection: Connection, limit: int) -> int:
    """Remove alerts that were resolved ninety days ago, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.alerts WHERE ctid = ANY(ARRAY(SELECT ctid FROM api.alerts"
        " WHERE state = 'resolved' AND resolved_at < clock_timestamp() - interval '90 days'"
        " ORDER BY resolved_at LIMIT $1))",
        limit,
    )
    return int(done.rsplit(" ", 1)[1])


def _json(value: Mapping[str, str]) -> str:
    return json.dumps(value, ensure_ascii=False)
