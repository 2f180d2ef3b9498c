"""What the API answers of many accounts, and of one's past, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.accounts import DesiredState
from services.api.documented.policy import Shown
from shared.contracts.accounts import State


class AccountCount(Shown):
    """How many accounts have something."""

    value: str
    accounts: int


class AccountCounts(Shown):
    """How many accounts a filter means, and how many there are of each kind beside it.

    What is counted by one field is narrowed by the others, so that a chip tells what it would show.
    """

    total: int
    held: int
    state: list[AccountCount]
    desired: list[AccountCount]
    server: list[AccountCount] = Field(description="At most 100, those with the most accounts.")
    group: list[AccountCount]
    tag: list[AccountCount]
    script: list[AccountCount]


class AccountBulkItem(Shown):
    """What becomes of one account, and how it stood before."""

    account_id: str
    outcome: Literal["changed", "underway", "noop", "held", "inactive", "gone"]
    display_name: str | None = Field(description="null: there is no such account.")
    desired: DesiredState | None
    state: State | None
    runtime_live: bool | None


class AccountBulkResult(Shown):
    """What became of many accounts."""

    action: Literal["start", "stop", "hold", "release"]
    total: int
    counts: dict[str, int] = Field(description="By outcome; what there is none of is left out.")
    without_runtime: int = Field(
        description="Of those that change, whose server has no live runtime: nothing happens"
        " before there is one."
    )
    items: list[AccountBulkItem] = Field(description="The first 200, by name.")
    more: int


class AccountHistoryItem(Shown):
    """A change of state that a runtime told, or what somebody did."""

    kind: Literal["state", "deed"]
    at: AwareDatetime
    run_id: str | None = Field(description="The run that wanted it so, or did it.")
    from_state: State | None
    to_state: State | None
    generation: int | None
    healthy: bool | None
    pid: int | None
    restarts: int | None
    script_version: str | None
    detail: str | None = Field(description="The runtime's words, such as why it ended.")
    verb: str | None = Field(examples=["account.held"])
    actor: str | None
    before: Any
    after: Any


class AccountHistory(Shown):
    """A page of what became of an account, the newest first; `next` is null on the last one."""

    items: list[AccountHistoryItem]
    next: str | None


class AccountOutput(Shown):
    """The newest lines that an account's program has said."""

    lines: list[str]
    cut: bool = Field(description="There are older ones.")
