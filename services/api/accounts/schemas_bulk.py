"""What callers may send to change many accounts at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.api.accounts.schemas import AccountId, DrainFields, HoldPut
from services.api.wire.strict_model import Strict
from shared.contracts.accounts import State

#: So many accounts are changed in one call, all in one transaction.
MOST_ACCOUNTS = 2_000

Word = Annotated[str, Field(min_length=1, max_length=128)]


class AccountFilter(Strict):
    """Which accounts: those of the list under the same words."""

    tag: Word | None = None
    group: Word | None = None
    server: Word | None = None
    script: Word | None = None
    q: Word | None = Field(default=None, description="Part of the account id or display name.")
    desired: Literal["running", "stopped"] | None = None
    state: State | Literal["unknown"] | None = None
    active: bool | None = None
    held: bool | None = None


class AccountBulk(Strict):
    """What is to become of many accounts: those that are named, or all that a filter means."""

    action: Literal["start", "stop", "hold", "release"] = Field(
        description="start and stop leave alone what a person holds otherwise, start also what is"
        " not active."
    )
    account_ids: list[AccountId] | None = Field(
        default=None, min_length=1, max_length=MOST_ACCOUNTS
    )
    filter: AccountFilter | None = Field(
        default=None, description="Instead of account_ids; {} means all accounts."
    )
    but: list[AccountId] = Field(
        default=[], max_length=MOST_ACCOUNTS, description="Not these, though the filter means them."
    )
    drain: DrainFields | None = Field(default=None, description="How accounts are stopped.")
    hold: HoldPut | None = Field(default=None, description="With the action hold.")
