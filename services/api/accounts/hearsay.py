"""Whether what a runtime says is news, and who brought it about. Pure."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from services.api.store.account_states import KnownState
from shared.contracts.accounts import AccountState


class News(NamedTuple):
    """What a word of a runtime is worth."""

    is_new: bool
    is_change: bool = False
    """The state is another one."""
    cause: UUID | None = None
    """The run that led to the change; None: a person, or it came about by itself."""


def judge(known: KnownState, said: AccountState) -> News:
    """Return what *said* adds to what is *known*.

    The higher `seq` counts; a runtime that lost its books counts from the beginning again, under
    another id. What the runtime of a server says from which the account has moved away is nothing.

    An account that leaves the state into which a run has brought it does so by itself: otherwise
    the task that starts what has failed could do so once only (no event starts a task that led to
    it).
    """
    if said.server_id != known.server_id or not _is_newer(known, said):
        return News(is_new=False)
    if said.state == known.state:
        return News(is_new=True)
    reached = "working" if known.desired == "running" else "stopped"
    by_itself = known.state == reached and known.state_generation >= known.generation
    ours = said.generation == known.generation and not by_itself
    return News(is_new=True, is_change=True, cause=known.desired_run if ours else None)


def _is_newer(known: KnownState, said: AccountState) -> bool:
    if known.runtime_id is None or known.runtime_id == said.runtime_id:
        return said.seq > known.state_seq
    return known.state_at is None or said.at > known.state_at
