"""What actions ask of accounts (`shared/contracts/accounts_commands.py`)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from services.api.accounts.desired import announce
from services.api.accounts.judging import Verdict, Wish
from services.api.accounts.wanting import Judged, want
from services.api.platform.asking import Asker, command
from services.api.store import account_choice, account_desires
from services.api.store import accounts as store
from services.api.store.audit import Actor, note
from shared.contracts import accounts_commands as asked
from shared.contracts.accounts import State
from shared.db.pool import Connection
from shared.domain.instant import format_instant


async def select(
    connection: Connection, question: asked.SelectAccounts, asker: Asker
) -> asked.SelectedAccounts:
    """Return a page of the accounts that are meant."""
    wanted = account_choice.Choice(
        wanted=question.wanted,
        run=asker.run_id,
        account_ids=question.account_ids,
        tags=question.tags,
        group_ids=question.group_ids,
        exclude=question.exclude,
        active_only=question.active_only,
    )
    rows = await account_choice.choose(
        connection, wanted, after=question.after, limit=question.limit + 1
    )
    shown = rows[: question.limit]
    unknown: tuple[str, ...] = ()
    if question.account_ids and question.after is None:
        known = await account_choice.existing(connection, question.account_ids)
        unknown = tuple(each for each in question.account_ids if each not in known)
    return asked.SelectedAccounts(
        accounts=tuple(seen(row) for row in shown),
        unknown=unknown,
        next=shown[-1].account_id if len(rows) > question.limit else None,
    )


async def desire(
    connection: Connection, question: asked.DesireAccounts, asker: Asker
) -> asked.DesiredAccounts:
    """Want accounts running or stopped in the name of a run."""
    rows = await store.lock_many(connection, question.ids)
    judged: dict[UUID, Judged] = {}
    if rows:
        wish = Wish(
            desired=question.wanted,
            run=asker.run_id,
            at=question.scheduled_for,
            now=rows[0].now,
            enforce=question.enforce,
            min_uptime=timedelta(seconds=question.min_uptime_seconds),
        )
        actor = Actor.of(asker)
        found = await want(
            connection, rows, wish, actor, drain=question.drain, dry_run=question.dry_run
        )
        judged = {each.row.id: each for each in found}
    return asked.DesiredAccounts(
        accounts=tuple(
            _told(judged[each])
            if each in judged
            else asked.DesiredNow(id=each, did="gone", generation=0, detail="it was deleted")
            for each in question.ids
        )
    )


async def withdraw(
    connection: Connection, question: asked.WithdrawAccounts, asker: Asker
) -> asked.WithdrawnAccounts:
    """Want accounts stopped again on which nobody has acted."""
    pairs = [(each.id, each.generation) for each in question.accounts]
    taken_back = await account_desires.withdraw(connection, asker.run_id, pairs)
    changed = sorted(identity for identity, is_new in taken_back.items() if is_new)
    await announce(connection, changed)
    for row in await store.get_many(connection, changed):
        await note(
            connection,
            Actor.of(asker),
            "account.desire_withdrawn",
            "account",
            row.account_id,
            before={"desired": "running", "generation": row.generation - 1},
            after={"desired": "stopped", "generation": row.generation},
        )
    return asked.WithdrawnAccounts(ids=tuple(sorted(taken_back)))


async def look(
    connection: Connection, question: asked.LookAtAccounts, asker: Asker
) -> asked.SeenAccounts:
    """Return how accounts stand."""
    del asker
    rows = await store.get_many(connection, question.ids)
    return asked.SeenAccounts(accounts=tuple(seen(row) for row in rows))


def seen(row: store.AccountRow) -> asked.AccountSeen:
    """Return an account as actions see it."""
    return asked.AccountSeen(
        id=row.id,
        account_id=row.account_id,
        server_id=row.server_id,
        desired=cast(asked.Wanted, row.desired),
        generation=row.generation,
        desired_run=row.desired_run,
        state=cast("State | None", row.state),
        state_generation=row.state_generation,
        state_seconds=(row.now - row.state_since).total_seconds() if row.state_since else None,
        healthy=row.healthy,
        restarts=row.restarts,
        pid=row.pid,
        detail=row.detail,
        script_version=row.running_script_version,
        runtime_live=row.runtime_live,
    )


def _told(judged: Judged) -> asked.DesiredNow:
    row, verdict = judged.row, judged.verdict
    return asked.DesiredNow(
        id=row.id,
        did="desired" if verdict == "joined" else verdict,
        generation=judged.generation,
        before=cast(asked.Wanted, row.desired),
        state=cast("State | None", row.state),
        detail=_why(row, verdict),
    )


def _why(row: store.AccountRow, verdict: Verdict) -> str | None:
    match verdict:
        case "held":
            until = f"until {format_instant(row.hold_until)}" if row.hold_until else "for good"
            return f"held {row.hold_state} {until} by {row.hold_by}"
        case "superseded":
            return f"{row.desired_by} wants it {row.desired}, and has the later word"
        case "inactive":
            return "it is not active"
        case "too_young":
            return "it has not been up for long enough"
        case "no_runtime":
            return f"no runtime of server {row.server_id} is live"
    return None


COMMANDS: Final = (
    command(asked.SelectAccounts, select),
    command(asked.DesireAccounts, desire),
    command(asked.WithdrawAccounts, withdraw),
    command(asked.LookAtAccounts, look),
)
