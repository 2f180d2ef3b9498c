"""The contract between this system and the account runtimes, over the bus.

A *runtime* is whatever keeps accounts running: the reference one ships (`automation serve
account-runtime`), a platform may have its own. The API says what is wanted, once per account, and
keeps the last word for whoever comes later; runtimes say what is.

    API ──account.desired.<id>──► runtime ──account.state.<id>──► API
                                  runtime ──account.runtime.<runtime id>──► API   (presence)
        ◄──rpc.api.accounts.desired── (all that is wanted on a server, at start and now and then)

*Generation* counts what is wanted of one account: a runtime acts on the highest one it has heard,
ignores lower ones, and names in each state the generation that it acts upon. A state with a lower
`seq` than the one that is known is old news.
"""

from __future__ import annotations

from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.message import Message, Part

#: The server of accounts that name none.
DEFAULT_SERVER = "default"

Desired = Literal["running", "stopped", "absent"]
"""`absent`: the account was deleted; the runtime stops it and forgets it."""

State = Literal[
    "stopped",
    "starting",
    "needs_login",  # a person must log in (QR code, second factor); starting again does not help
    "working",  # it runs and is ready
    "stopping",
    "failed",  # it ended or never got ready; may be started again
    "quarantined",  # it failed too often in too short a time; only a new generation wakes it
]


class Drain(Part):
    """How to stop: `graceful` lets the process finish (TERM) for so long before it is killed."""

    mode: Literal["graceful", "now"] = "graceful"
    wait_seconds: float = Field(default=60.0, ge=0, le=3600)


class ScriptPin(Part):
    """Which version of which script an account is to run; its text lies under `version`."""

    script_id: str
    version: str
    """SHA-256 of the canonical text, in hexadecimal."""


class AccountDesired(Message):
    """What is wanted of one account. `account.desired.<id>`, id `desired:<id>:<generation>`."""

    id: UUID
    account_id: str
    server_id: str
    generation: int
    desired: Desired
    config: dict[str, Any] = Field(default_factory=dict)
    """The account's own, as its owner wrote it; `runtime` in it is how to run it."""
    script: ScriptPin | None = None
    drain: Drain = Drain()
    cause: UUID | None = None
    """The run that wants it; None: a person."""
    at: AwareDatetime


class AccountState(Message):
    """What is the matter with one account. `account.state.<id>`."""

    id: UUID
    account_id: str
    server_id: str
    runtime_id: UUID
    """Stays the same when the runtime is started again."""
    seq: int
    """Grows with every state of an account, also over restarts of its runtime."""
    generation: int
    """The one that it acts upon."""
    state: State
    since: AwareDatetime
    """When it came into this state."""
    healthy: bool | None = None
    """What its health check says; None: it has none, or does not run."""
    pid: int | None = None
    restarts: int = 0
    script: ScriptPin | None = None
    """What it really runs, read back from it."""
    detail: str | None = None
    """One line for people, above all why it failed."""
    at: AwareDatetime


class RuntimeSeen(Message):
    """A sign of life of a runtime, every two seconds. `account.runtime.<runtime id>`, core."""

    runtime_id: UUID
    instance: str
    server_id: str
    host: str
    started_at: AwareDatetime
    running: int
    stopping: bool = False
    """True: it is about to leave, and takes nothing new."""


class AccountOutputAsked(Message):
    """What has an account's program said last? `rpc.account_runtime.output.<server>`."""

    id: UUID
    lines: int = Field(default=200, ge=1, le=1000)


class AccountOutputTold(Message):
    """The newest lines, in order; none if the runtime does not have the account."""

    lines: tuple[str, ...]
    cut: bool = False
    """There are older ones."""


class DesiredPageRequest(Message):
    """What is wanted on a server, in order of id? `after`: the last one of the page before."""

    server_id: str
    after: UUID | None = None
    limit: int = Field(default=200, ge=1, le=500)


class DesiredPage(Message):
    """One page; `next` is the `after` of the following one, None: there is none."""

    accounts: tuple[AccountDesired, ...]
    next: UUID | None
