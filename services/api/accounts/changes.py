"""What people do with accounts: each change with its audit row, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import uuid4

from services.api.accounts.definition import read_change, read_hold, read_new
from services.api.accounts.desired import announce
from services.api.accounts.judging import GIVEN_UP, Wanted, Wish
from services.api.accounts.views import hold_view, written_view
from services.api.accounts.wanting import want
from services.api.store import accounts as store
from services.api.store.account_desires import leave_gone
from services.api.store.audit import Actor, note
from services.api.wire import conditional
from shared.contracts.accounts import Drain
from shared.db.pool import Connection
from shared.domain.errors import Conflict, NotFound

KIND = "account"


async def create(
    connection: Connection, document: Mapping[str, Any], actor: Actor
) -> store.AccountRow:
    """Store the account that *document* asks for; its runtime hears that it is to be stopped.

    Raises:
        InvalidDefinition, Conflict: it makes no sense, or there is one of that name.
    """
    fields = read_new(document)
    identity = uuid4()
    if fields.script_id:
        await store.keep_pointers(connection, fields.script_id)
    if not await store.insert(connection, identity, fields, by=actor.name):
        raise Conflict("account.exists")
    await announce(connection, [identity])
    row = await _there(connection, fields.account_id)
    await note(connection, actor, "account.created", KIND, row.account_id, after=written_view(row))
    return row


async def change(
    connection: Connection,
    account_id: str,
    document: Mapping[str, Any],
    actor: Actor,
    *,
    if_match: str | None,
) -> store.AccountRow:
    """Store the given changes; if nothing changes, nothing is said.

    Raises:
        NotFound, InvalidDefinition, Conflict, Refused: it cannot be done.
    """
    before = await locked(connection, account_id, if_match)
    fields = read_change(document, before.fields)
    if fields == before.fields:
        return before
    if fields.server_id != before.server_id and not _is_at_rest(before):
        raise Conflict("account.not_stopped")
    followed = (before.script_id, before.environment)
    if fields.script_id and (fields.script_id, fields.environment) != followed:
        await store.keep_pointers(connection, fields.script_id)
    await store.update(connection, before.id, fields)
    told = ("config", "server_id", "script_id", "environment")
    if any(getattr(fields, name) != getattr(before.fields, name) for name in told):
        await announce(connection, [before.id])
    after = await _there(connection, account_id)
    old, new = written_view(before), written_view(after)
    changed = [name for name in new if new[name] != old[name]]
    await note(
        connection,
        actor,
        "account.updated",
        KIND,
        account_id,
        before={name: old[name] for name in changed},
        after={name: new[name] for name in changed},
    )
    return after


async def remove(
    connection: Connection, account_id: str, actor: Actor, *, if_match: str | None
) -> None:
    """Delete an account; its runtime stops it and forgets it.

    Raises:
        NotFound, Refused: it cannot be done.
    """
    row = await locked(connection, account_id, if_match)
    await store.delete(connection, row.id)
    await leave_gone(connection, row.id)
    await note(connection, actor, "account.deleted", KIND, account_id, before=written_view(row))


async def hold(
    connection: Connection,
    account_id: str,
    document: Mapping[str, Any],
    actor: Actor,
    *,
    now: datetime,
) -> store.AccountRow:
    """Bring an account into a state and keep it there, whatever tasks want.

    Raises:
        NotFound, InvalidDefinition: it cannot be done.
    """
    before = await locked(connection, account_id)
    wished = read_hold(document, now=now)
    await store.hold(connection, before.id, state=wished.state, until=wished.until, by=actor.name)
    held = await _there(connection, account_id)
    await note(
        connection,
        actor,
        "account.held",
        KIND,
        account_id,
        before={"hold": hold_view(before)},
        after={"hold": hold_view(held)},
    )
    await _want_by_hand(connection, held, wished.state, actor)
    return await _there(connection, account_id)


async def release(connection: Connection, account_id: str, actor: Actor) -> None:
    """Take a hold back; the account stays as it is until somebody wants it otherwise.

    Raises:
        NotFound: there is no such account, or nothing holds it.
    """
    row = await locked(connection, account_id)
    if row.hold_state is None:
        raise NotFound("account_hold", account_id)
    await store.hold(connection, row.id, state=None)
    await note(
        connection, actor, "account.released", KIND, account_id, before={"hold": hold_view(row)}
    )


async def switch(
    connection: Connection,
    account_id: str,
    wanted: Wanted,
    actor: Actor,
    *,
    drain: Drain | None = None,
) -> store.AccountRow:
    """Start or stop an account by hand: a later run may want it otherwise.

    Raises:
        NotFound, Conflict: there is none, or it is held otherwise.
    """
    row = await locked(connection, account_id)
    if row.hold_state not in (None, wanted):
        raise Conflict("account.held")
    await _want_by_hand(connection, row, wanted, actor, drain)
    return await _there(connection, account_id)


async def locked(
    connection: Connection, account_id: str, if_match: str | None = None
) -> store.AccountRow:
    """Return an account that nobody else can change until the transaction ends.

    Raises:
        NotFound: there is none.
        Refused: 412, it is not the version that *if_match* names.
    """
    row = await store.lock(connection, account_id)
    if row is None:
        raise NotFound(KIND, account_id)
    conditional.require_match(if_match, row.version, kind=KIND)
    return row


async def _want_by_hand(
    connection: Connection,
    row: store.AccountRow,
    wanted: str,
    actor: Actor,
    drain: Drain | None = None,
) -> None:
    desired: Wanted = "running" if wanted == "running" else "stopped"
    wish = Wish(desired=desired, run=None, at=row.now, now=row.now)
    await want(connection, [row], wish, actor, drain=drain)


def _is_at_rest(row: store.AccountRow) -> bool:
    return row.desired == "stopped" and row.state in (None, "stopped", *GIVEN_UP)


async def _there(connection: Connection, account_id: str) -> store.AccountRow:
    row = await store.get(connection, account_id)
    assert row is not None  # noqa: S101 - it is locked, or was just written
    return row
