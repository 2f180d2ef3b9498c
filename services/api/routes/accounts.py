"""Accounts: their data, a person's word about them, and the runtimes that keep them running."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Path, Request
from starlette.responses import Response

from services.api.access.auth import Caller, closed_router
from services.api.access.known_tokens import Principal
from services.api.accounts import changes
from services.api.accounts.definition import read_stop
from services.api.accounts.schemas import (
    ACCOUNT_ID,
    AccountCreate,
    AccountStop,
    AccountUpdate,
    HoldPut,
)
from services.api.accounts.views import account_view, runtime_view
from services.api.documented.accounts import Account, AccountRuntimes, Accounts
from services.api.documented.runs import may_take
from services.api.documented.tasks import takes
from services.api.parts import ApiParts, Parts
from services.api.routes.account_filter import WantedAccounts
from services.api.routes.caller import BASE, Cursor, Limit
from services.api.routes.tasks import IfMatch
from services.api.store import account_list, account_runtimes, tasks
from services.api.store import accounts as store
from services.api.store.audit import Actor
from services.api.wire import conditional
from services.api.wire.answers import Answer, json_answer
from services.api.wire.body import Document, JsonDocument, OptionalBody, no_body
from services.api.wire.cursor import read_number_cursor, write_cursor
from services.api.wire.idempotency import IdempotencyKey, once
from shared.db.pool import Connection
from shared.domain.errors import NotFound

router = closed_router(BASE)

_ID = re.compile(ACCOUNT_ID, re.ASCII)


async def account_id_of(
    account_id: Annotated[str, Path(json_schema_extra={"pattern": ACCOUNT_ID})],
) -> str:
    """Dependency: the account id of the path.

    Raises:
        NotFound: no account can have it.
    """
    if not _ID.fullmatch(account_id):
        raise NotFound("account", "")
    return account_id


AccountId = Annotated[str, Depends(account_id_of)]


def _answer(row: store.AccountRow, status: int = 200, **headers: str) -> Answer:
    return json_answer(account_view(row), status, ETag=conditional.etag(row.version), **headers)


@router.get("/accounts", response_model=Accounts)
async def list_accounts(
    parts: Parts, wanted: WantedAccounts, limit: Limit = 50, cursor: Cursor = ""
) -> Response:
    """List accounts, the newest first."""
    before = read_number_cursor(cursor) if cursor else None
    async with parts.database.connection() as connection:
        rows = await account_list.page(connection, wanted, before=before, limit=limit + 1)
    shown = rows[:limit]
    more = len(rows) > limit
    return json_answer(
        {
            "items": [account_view(row) for row in shown],
            "next": write_cursor(shown[-1].seq) if more else None,
        }
    ).response()


@router.post(
    "/accounts", status_code=201, response_model=Account, openapi_extra=takes(AccountCreate)
)
async def create_account(
    *, request: Request, parts: Parts, caller: Caller, document: JsonDocument, key: IdempotencyKey
) -> Response:
    """Create an account. It is stopped until somebody wants it running."""

    async def act(connection: Connection) -> Answer:
        row = await changes.create(connection, document.value, Actor.of(caller))
        return _answer(row, 201, Location=f"{BASE}/accounts/{row.account_id}")

    return await _done(parts, request, caller, act, body=document.raw, key=key)


@router.get("/accounts/{account_id}", response_model=Account)
async def get_account(parts: Parts, account_id: AccountId) -> Response:
    """Read one account."""
    async with parts.database.connection() as connection:
        row = await store.get(connection, account_id)
    if row is None:
        raise NotFound("account", account_id)
    return _answer(row).response()


@router.put("/accounts/{account_id}", response_model=Account, openapi_extra=takes(AccountUpdate))
async def update_account(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    account_id: AccountId,
    document: JsonDocument,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Change the given fields of an account; the others stay."""

    async def act(connection: Connection) -> Answer:
        return _answer(
            await changes.change(
                connection, account_id, document.value, Actor.of(caller), if_match=if_match
            )
        )

    return await _done(parts, request, caller, act, body=document.raw, key=key)


@router.delete("/accounts/{account_id}", status_code=204, response_class=Response)
async def delete_account(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    account_id: AccountId,
    if_match: IfMatch = None,
    key: IdempotencyKey,
) -> Response:
    """Delete an account. If it runs, its runtime stops it."""

    async def act(connection: Connection) -> Answer:
        await changes.remove(connection, account_id, Actor.of(caller), if_match=if_match)
        return Answer(204)

    return await _done(parts, request, caller, act, key=key)


@router.put("/accounts/{account_id}/hold", response_model=Account, openapi_extra=takes(HoldPut))
async def hold_account(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    account_id: AccountId,
    document: JsonDocument,
    key: IdempotencyKey,
) -> Response:
    """Bring an account into a state and keep it there, whatever tasks want, until a time."""

    async def act(connection: Connection) -> Answer:
        now = await tasks.now(connection)
        return _answer(
            await changes.hold(connection, account_id, document.value, Actor.of(caller), now=now)
        )

    return await _done(parts, request, caller, act, body=document.raw, key=key)


@router.delete("/accounts/{account_id}/hold", status_code=204, response_class=Response)
async def release_account(
    *, request: Request, parts: Parts, caller: Caller, account_id: AccountId, key: IdempotencyKey
) -> Response:
    """Take a hold back. The account stays as it is until somebody wants it otherwise."""

    async def act(connection: Connection) -> Answer:
        await changes.release(connection, account_id, Actor.of(caller))
        return Answer(204)

    return await _done(parts, request, caller, act, key=key)


@router.post(
    "/accounts/{account_id}/start", response_model=Account, dependencies=[Depends(no_body)]
)
async def start_account(
    *, request: Request, parts: Parts, caller: Caller, account_id: AccountId, key: IdempotencyKey
) -> Response:
    """Want an account running, by hand; the answer does not wait for it."""

    async def act(connection: Connection) -> Answer:
        return _answer(await changes.switch(connection, account_id, "running", Actor.of(caller)))

    return await _done(parts, request, caller, act, key=key)


@router.post(
    "/accounts/{account_id}/stop", response_model=Account, openapi_extra=may_take(AccountStop)
)
async def stop_account(
    *,
    request: Request,
    parts: Parts,
    caller: Caller,
    account_id: AccountId,
    document: Annotated[Document, Depends(OptionalBody())],
    key: IdempotencyKey,
) -> Response:
    """Want an account stopped, by hand; the answer does not wait for it."""
    drain = read_stop(document.value)

    async def act(connection: Connection) -> Answer:
        return _answer(
            await changes.switch(connection, account_id, "stopped", Actor.of(caller), drain=drain)
        )

    return await _done(parts, request, caller, act, body=document.raw, key=key)


@router.get("/account-runtimes", response_model=AccountRuntimes)
async def list_account_runtimes(parts: Parts) -> Response:
    """List the runtimes that were heard within a week, by server; at most 1,000."""
    async with parts.database.connection() as connection:
        rows = await account_runtimes.every(connection)
    return json_answer({"items": [runtime_view(row) for row in rows], "next": None}).response()


async def _done(
    parts: ApiParts,
    request: Request,
    caller: Principal,
    act: Callable[[Connection], Awaitable[Answer]],
    *,
    body: bytes = b"",
    key: str | None,
) -> Response:
    """Carry out a change once, and let the relay say what it left in the outbox."""
    answer = await once(parts.database, request, caller, body, act, key=key)
    parts.wake_relay()
    return answer.response()
