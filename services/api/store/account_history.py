"""How accounts came to be as they are: changes of state, and what was done with them."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from services.api.store.account_states import MOST_DETAIL
from shared.contracts.accounts import AccountState
from shared.db.pool import Connection

#: So many changes of state are remembered of an account.
MOST_REMEMBERED = 300

_ADD = """
INSERT INTO api.account_transitions
    (account, at, from_state, to_state, generation, cause, healthy, pid, restarts,
     script_version, detail)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""

_FORGET = """
DELETE FROM api.account_transitions WHERE account = $1 AND seq <= (
    SELECT seq FROM api.account_transitions WHERE account = $1 ORDER BY seq DESC OFFSET $2 LIMIT 1)
"""

# What was said and what was done, in one order. A kind breaks ties of the clock.
_PAGE = """
SELECT * FROM (
    (SELECT t.at, 'state' AS kind, t.seq AS number, t.from_state, t.to_state, t.generation,
        t.cause AS run_id, t.healthy, t.pid, t.restarts, t.script_version, t.detail,
        NULL AS verb, NULL AS actor, NULL AS before, NULL AS after
     FROM api.account_transitions t
     WHERE t.account = $1 AND ($3::timestamptz IS NULL OR (t.at, 'state', t.seq) < ($3, $4, $5))
     ORDER BY t.at DESC, t.seq DESC LIMIT $6)
    UNION ALL
    (SELECT a.at, 'deed', a.id, NULL, NULL, NULL,
        a.run_id, NULL, NULL, NULL, NULL, NULL,
        a.verb, a.actor, a.before::text, a.after::text
     FROM api.audit a
     WHERE a.subject_kind = 'account' AND a.subject_id = $2 AND a.at >= $7
       AND ($3::timestamptz IS NULL OR (a.at, 'deed', a.id) < ($3, $4, $5))
     ORDER BY a.at DESC, a.id DESC LIMIT $6)
) AS both_ ORDER BY at DESC, kind DESC, number DESC LIMIT $6
"""


class HistoryRow(NamedTuple):
    """A change of state (`state`), or what somebody did (`deed`)."""

    at: datetime
    kind: str
    number: int
    from_state: str | None
    to_state: str | None
    generation: int | None
    run_id: UUID | None
    healthy: bool | None
    pid: int | None
    restarts: int | None
    script_version: str | None
    detail: str | None
    verb: str | None
    actor: str | None
    before: str | None
    after: str | None


async def add(
    connection: Connection, said: AccountState, *, before: str | None, cause: UUID | None
) -> None:
    """Write down a change of state, and forget the oldest ones of the account."""
    await connection.execute(
        _ADD,
        said.id,
        said.since,
        before,
        said.state,
        said.generation,
        cause,
        said.healthy,
        said.pid,
        said.restarts,
        said.script.version if said.script else None,
        said.detail and said.detail[:MOST_DETAIL],
    )
    await connection.execute(_FORGET, said.id, MOST_REMEMBERED)


async def page(
    connection: Connection,
    identity: UUID,
    account_id: str,
    *,
    since: datetime,
    before: tuple[datetime, str, int] | None,
    limit: int,
) -> list[HistoryRow]:
    """Return rows, the newest first, those after the cursor *before*.

    *since* is when the account was made: what was done with an older one of that name is not its.
    """
    at, kind, number = before or (None, None, None)
    rows = await connection.fetch(_PAGE, identity, account_id, at, kind, number, limit, since)
    return [HistoryRow(*row.values()) for row in rows]
