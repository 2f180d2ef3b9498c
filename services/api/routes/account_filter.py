"""Which accounts a list or a count means, read from the query."""

from __future__ import annotations

from typing import Annotated, get_args

from fastapi import Depends, Query

from services.api.routes.caller import read_choice
from services.api.store.account_list import Filter
from shared.contracts.accounts import State

UNKNOWN = "unknown"
STATES = (*get_args(State), UNKNOWN)
DESIRED = ("running", "stopped")
_BOOLEANS = {"true": True, "1": True, "false": False, "0": False}
_CHOICE = {"enum": ["", *_BOOLEANS]}

Word = Annotated[str, Query(max_length=128)]


async def read_filter(
    *,
    tag: Word = "",
    group: Word = "",
    server: Word = "",
    script: Word = "",
    q: Annotated[Word, Query(description="Part of the account id or display name.")] = "",
    desired: Annotated[str, Query(json_schema_extra={"enum": ["", *DESIRED]})] = "",
    state: Annotated[str, Query(json_schema_extra={"enum": ["", *STATES]})] = "",
    active: Annotated[str, Query(json_schema_extra=_CHOICE)] = "",
    held: Annotated[
        str, Query(json_schema_extra=_CHOICE, description="Whether a person holds it.")
    ] = "",
) -> Filter:
    """Dependency: the filter of a query.

    Raises:
        Refused: 400, a word is none of those that it may be.
    """
    return Filter(
        tag=tag or None,
        group=group or None,
        server=server or None,
        script=script or None,
        desired=read_choice("desired", desired, DESIRED),
        state=read_choice("state", state, STATES),
        active=_boolean("active", active),
        text=q or None,
        held=_boolean("held", held),
    )


WantedAccounts = Annotated[Filter, Depends(read_filter)]


def _boolean(name: str, word: str) -> bool | None:
    chosen = read_choice(name, word.lower(), tuple(_BOOLEANS))
    return None if chosen is None else _BOOLEANS[chosen]
