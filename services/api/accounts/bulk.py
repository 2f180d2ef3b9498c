"""Many accounts are started, stopped, held or let go at once: all of them, or none.

    changed    it is wanted so from now on; or the hold is set, or taken back
    underway   it is wanted so already, and on its way
    noop       it is as it should be
    held       a person holds it in the other state: it is left alone
    inactive   it is switched off: it is not started
    gone       there is no such account (any more)

One transaction locks all of them in order of their ids, as everybody does.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

import pydantic

from services.api.accounts.definition import Hold, read_hold
from services.api.accounts.judging import Verdict, Wanted, Wish
from services.api.accounts.schemas_bulk import MOST_ACCOUNTS, AccountBulk, AccountFilter
from services.api.accounts.wanting import want
from services.api.store import account_holds, account_list, audit, tasks
from services.api.store import accounts as store
from services.api.store.accounts import AccountRow
from services.api.store.audit import Actor
from services.api.wire.problems import refuse_fields
from services.api.wire.shape import problems_of
from shared.contracts.accounts import Drain
from shared.db.pool import Connection
from shared.domain.errors import Problem
from shared.domain.instant import format_instant

Fate = Literal["changed", "underway", "noop", "held", "inactive", "gone"]

#: So many accounts are told one by one; of the others only how many there are of each kind.
MOST_TOLD = 200

_WANTED: Final[Mapping[str, Wanted]] = {"start": "running", "stop": "stopped"}
_FATES: Final[Mapping[Verdict, Fate]] = {
    "desired": "changed",
    "joined": "underway",
    "noop": "noop",
    "held": "held",
}


class Told(NamedTuple):
    """What becomes of one account; `row` is how it stood before."""

    account_id: str
    fate: Fate
    row: AccountRow | None = None


def read_bulk(document: Mapping[str, Any]) -> AccountBulk:
    """Return what is to become of which accounts.

    Raises:
        Refused: with everything that is wrong.
    """
    try:
        wished = AccountBulk.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    problems: list[Problem] = []
    if (wished.account_ids is None) == (wished.filter is None):
        problems.append(Problem("/account_ids", "account.bulk_either"))
    if (wished.action == "hold") != (wished.hold is not None):
        problems.append(Problem("/hold", "account.bulk_hold"))
    if wished.drain is not None and wished.action != "stop":
        problems.append(Problem("/drain", "account.bulk_drain"))
    if problems:
        raise refuse_fields(problems)
    return wished


async def carry_out(connection: Connection, wished: AccountBulk, actor: Actor) -> list[Told]:
    """Do it with all accounts that are meant; return what became of each, by name.

    Raises:
        Refused: 422, the filter means too many of them, or the hold is over before it begins.
    """
    hold = None
    if wished.hold is not None:
        now = await tasks.now(connection)
        hold = read_hold(wished.hold.model_dump(), now=now)
    rows, gone = await _meant(connection, wished)
    match wished.action:
        case "start" | "stop":
            told = await _switch(connection, rows, wished, actor)
        case "hold":
            assert hold is not None  # noqa: S101 - `read_bulk` looked
            told = await _hold(connection, rows, hold, actor)
        case "release":
            told = await _release(connection, rows, actor)
    return sorted([*told, *(Told(each, "gone") for each in gone)], key=lambda each: each.account_id)


def bulk_view(wished: AccountBulk, told: Sequence[Told]) -> dict[str, Any]:
    """Return what became of them: how many of each kind, and some one by one."""
    changed = [each for each in told if each.fate == "changed"]
    needs_runtime = wished.action in ("start", "hold")
    return {
        "action": wished.action,
        "total": len(told),
        "counts": dict(Counter(each.fate for each in told)),
        "without_runtime": sum(
            each.row is not None and not each.row.runtime_live for each in changed
        )
        if needs_runtime
        else 0,
        "items": [_told_view(each) for each in told[:MOST_TOLD]],
        "more": max(len(told) - MOST_TOLD, 0),
    }


def _told_view(told: Told) -> dict[str, Any]:
    row = told.row
    return {
        "account_id": told.account_id,
        "outcome": told.fate,
        "display_name": row.display_name if row else None,
        "desired": row.desired if row else None,
        "state": row.state if row else None,
        "runtime_live": row.runtime_live if row else None,
    }


async def _meant(
    connection: Connection, wished: AccountBulk
) -> tuple[list[AccountRow], frozenset[str]]:
    """Lock the accounts that are meant; return them, and names of which there are none."""
    names = frozenset(wished.account_ids or ())
    if wished.filter is None:
        ids = await account_list.ids_named(connection, sorted(names))
    else:
        ids = await account_list.ids_of(
            connection, _filter_of(wished.filter), but=wished.but, limit=MOST_ACCOUNTS + 1
        )
        if len(ids) > MOST_ACCOUNTS:
            problem = Problem("/filter", "account.bulk_too_many", {"limit": MOST_ACCOUNTS})
            raise refuse_fields([problem])
    rows = await store.lock_many(connection, ids)
    return rows, names - {row.account_id for row in rows}


async def _switch(
    connection: Connection, rows: Sequence[AccountRow], wished: AccountBulk, actor: Actor
) -> list[Told]:
    wanted = _WANTED[wished.action]
    told = [
        Told(row.account_id, "inactive", row)
        for row in rows
        if wanted == "running" and not row.active
    ]
    left = [row for row in rows if wanted == "stopped" or row.active]
    drain = Drain(**wished.drain.model_dump()) if wished.drain else None
    return told + await _want(connection, left, wanted, actor, drain)


async def _want(
    connection: Connection,
    rows: Sequence[AccountRow],
    wanted: Wanted,
    actor: Actor,
    drain: Drain | None = None,
) -> list[Told]:
    if not rows:
        return []
    now = rows[0].now
    wish = Wish(desired=wanted, run=None, at=now, now=now)
    judged = await want(connection, rows, wish, actor, drain=drain)
    return [Told(each.row.account_id, _FATES[each.verdict], each.row) for each in judged]


async def _hold(
    connection: Connection, rows: Sequence[AccountRow], hold: Hold, actor: Actor
) -> list[Told]:
    new = [row for row in rows if (row.hold_state, row.hold_until) != (hold.state, hold.until)]
    ids = [row.id for row in new]
    await account_holds.hold_many(
        connection, ids, state=hold.state, until=hold.until, by=actor.name
    )
    until = format_instant(hold.until) if hold.until else None
    after = {"hold": {"state": hold.state, "until": until, "by": actor.name}}
    deeds = [audit.Deed(row.account_id, after) for row in new]
    await audit.note_many(connection, actor, "account.held", "account", deeds)
    held = await store.lock_many(connection, ids)
    await _want(connection, held, "running" if hold.state == "running" else "stopped", actor)
    changed = frozenset[UUID](ids)
    return [Told(row.account_id, "changed" if row.id in changed else "noop", row) for row in rows]


async def _release(connection: Connection, rows: Sequence[AccountRow], actor: Actor) -> list[Told]:
    held = [row for row in rows if row.hold_state is not None]
    await account_holds.release_many(connection, [row.id for row in held])
    deeds = [audit.Deed(row.account_id, {"hold": None}) for row in held]
    await audit.note_many(connection, actor, "account.released", "account", deeds)
    return [
        Told(row.account_id, "noop" if row.hold_state is None else "changed", row) for row in rows
    ]


def _filter_of(given: AccountFilter) -> account_list.Filter:
    words = given.model_dump()
    return account_list.Filter(text=words.pop("q"), **words)
