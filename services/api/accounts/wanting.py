"""Somebody wants accounts running or stopped: judged, written down, said, in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast
from uuid import UUID

from services.api.accounts.judging import Facts, Verdict, Wanted, Wish, judge
from services.api.store import account_desires as store
from services.api.store.accounts import AccountRow
from services.api.store.audit import Actor, note
from shared.contracts.accounts import Drain
from shared.db.pool import Connection


@dataclass(frozen=True, slots=True)
class Judged:
    """What came of a wish for one account; `row` is how it stood before."""

    row: AccountRow
    verdict: Verdict
    generation: int


def facts_of(row: AccountRow) -> Facts:
    """Return what an account is judged by."""
    return Facts(
        desired=cast(Wanted, row.desired),
        generation=row.generation,
        desired_run=row.desired_run,
        desired_for=row.desired_for,
        state=row.state,
        state_generation=row.state_generation,
        state_since=row.state_since,
        healthy=row.healthy,
        hold=cast("Wanted | None", row.hold_state),
        active=row.active,
        runtime_live=row.runtime_live,
    )


async def want(
    connection: Connection,
    rows: Sequence[AccountRow],
    wish: Wish,
    actor: Actor,
    *,
    drain: Drain | None = None,
    dry_run: bool = False,
) -> list[Judged]:
    """Carry out *wish* for locked accounts; return what came of it for each."""
    judged = [(row, judge(facts_of(row), wish)) for row in rows]
    if dry_run:
        return [Judged(row, verdict, row.generation) for row, verdict in judged]
    of = {
        verdict: [row.id for row, each in judged if each == verdict]
        for verdict in ("desired", "joined", "noop")
    }
    how = {"at": wish.at, "by": actor.name, "run": wish.run}
    if of["noop"]:
        await store.confirm(connection, of["noop"], at=wish.at)
    if of["joined"]:
        await store.join(connection, of["joined"], **how)  # type: ignore[arg-type]  # as they are named
    generations: dict[UUID, int] = {}
    if changed := of["desired"]:
        await store.write(connection, changed, wish.desired, drain=drain or Drain(), **how)  # type: ignore[arg-type]
        messages = await store.next_generation(connection, changed)
        await store.leave(connection, messages)
        generations = {each.id: each.generation for each in messages}
    for row, verdict in judged:
        if verdict == "desired":
            await _note(connection, actor, row, wish)
    return [
        Judged(row, verdict, generations.get(row.id, row.generation)) for row, verdict in judged
    ]


async def _note(connection: Connection, actor: Actor, row: AccountRow, wish: Wish) -> None:
    is_enforced = row.hold_state not in (None, wish.desired)
    await note(
        connection,
        actor,
        "account.desired",
        "account",
        row.account_id,
        before={"desired": row.desired, "generation": row.generation, "state": row.state},
        after={"desired": wish.desired} | ({"hold_overridden": True} if is_enforced else {}),
    )
