"""What is wanted of accounts, as their runtimes are told: rows, and messages in the outbox."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from shared.bus import topology
from shared.contracts.accounts import AccountDesired, Drain, ScriptPin
from shared.db.pool import Connection, Record

#: In order of id, as everybody locks accounts: two calls never wait for each other crosswise.
_NEXT_GENERATION = """
WITH held AS (
    SELECT id FROM api.accounts WHERE id = ANY($1::uuid[]) ORDER BY id FOR UPDATE
)
UPDATE api.accounts a SET generation = a.generation + 1 FROM held WHERE a.id = held.id
RETURNING a.id, a.account_id, a.server_id, a.generation, a.desired, a.config, a.script_id,
    a.script_version, a.drain, a.desired_run, clock_timestamp() AS at
"""

_LEAVE = """
INSERT INTO api.outbox (key, subject, message_id, payload)
SELECT key, subject, message_id, payload
FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[])
    WITH ORDINALITY AS u (key, subject, message_id, payload, place)
ORDER BY place
"""


_GONE = """
SELECT id, account_id, server_id, generation, 'absent' AS desired, '{}' AS config,
    NULL AS script_id, NULL AS script_version, '{}' AS drain, NULL::uuid AS desired_run,
    gone_at AS at
FROM api.accounts_gone
"""

_PAGE = f"""
SELECT id, account_id, server_id, generation, desired, config, script_id, script_version, drain,
    desired_run, desired_at AS at
FROM api.accounts WHERE server_id = $1 AND ($2::uuid IS NULL OR id > $2)
UNION ALL
{_GONE} WHERE server_id = $1 AND ($2::uuid IS NULL OR id > $2)
ORDER BY id LIMIT $3
"""  # noqa: S608 - our own words


async def next_generation(
    connection: Connection, identities: Sequence[UUID]
) -> list[AccountDesired]:
    """Count the generation of accounts up; return what is wanted of each now, by id."""
    rows = await connection.fetch(_NEXT_GENERATION, list(identities))
    return sorted((_desired(row) for row in rows), key=lambda each: each.id)


async def leave(connection: Connection, messages: Sequence[AccountDesired]) -> None:
    """Leave messages to the runtimes in the outbox."""
    await connection.execute(
        _LEAVE,
        [str(each.id) for each in messages],
        [topology.account_desired(each.id) for each in messages],
        [f"desired:{each.id}:{each.generation}" for each in messages],
        [each.encode() for each in messages],
    )


async def leave_gone(connection: Connection, identity: UUID) -> None:
    """Leave the message in the outbox that an account was deleted."""
    row = await connection.fetchrow(f"{_GONE} WHERE id = $1", identity)
    if row is not None:
        await leave(connection, [_desired(row)])


async def page(
    connection: Connection, server_id: str, after: UUID | None, limit: int
) -> list[AccountDesired]:
    """Return what is wanted on a server, in order of id; deleted accounts are `absent`."""
    rows = await connection.fetch(_PAGE, server_id, after, limit)
    return [_desired(row) for row in rows]


def _desired(row: Record) -> AccountDesired:
    pin = None
    if row["script_id"] and row["script_version"]:
        pin = ScriptPin(script_id=row["script_id"], version=row["script_version"])
    return AccountDesired(
        id=row["id"],
        account_id=row["account_id"],
        server_id=row["server_id"],
        generation=row["generation"],
        desired=row["desired"],
        config=json.loads(row["config"]),
        script=pin,
        drain=Drain.model_validate_json(row["drain"]),
        cause=row["desired_run"],
        at=row["at"],
    )


async def write(
    connection: Connection,
    identities: Sequence[UUID],
    desired: str,
    *,
    at: datetime,
    by: str,
    run: UUID | None,
    drain: Drain,
) -> None:
    """Write down what is wanted of accounts; *at* is the instant for which it is wanted."""
    await connection.execute(
        "UPDATE api.accounts SET desired = $2, desired_at = clock_timestamp(), desired_by = $4,"
        " desired_run = $5, desired_for = greatest(desired_for, $3), drain = $6"
        " WHERE id = ANY($1::uuid[])",
        list(identities),
        desired,
        at,
        by,
        run,
        drain.model_dump_json(),
    )


async def join(
    connection: Connection, identities: Sequence[UUID], *, at: datetime, by: str, run: UUID | None
) -> None:
    """Write down that one more wants of accounts what is wanted of them already."""
    await connection.execute(
        "UPDATE api.accounts SET desired_by = $3, desired_run = $4,"
        " desired_for = greatest(desired_for, $2) WHERE id = ANY($1::uuid[])",
        list(identities),
        at,
        by,
        run,
    )


async def confirm(connection: Connection, identities: Sequence[UUID], *, at: datetime) -> None:
    """Write down that accounts are wanted as they are for *at*, too: an earlier wish comes late."""
    await connection.execute(
        "UPDATE api.accounts SET desired_for = greatest(desired_for, $2)"
        " WHERE id = ANY($1::uuid[])",
        list(identities),
        at,
    )


#: Nobody wants it for any instant then: whoever wants it stopped later has the later word.
_WITHDRAW = """
WITH given AS (
    SELECT a.id, a.desired FROM api.accounts a
    JOIN unnest($2::uuid[], $3::bigint[]) AS g (id, generation) ON a.id = g.id
    WHERE a.desired_run = $1
      AND (a.desired = 'running' AND a.generation = g.generation
           AND a.state_generation < a.generation
        OR a.desired = 'stopped' AND a.generation = g.generation + 1 AND a.desired_for IS NULL)
    ORDER BY a.id FOR UPDATE OF a
), changed AS (
    UPDATE api.accounts a
    SET desired = 'stopped', desired_at = clock_timestamp(), desired_for = NULL
    FROM given WHERE a.id = given.id AND given.desired = 'running'
)
SELECT id, desired = 'running' AS is_new FROM given
"""


async def withdraw(
    connection: Connection, run: UUID, pairs: Sequence[tuple[UUID, int]]
) -> dict[UUID, bool]:
    """Want accounts stopped again that a run wanted running, if nobody has acted on it.

    *pairs* are accounts and the generations that the run brought about. Returns those that are
    taken back; False: they were when this was asked before.
    """
    rows = await connection.fetch(
        _WITHDRAW,
        run,
        [identity for identity, _ in pairs],
        [generation for _, generation in pairs],
    )
    return {row["id"]: row["is_new"] for row in rows}
