"""What pages of accounts need beside the accounts: counts, changes of many, the past, output."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query, Request
from starlette.responses import Response

from services.api.access.auth import NEEDS, Caller, closed_router
from services.api.access.scopes import allows
from services.api.accounts.bulk import bulk_view, carry_out, read_bulk
from services.api.accounts.history import history_view
from services.api.accounts.schemas_bulk import AccountBulk
from services.api.documented.account_pages import (
    AccountBulkResult,
    AccountCounts,
    AccountHistory,
    AccountOutput,
)
from services.api.documented.tasks import takes
from services.api.parts import Parts
from services.api.routes.account_filter import WantedAccounts
from services.api.routes.accounts import AccountId
from services.api.routes.caller import BASE, Cursor, Limit
from services.api.store import account_history, account_list
from services.api.store import accounts as store
from services.api.store.audit import Actor
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import JsonDocument
from services.api.wire.cursor import read_moment_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from services.api.wire.problems import Refused
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(BASE)


@router.get("/account-counts", response_model=AccountCounts)
async def count_accounts(parts: Parts, wanted: WantedAccounts) -> Response:
    """Count accounts by state, server, group and so on; what is counted does not narrow itself."""
    async with parts.database.connection() as connection:
        found = await account_list.counts(connection, wanted)
    by = {name: [each._asdict() for each in rows] for name, rows in found.by.items()}
    return json_answer({"total": found.total, "held": found.held, **by}).response()


@router.post("/account-bulk", response_model=AccountBulkResult, openapi_extra=takes(AccountBulk))
async def change_accounts(
    *, request: Request, parts: Parts, caller: Caller, document: JsonDocument, key: IdempotencyKey
) -> Response:
    """Start, stop, hold or release many accounts; the answer does not wait for them.

    At most 2,000, in one transaction. `?dry_run=true` tells what would become of each.
    """
    wished = read_bulk(document.value)
    needed = NEEDS["hold_account" if wished.action in ("hold", "release") else "start_account"]
    if not allows(caller.scopes, needed):
        raise Refused(403, "auth.scope", params={"scope": needed})

    async def act(connection: Connection) -> Answer:
        told = await carry_out(connection, wished, Actor.of(caller))
        return json_answer(bulk_view(wished, told))

    answer = await once(parts.database, request, caller, document.raw, act, key=key)
    parts.wake_relay()
    return answer.response()


@router.get("/accounts/{account_id}/history", response_model=AccountHistory)
async def list_account_history(
    parts: Parts, account_id: AccountId, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """List what became of an account: changes of state, and what people and tasks did with it."""
    before = read_moment_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        row = await _there(connection, account_id)
        rows = await account_history.page(
            connection, row.id, account_id, since=row.created_at, before=before, limit=limit + 1
        )
    listed = rows[:limit]
    last = listed[-1] if len(rows) > limit else None
    return json_answer(
        {
            "items": [history_view(each) for each in listed],
            "next": write_cursor(last.at, last.kind, last.number) if last else None,
        }
    ).response()


@router.get("/accounts/{account_id}/output", response_model=AccountOutput)
async def read_account_output(
    parts: Parts,
    account_id: AccountId,
    lines: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> Response:
    """Read the newest lines that an account's program has said, from its runtime."""
    async with parts.database.connection() as connection:
        row = await _there(connection, account_id)
    told = await parts.runtimes.output(row.server_id, row.id, lines)
    return json_answer({"lines": list(told.lines), "cut": told.cut}).response()


async def _there(connection: Connection, account_id: str) -> store.AccountRow:
    row = await store.get(connection, account_id)
    if row is None:
        raise NotFound("account", account_id)
    return row
