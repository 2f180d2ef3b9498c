"""What runtimes say is heard: the last word of each account, and events of what has changed."""

from __future__ import annotations

from services.api.accounts.hearsay import judge
from services.api.bus.said import say_event
from services.api.store import account_history
from services.api.store import account_states as store
from shared.contracts.accounts import AccountState
from shared.db.pool import Connection
from shared.domain.instant import format_instant

CHANGED = "account.state_changed"


async def hear(connection: Connection, said: AccountState) -> bool:
    """Write down what a runtime says of an account; return whether its state has changed.

    Old news, and words about accounts that are not there (any more), change nothing.
    """
    known = await store.lock(connection, said.id)
    if known is None:
        if said.state == "stopped":
            await store.gone_is_stopped(connection, said.id, said.generation)
        return False
    news = judge(known, said)
    if not news.is_new:
        return False
    await store.write(connection, said)
    if not news.is_change:
        return False
    await account_history.add(connection, said, before=known.state, cause=news.cause)
    causes = await store.causes_of(connection, news.cause) if news.cause else ()
    await say_event(
        connection,
        CHANGED,
        {
            "account_id": known.account_id,
            "from": known.state,
            "to": said.state,
            "generation": said.generation,
            "cause": str(news.cause) if news.cause else None,
            "desired": known.desired,
            "server_id": known.server_id,
            "since": format_instant(said.since),
            "detail": said.detail,
        },
        key=f"{said.id}|{said.runtime_id}|{said.seq}",
        causes=causes,
    )
    return True
