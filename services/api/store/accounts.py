"""Accounts: what their owners wrote, and beside it what is wanted and what their runtimes say."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from services.api.accounts.definition import Fields
from services.api.store.account_runtimes import LIVE
from shared.db.pool import Connection, Record


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountRow:
    """An account as it is stored. A hold that is over is none."""

    id: UUID
    seq: int
    account_id: str
    display_name: str
    script_id: str | None
    environment: str
    server_id: str
    group_ids: Sequence[str]
    tags: Sequence[str]
    active: bool
    config: Mapping[str, Any]
    version: int
    created_at: datetime
    updated_at: datetime
    created_by: str | None
    desired: str
    generation: int
    desired_at: datetime
    desired_by: str | None
    desired_run: UUID | None
    desired_for: datetime | None
    script_version: str | None
    previous_script_version: str | None
    hold_state: str | None
    hold_until: datetime | None
    hold_by: str | None
    state: str | None
    state_since: datetime | None
    state_seq: int
    state_generation: int
    state_at: datetime | None
    healthy: bool | None
    pid: int | None
    restarts: int
    running_script_id: str | None
    running_script_version: str | None
    detail: str | None
    runtime_id: UUID | None
    runtime_live: bool
    now: datetime
    """The database's clock when this was read."""

    @property
    def fields(self) -> Fields:
        """What its owner wrote."""
        return Fields(
            account_id=self.account_id,
            display_name=self.display_name,
            script_id=self.script_id,
            environment=self.environment,
            server_id=self.server_id,
            group_ids=tuple(self.group_ids),
            tags=tuple(self.tags),
            active=self.active,
            config=self.config,
        )


#: Whether a person holds it now.
HELD = "a.hold_state IS NOT NULL AND a.hold_until > clock_timestamp()"
COLUMNS = f"""
    a.id, a.seq, a.account_id, a.display_name, a.script_id, a.environment, a.server_id,
    a.group_ids, a.tags, a.active, a.config, a.version, a.created_at, a.updated_at, a.created_by,
    a.desired, a.generation, a.desired_at, a.desired_by, a.desired_run, a.desired_for,
    a.script_version, a.previous_script_version,
    CASE WHEN {HELD} THEN a.hold_state END AS hold_state,
    CASE WHEN {HELD} THEN nullif(a.hold_until, 'infinity') END AS hold_until,
    CASE WHEN {HELD} THEN a.hold_by END AS hold_by,
    a.state, a.state_since, a.state_seq, a.state_generation, a.state_at, a.healthy, a.pid,
    a.restarts, a.running_script_id, a.running_script_version, a.detail, a.runtime_id,
    EXISTS (SELECT FROM api.account_runtimes r WHERE r.server_id = a.server_id AND {LIVE})
        AS runtime_live,
    clock_timestamp() AS now
"""


def row_of(record: Record) -> AccountRow:
    """Return a row that was read with `COLUMNS`."""
    return AccountRow(**{**record, "config": json.loads(record["config"])})


async def get(connection: Connection, account_id: str) -> AccountRow | None:
    """Return one account."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM api.accounts a WHERE a.account_id = $1",  # noqa: S608 - our own column list
        account_id,
    )
    return row_of(row) if row else None


async def lock(connection: Connection, account_id: str) -> AccountRow | None:
    """Return one account that nobody else can change until the transaction ends."""
    row = await connection.fetchrow(
        f"SELECT {COLUMNS} FROM api.accounts a WHERE a.account_id = $1 FOR UPDATE OF a",  # noqa: S608 - our own column list
        account_id,
    )
    return row_of(row) if row else None


async def lock_many(connection: Connection, identities: Sequence[UUID]) -> list[AccountRow]:
    """Return accounts that nobody else can change until the transaction ends, in order of id."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM api.accounts a WHERE a.id = ANY($1::uuid[])"  # noqa: S608 - our own column list
        " ORDER BY a.id FOR UPDATE OF a",
        list(identities),
    )
    return [row_of(row) for row in rows]


async def get_many(connection: Connection, identities: Sequence[UUID]) -> list[AccountRow]:
    """Return those of the accounts that there are, in order of id."""
    rows = await connection.fetch(
        f"SELECT {COLUMNS} FROM api.accounts a WHERE a.id = ANY($1::uuid[]) ORDER BY a.id",  # noqa: S608 - our own column list
        list(identities),
    )
    return [row_of(row) for row in rows]


#: The published version that an account follows; null: none is.
_PUBLISHED = (
    "(SELECT p.version FROM api.script_pointers p"
    " WHERE p.script_id = {script} AND p.environment = {environment})"
)


async def keep_pointers(connection: Connection, script_id: str) -> None:
    """Let nobody publish a script until the transaction ends; who is about to is waited for.

    Otherwise an account that begins to follow a pointer while it moves would never hear of it.
    """
    await connection.execute("SELECT FROM api.scripts WHERE script_id = $1 FOR SHARE", script_id)


async def insert(connection: Connection, identity: UUID, fields: Fields, *, by: str) -> bool:
    """Store a new account; return False if there is one of that name.

    Nothing has been said to its runtime yet: its generation is 0.
    """
    done: str = await connection.execute(
        "INSERT INTO api.accounts (id, account_id, display_name, script_id, environment,"  # noqa: S608 - our own words
        " server_id, group_ids, tags, active, config, created_by, desired_by, generation,"
        " script_version)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11, 0,"
        f" {_PUBLISHED.format(script='$4', environment='$5')})"
        " ON CONFLICT (account_id) DO NOTHING",
        identity,
        fields.account_id,
        *_written(fields),
        by,
    )
    return done.endswith(" 1")


#: What a runtime said of an account, that may be nothing.
_SAID = (
    *("state", "state_since", "state_at", "healthy", "pid", "detail", "runtime_id"),
    *("running_script_id", "running_script_version"),
)


async def update(connection: Connection, identity: UUID, fields: Fields) -> None:
    """Store what its owner wrote of an account, as its next version.

    With another script or environment it follows another pointer. What another server's runtime
    said of it is no news any more.
    """
    same = "(script_id IS NOT DISTINCT FROM $3 AND environment = $4)"
    published = _PUBLISHED.format(script="$3", environment="$4")
    await connection.execute(
        "UPDATE api.accounts SET display_name = $2, script_id = $3, environment = $4,"  # noqa: S608 - our own words
        " server_id = $5, group_ids = $6, tags = $7, active = $8, config = $9,"
        " version = version + 1, updated_at = clock_timestamp(),"
        f" script_version = CASE WHEN {same} THEN script_version ELSE {published} END,"
        f" previous_script_version = CASE WHEN {same} THEN previous_script_version END,"
        f" follows_since = CASE WHEN {same} THEN follows_since ELSE clock_timestamp() END,"
        f" {', '.join(f'{name} = CASE WHEN server_id = $5 THEN {name} END' for name in _SAID)},"
        " state_seq = CASE WHEN server_id = $5 THEN state_seq ELSE 0 END"
        " WHERE id = $1",
        identity,
        *_written(fields),
    )


async def delete(connection: Connection, identity: UUID) -> None:
    """Remove an account; its runtime has still to stop it."""
    await connection.execute(
        "WITH gone AS (DELETE FROM api.accounts WHERE id = $1"
        "  RETURNING id, account_id, server_id, generation)"
        " INSERT INTO api.accounts_gone (id, account_id, server_id, generation)"
        " SELECT id, account_id, server_id, generation + 1 FROM gone",
        identity,
    )


async def hold(
    connection: Connection,
    identity: UUID,
    *,
    state: str | None,
    until: datetime | None = None,
    by: str | None = None,
) -> None:
    """Hold an account in a state until a time (None: for good), or let it go (*state* None)."""
    await connection.execute(
        "UPDATE api.accounts SET hold_state = $2, hold_by = $4,"
        " hold_until = CASE WHEN $2::text IS NULL THEN NULL"
        "  ELSE coalesce($3::timestamptz, 'infinity') END"
        " WHERE id = $1",
        identity,
        state,
        until,
        by,
    )


def _written(fields: Fields) -> list[object]:
    return [
        fields.display_name,
        fields.script_id,
        fields.environment,
        fields.server_id,
        list(fields.group_ids),
        list(fields.tags),
        fields.active,
        json.dumps(fields.config, ensure_ascii=False),
    ]
