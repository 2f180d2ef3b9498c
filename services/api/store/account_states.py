"""What runtimes say of accounts: the last word of each, and what that word changes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from shared.contracts.accounts import AccountState
from shared.contracts.runs import Origin
from shared.db.pool import Connection

#: Characters of the line for people.
MOST_DETAIL = 500
#: How long a runtime has to stop an account that was deleted.
_GONE_KEPT = timedelta(days=7)


class KnownState(NamedTuple):
    """What is known of an account before the next word."""

    account_id: str
    server_id: str
    desired: str
    generation: int
    desired_run: UUID | None
    state: str | None
    state_seq: int
    state_generation: int
    state_at: datetime | None
    runtime_id: UUID | None


async def lock(connection: Connection, identity: UUID) -> KnownState | None:
    """Return what is known of an account, and keep it so until the transaction ends."""
    row = await connection.fetchrow(
        "SELECT account_id, server_id, desired, generation, desired_run, state, state_seq,"
        " state_generation, state_at, runtime_id FROM api.accounts WHERE id = $1 FOR UPDATE",
        identity,
    )
    return KnownState(*row.values()) if row else None


async def write(connection: Connection, said: AccountState) -> None:
    """Write down what a runtime said."""
    await connection.execute(
        "UPDATE api.accounts SET state = $2, state_since = $3, state_seq = $4,"
        " state_generation = $5, state_at = $6, healthy = $7, pid = $8, restarts = $9,"
        " running_script_id = $10, running_script_version = $11, detail = $12, runtime_id = $13,"
        " not_working_since = CASE WHEN $2 = 'working' THEN NULL"
        "  WHEN state IS DISTINCT FROM 'working' THEN coalesce(not_working_since, $3) ELSE $3 END"
        " WHERE id = $1",
        said.id,
        said.state,
        said.since,
        said.seq,
        said.generation,
        said.at,
        said.healthy,
        said.pid,
        said.restarts,
        said.script.script_id if said.script else None,
        said.script.version if said.script else None,
        said.detail and said.detail[:MOST_DETAIL],
        said.runtime_id,
    )


async def gone_is_stopped(connection: Connection, identity: UUID, generation: int) -> None:
    """Forget a deleted account: its runtime has stopped it, and knows why (*generation*)."""
    await connection.execute(
        "DELETE FROM api.accounts_gone WHERE id = $1 AND generation <= $2", identity, generation
    )


async def forget(connection: Connection, limit: int) -> int:
    """Remove accounts that were deleted a week ago, at most *limit*; return how many."""
    done: str = await connection.execute(
        "DELETE FROM api.accounts_gone WHERE id = ANY(ARRAY("
        " SELECT id FROM api.accounts_gone"
        " WHERE gone_at < clock_timestamp() - $1::interval ORDER BY gone_at LIMIT $2))",
        _GONE_KEPT,
        limit,
    )
    return int(done.rsplit(" ", 1)[1])


async def causes_of(connection: Connection, run_id: UUID) -> Sequence[UUID]:
    """Return the tasks whose runs led to what a run did, its own last."""
    row = await connection.fetchrow(
        "SELECT task_id, origin FROM scheduler.api_occurrences WHERE run_id = $1", run_id
    )
    if row is None:
        return ()
    before = Origin.model_validate_json(row["origin"]).causes if row["origin"] else ()
    return (*before, row["task_id"])
