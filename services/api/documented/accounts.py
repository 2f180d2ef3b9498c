"""What the API answers of accounts and their runtimes, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown
from shared.contracts.accounts import State

DesiredState = Literal["running", "stopped"]


class AccountHold(Shown):
    """A person's word that holds against every task."""

    state: DesiredState
    until: AwareDatetime | None = Field(description="null: until it is taken back.")
    by: str | None


class Account(Shown):
    """An account: what its owner wrote, what is wanted of it, and what its runtime says."""

    id: str
    account_id: str
    display_name: str
    script_id: str | None
    environment: str
    server_id: str
    group_ids: list[str]
    tags: list[str]
    active: bool
    config: dict[str, Any]
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: str | None
    desired: DesiredState
    desired_at: AwareDatetime
    desired_by: str | None = Field(description="The task or the token that wants it so.")
    desired_run_id: str | None = Field(description="null: a person wants it so.")
    generation: int = Field(description="Counts what its runtime was told.")
    state: State | None = Field(description="null: no runtime has said anything yet.")
    since: AwareDatetime | None
    state_generation: int = Field(description="The generation that its runtime acts upon.")
    healthy: bool | None = Field(description="null: it has no health check, or does not run.")
    pid: int | None
    restarts: int
    detail: str | None
    script_version: str | None = Field(description="The version it is to run (SHA-256).")
    previous_script_version: str | None
    running_script_id: str | None
    running_script_version: str | None = Field(description="The one that it says it runs.")
    hold: AccountHold | None
    runtime_id: str | None
    runtime_live: bool = Field(description="A runtime of its server was heard within 10 seconds.")


class Accounts(Shown):
    """A page of accounts; `next` is null on the last one."""

    items: list[Account]
    next: str | None


class AccountRuntime(Shown):
    """A runtime that keeps accounts running."""

    runtime_id: str
    instance: str
    server_id: str
    host: str
    started_at: AwareDatetime
    seen_at: AwareDatetime
    running: int
    stopping: bool
    live: bool


class AccountRuntimes(Shown):
    """The runtimes that were heard within a week."""

    items: list[AccountRuntime]
    next: str | None
