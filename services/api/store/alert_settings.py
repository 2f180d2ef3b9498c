"""How alerts are told: one row of settings; and the groups in which the notifier tells them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from shared.db.pool import Connection


class WrittenSettings(NamedTuple):
    """What somebody said; `inhibitions` is JSON."""

    group_by: list[str]
    group_wait_seconds: int
    group_interval_seconds: int
    repeat_interval_seconds: int
    send_resolved: bool
    inhibitions: str


class SettingsRow(NamedTuple):
    """The settings."""

    written: WrittenSettings
    version: int
    updated_at: datetime
    updated_by: str | None


class GroupRow(NamedTuple):
    """Alerts that one channel is told together; `labels` is JSON."""

    id: UUID
    channel: str
    labels: str
    opened_at: datetime
    flush_at: datetime
    told_at: datetime | None
    told_firing: list[str]
    members: list[str]


class MutableAlert(NamedTuple):
    """Of an alert, what matchers look at; `labels` is JSON."""

    id: UUID
    fingerprint: str
    labels: str


_WRITTEN = ", ".join(WrittenSettings._fields)


async def get(connection: Connection, *, lock: bool = False) -> SettingsRow:
    """Return the settings; *lock*: keep others from changing them."""
    row = await connection.fetchrow(
        f"SELECT {_WRITTEN}, version, updated_at, updated_by FROM api.alert_settings"  # noqa: S608 - our own column list
        f"{' FOR UPDATE' if lock else ''}"
    )
    assert row is not None  # noqa: S101 - the migration made it
    *written, version, updated_at, updated_by = row
    return SettingsRow(WrittenSettings(*written), version, updated_at, updated_by)


async def change(
    connection: Connection, written: WrittenSettings, *, updated_by: str
) -> SettingsRow:
    """Store the settings, which the caller has locked."""
    await connection.execute(
        f"UPDATE api.alert_settings SET ({_WRITTEN}) = ($2, $3, $4, $5, $6, $7),"  # noqa: S608 - our own column list
        " version = version + 1, updated_at = clock_timestamp(), updated_by = $1",
        updated_by,
        *written,
    )
    return await get(connection)


async def groups(
    connection: Connection,
    *,
    after: UUID | None,
    channel: str | None,
    fingerprint: str | None,
    limit: int,
) -> list[GroupRow]:
    """Return groups in order of their ids."""
    rows = await connection.fetch(
        f"SELECT {', '.join(GroupRow._fields)} FROM notify.api_alert_groups"  # noqa: S608 - our own column list
        " WHERE ($1::uuid IS NULL OR id > $1) AND ($2::text IS NULL OR channel = $2)"
        " AND ($4::text IS NULL OR $4 = ANY(members)) ORDER BY id LIMIT $3",
        after,
        channel,
        limit,
        fingerprint,
    )
    return [GroupRow(*row) for row in rows]


async def firing(connection: Connection) -> list[MutableAlert]:
    """Return what fires now."""
    return await _alerts(connection, ["firing"])


async def unended(connection: Connection) -> list[MutableAlert]:
    """Return what fires or is pending now."""
    return await _alerts(connection, ["firing", "pending"])


async def _alerts(connection: Connection, states: list[str]) -> list[MutableAlert]:
    rows = await connection.fetch(
        "SELECT id, fingerprint, labels FROM api.alerts"
        " WHERE state <> 'resolved' AND state = ANY($1::text[]) ORDER BY seq",
        states,
    )
    return [MutableAlert(*row) for row in rows]
