"""What actions ask of accounts (`contracts/platform.py`)."""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from shared.contracts.accounts import Drain, State
from shared.contracts.message import Message, Part
from shared.contracts.platform import Question

#: Accounts in one question, and in one answer: each may have a long line for people.
MOST_ACCOUNTS = 200

Wanted = Literal["running", "stopped"]
Did = Literal[
    "desired",  # it is wanted so now, by this run, under `generation`
    "noop",  # it is so
    "held",  # a person holds it otherwise
    "superseded",  # a later run or a person wants it otherwise
    "inactive",  # it is switched off for tasks
    "too_young",  # it has not been up long enough to be stopped
    "no_runtime",  # nobody is there who could do it; nothing was changed
    "gone",  # it was deleted
]


class AccountSeen(Part):
    """How an account stands."""

    id: UUID
    account_id: str
    server_id: str
    desired: Wanted
    generation: int
    desired_run: UUID | None
    state: State | None
    state_generation: int
    state_seconds: float | None = None
    """For how long it has been in this state, by the platform's clock."""
    healthy: bool | None
    restarts: int
    pid: int | None
    detail: str | None
    script_version: str | None = None
    """The version that it really runs."""
    runtime_live: bool
    """Whether a runtime of its server was heard within the last seconds."""


class SelectedAccounts(Message):
    """A page of accounts, in order of their names; `next` is the `after` of the following one."""

    accounts: tuple[AccountSeen, ...]
    unknown: tuple[str, ...] = ()
    """Names that were given and that no account has; on the first page only."""
    next: str | None


class SelectAccounts(Question[SelectedAccounts]):
    """Which accounts are meant?

    Several kinds of choice narrow it; without any, all that are not yet as they are *wanted*, and
    those that this run has brought there.
    """

    command: ClassVar[str] = "accounts.select"
    answered_by: ClassVar[type[Message]] = SelectedAccounts

    wanted: Wanted
    account_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """With any of these."""
    group_ids: tuple[str, ...] = ()
    """In any of these."""
    exclude: tuple[str, ...] = ()
    """But not these accounts."""
    active_only: bool = False
    after: str | None = None
    limit: int = Field(default=MOST_ACCOUNTS, ge=1, le=MOST_ACCOUNTS)


class DesiredNow(Part):
    """What came of a wish for one account."""

    id: UUID
    did: Did
    generation: int
    before: Wanted | None = None
    """What was wanted of it until now."""
    state: State | None = None
    detail: str | None = None
    """Why nothing was done."""


class DesiredAccounts(Message):
    """What came of a wish, in the order asked."""

    accounts: tuple[DesiredNow, ...]


class DesireAccounts(Question[DesiredAccounts]):
    """Let accounts run, or be stopped. Asked again by the same run it changes nothing again."""

    command: ClassVar[str] = "accounts.desire"
    answered_by: ClassVar[type[Message]] = DesiredAccounts

    ids: tuple[UUID, ...] = Field(max_length=MOST_ACCOUNTS)
    wanted: Wanted
    scheduled_for: AwareDatetime
    """When the run was due: of two that want the opposite, the later one wins."""
    drain: Drain = Drain()
    min_uptime_seconds: float = Field(default=0.0, ge=0)
    enforce: bool = False
    """True: a person's hold does not count."""
    dry_run: bool = False
    """True: only tell what would come of it."""


class Pair(Part):
    """An account and the generation that a run brought about."""

    id: UUID
    generation: int


class WithdrawnAccounts(Message):
    """Those that are wanted stopped again."""

    ids: tuple[UUID, ...]


class WithdrawAccounts(Question[WithdrawnAccounts]):
    """Take a wish to run back, where nobody has acted on it."""

    command: ClassVar[str] = "accounts.withdraw"
    answered_by: ClassVar[type[Message]] = WithdrawnAccounts

    accounts: tuple[Pair, ...] = Field(max_length=MOST_ACCOUNTS)


class SeenAccounts(Message):
    """How accounts stand, in order of id; deleted ones are missing."""

    accounts: tuple[AccountSeen, ...]


class LookAtAccounts(Question[SeenAccounts]):
    """How do these accounts stand?"""

    command: ClassVar[str] = "accounts.look"
    answered_by: ClassVar[type[Message]] = SeenAccounts

    ids: tuple[UUID, ...] = Field(max_length=MOST_ACCOUNTS)
