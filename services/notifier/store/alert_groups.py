"""Groups of alerts: `notify.alert_groups` and `alert_members`, and the API's views of alerts.

A look at groups is one transaction, which holds their rows and passes over those that another
notifier looks at. Nobody waits for a group's row: members refer to it by its id alone, and one that
was left without its group is taken for new.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from services.notifier.alert_letter import AlertPart, part_of
from services.notifier.grouping import Group, Mutes, Seen, Settings
from services.notifier.store.judgements import Judgement
from shared.db.pool import Connection, Pool, Record
from shared.domain.alerting.grouping import Timing, Told
from shared.domain.alerting.matching import (
    Firing,
    Inhibitions,
    Silence,
    read_inhibitions,
    read_matchers,
)

_SETTINGS = """
SELECT group_by, group_wait_seconds, group_interval_seconds, repeat_interval_seconds, send_resolved,
       inhibitions, clock_timestamp() AS now
FROM api.notifier_alert_settings
"""
_ALERT = (
    "a.fingerprint, a.rule_name, a.state, a.level, a.reason, a.labels, a.annotations, a.value,"
    " a.fired_at, a.resolved_at, a.recipients"
)

_NEW = f"""
SELECT {_ALERT}, c.channel
FROM api.notifier_alerts a
     CROSS JOIN LATERAL (SELECT DISTINCT r FROM unnest(a.recipients) AS r) AS c (channel)
WHERE a.state = 'firing' AND NOT EXISTS (
    SELECT FROM notify.alert_members m JOIN notify.alert_groups g ON g.id = m.group_id
    WHERE m.channel = c.channel AND m.fingerprint = a.fingerprint)
ORDER BY a.fired_at, a.fingerprint, c.channel LIMIT $1
"""  # noqa: S608 - our own column list

# An alert that has waited for long enough must not wait for those that came before it.
_SOONER = """
UPDATE notify.alert_groups g SET flush_at = sooner.flush_at
FROM (
    SELECT h.id, n.flush_at FROM notify.alert_groups h
    JOIN unnest($1::uuid[], $2::timestamptz[]) AS n (id, flush_at) ON n.id = h.id
    WHERE h.looked_at IS NULL AND n.flush_at < h.flush_at
    ORDER BY h.id FOR NO KEY UPDATE OF h SKIP LOCKED
) sooner
WHERE g.id = sooner.id
"""

_DUE = """
SELECT id, channel, labels, flush_at, told_at, told_firing, told_resolved
FROM notify.alert_groups WHERE flush_at <= clock_timestamp()
ORDER BY flush_at, id LIMIT $1 FOR UPDATE SKIP LOCKED
"""

# Of an alert that came again the open row counts, or else the newest.
_MEMBERS = f"""
SELECT m.group_id, m.facts, {_ALERT}
FROM notify.alert_members m LEFT JOIN LATERAL (
    SELECT * FROM api.notifier_alerts n WHERE n.fingerprint = m.fingerprint
    ORDER BY n.state = 'firing' DESC, n.seq DESC LIMIT 1
) a ON true
WHERE m.group_id = ANY($1::uuid[]) ORDER BY m.group_id, m.fingerprint
"""  # noqa: S608 - our own column list


class New(NamedTuple):
    """An alert that a channel is to be told of and that is in no group yet."""

    channel: str
    part: AlertPart


class Look:
    """One transaction in which groups are looked at."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.judgement = Judgement(connection)
        """Orders messages in this transaction."""

    async def due(self, limit: int) -> list[Group]:
        """Return groups whose time has come, still empty; keep others from looking at them."""
        return [_group(row) for row in await self._connection.fetch(_DUE, limit)]

    async def settings(self) -> tuple[Settings, datetime]:
        """Return how alerts are told, and the database's time."""
        return _settings(await self._connection.fetchrow(_SETTINGS))

    async def filled(self, groups: Sequence[Group], now: datetime) -> list[Group]:
        """Return *groups* with their alerts as these are *now*."""
        rows = await self._connection.fetch(_MEMBERS, [each.id for each in groups])
        members: dict[UUID, list[Seen]] = {each.id: [] for each in groups}
        for row in rows:
            members[row["group_id"]].append(_seen(row, now))
        return [replace(each, members=members[each.id]) for each in groups]

    async def mutes(self, settings: Settings, now: datetime) -> Mutes:
        """Return all that holds alerts now."""
        rows = await self._connection.fetch(
            "SELECT id, matchers, starts_at, ends_at FROM api.notifier_alert_silences"
            " WHERE starts_at <= $1 AND ends_at > $1 ORDER BY id",
            now,
        )
        firing: Sequence[Record] = []
        if settings.inhibitions:
            firing = await self._connection.fetch(
                "SELECT fingerprint, labels FROM api.notifier_alerts WHERE state = 'firing'"
            )
        return Mutes(
            silences=[_silence(row) for row in rows],
            inhibitions=Inhibitions(
                settings.inhibitions,
                [Firing(row["fingerprint"], json.loads(row["labels"])) for row in firing],
            ),
        )

    async def keep(self, group: Group, now: datetime) -> None:
        """Store a group as it is after a look; one without members is forgotten."""
        keys = [each.part.fingerprint for each in group.members]
        await self._connection.execute(
            "DELETE FROM notify.alert_members"
            " WHERE group_id = $1 AND fingerprint <> ALL($2::text[])",
            group.id,
            keys,
        )
        if not keys:
            await self._connection.execute(
                "DELETE FROM notify.alert_groups WHERE id = $1", group.id
            )
            return
        told = group.told
        await self._connection.execute(
            "UPDATE notify.alert_groups SET flush_at = $2, looked_at = $3, told_at = $4,"
            " told_firing = $5, told_resolved = $6 WHERE id = $1",
            group.id,
            group.flush_at,
            now,
            told.at if told else None,
            sorted(told.firing) if told else [],
            sorted(told.resolved) if told else [],
        )


class AlertGroupStore:
    """The groups."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def settings(self) -> tuple[Settings, datetime]:
        """Return how alerts are told, and the database's time."""
        return _settings(await self._pool.fetchrow(_SETTINGS))

    async def new(self, limit: int) -> list[New]:
        """Return alerts that fire and that somebody is to be told of, in no group yet."""
        return [New(row["channel"], _part(row)) for row in await self._pool.fetch(_NEW, limit)]

    async def enter(self, groups: Mapping[UUID, Group], members: Mapping[UUID, list[New]]) -> None:
        """Put alerts into their groups; a group that is there already is told no later for it."""
        ordered = [groups[key] for key in sorted(groups)]
        pairs = [(group.id, each) for group in ordered for each in members[group.id]]
        async with self._pool.acquire() as connection, connection.transaction():
            await connection.executemany(
                "INSERT INTO notify.alert_groups (id, channel, labels, flush_at)"
                " VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING",
                [(each.id, each.channel, _json(each.labels), each.flush_at) for each in ordered],
            )
            await connection.executemany(
                "INSERT INTO notify.alert_members (channel, fingerprint, group_id, facts)"
                " VALUES ($1, $2, $3, $4) ON CONFLICT (channel, fingerprint)"
                " DO UPDATE SET group_id = excluded.group_id, facts = excluded.facts",
                sorted(
                    (each.channel, each.part.fingerprint, group, each.part.model_dump_json())
                    for group, each in pairs
                ),
            )
            await connection.execute(
                _SOONER, [each.id for each in ordered], [each.flush_at for each in ordered]
            )

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Look]:
        """Open a transaction."""
        async with self._pool.acquire() as connection, connection.transaction():
            yield Look(connection)


def _settings(row: Record | None) -> tuple[Settings, datetime]:
    assert row is not None  # noqa: S101 - the migration made it
    timing = Timing(
        group_wait=timedelta(seconds=row["group_wait_seconds"]),
        group_interval=timedelta(seconds=row["group_interval_seconds"]),
        repeat_interval=timedelta(seconds=row["repeat_interval_seconds"]),
        send_resolved=row["send_resolved"],
    )
    inhibitions = tuple(read_inhibitions(json.loads(row["inhibitions"])))
    settings = Settings(group_by=tuple(row["group_by"]), timing=timing, inhibitions=inhibitions)
    return settings, row["now"]


def _seen(row: Record, now: datetime) -> Seen:
    if row["fingerprint"] is None:
        last = AlertPart.model_validate_json(row["facts"])
        over = last.model_copy(update={"status": "resolved", "ends_at": now})
        return Seen(part=over, recipients=None)
    recipients = row["recipients"]
    return Seen(part=_part(row), recipients=None if recipients is None else tuple(recipients))


def _part(row: Record) -> AlertPart:
    return part_of(
        fingerprint=row["fingerprint"],
        rule=row["rule_name"],
        level=row["level"],
        reason=row["reason"],
        labels=json.loads(row["labels"]),
        annotations=json.loads(row["annotations"]),
        value=row["value"],
        starts_at=row["fired_at"],
        ends_at=None if row["state"] == "firing" else row["resolved_at"],
    )


def _group(row: Record) -> Group:
    told = (
        Told(row["told_at"], frozenset(row["told_firing"]), frozenset(row["told_resolved"]))
        if row["told_at"]
        else None
    )
    return Group(
        id=row["id"],
        channel=row["channel"],
        labels=json.loads(row["labels"]),
        flush_at=row["flush_at"],
        told=told,
    )


def _silence(row: Record) -> Silence:
    return Silence(
        id=str(row["id"]),
        matchers=read_matchers(json.loads(row["matchers"])),
        starts_at=row["starts_at"],
        ends_at=row["ends_at"],
    )


def _json(value: Mapping[str, str]) -> str:
    return json.dumps(dict(value), ensure_ascii=False)
