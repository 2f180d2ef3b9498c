"""What the action that publishes scripts asks of the platform (`contracts/platform.py`).

    prepare ──► look ──► [assign ──► look …  gate]… ──► point
                              └──► end (rolling_back) ──► assign (back) ──► end (rolled_back)

`prepare` begins a *publication*, one row per run with the accounts that are its targets, fixed from
then on. Everything after it names neither script nor version: the run has one publication. A later
attempt prepares again, is given the same one, and sees in `look` how far it got.
"""

from __future__ import annotations

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.contracts.message import Message, Part
from shared.contracts.platform import Nothing, Question

LATEST_APPROVED = "latest_approved"
#: Accounts in one question, and in one answer: each may have a long line for people.
MOST_ACCOUNTS = 200

Stand = Literal["running", "published", "rolling_back", "rolled_back", "paused", "abandoned"]
Did = Literal["assigned", "noop", "superseded", "gone"]


class Selection(Part):
    """Of the accounts that play the script in the environment, which: all, or those named."""

    account_ids: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """With any of these."""


class PreparedScript(Message):
    """What is to be published, in place of what."""

    busy: UUID | None = None
    """The run that is publishing this script now; nothing was begun."""
    number: int
    version: str
    from_version: str | None
    """What is published in this environment; None: nothing."""
    pointed: bool
    """It is the published version already."""
    state: Stand = "running"
    reason: str | None = None
    total: int = 0
    """Accounts that are targets."""


class PrepareScript(Question[PreparedScript]):
    """Resolve, validate and deliver a version, and begin its publication."""

    command: ClassVar[str] = "scripts.prepare"
    answered_by: ClassVar[type[Message]] = PreparedScript

    script_id: str
    version: str = LATEST_APPROVED
    """A number, a SHA-256, or `latest_approved`."""
    environment: str
    selection: Selection = Selection()
    rollback: bool = False
    """Publish what was published before; *version* plays no part."""
    dry_run: bool = False
    """True: look, and begin nothing."""


class TargetSeen(Part):
    """How a target stands."""

    id: UUID
    account_id: str
    found: str | None
    """The version that it had when the publication began; a rollback leads there."""
    was_running: bool
    assigned: str | None
    """The version that it is to run now."""
    running: str | None
    """The version that it really runs, by its runtime."""
    is_up: bool
    """It is to run, and its runtime has not said that it does not."""
    detail: str | None = None
    gone: bool = False
    """It was deleted, or plays another script."""
    given: bool = False
    """This publication has given it the version, whatever came after."""


class TargetsSeen(Message):
    """A page of targets in order of id; `next` is the `after` of the following one."""

    targets: tuple[TargetSeen, ...]
    next: UUID | None


class LookAtTargets(Question[TargetsSeen]):
    """How do the targets stand, all or those of *ids*?"""

    command: ClassVar[str] = "scripts.look"
    answered_by: ClassVar[type[Message]] = TargetsSeen

    ids: tuple[UUID, ...] = Field(default=(), max_length=MOST_ACCOUNTS)
    after: UUID | None = None
    limit: int = Field(default=MOST_ACCOUNTS, ge=1, le=MOST_ACCOUNTS)


class LookAhead(Question[TargetsSeen]):
    """How would the targets of a publication stand that nobody has begun?"""

    command: ClassVar[str] = "scripts.ahead"
    answered_by: ClassVar[type[Message]] = TargetsSeen

    script_id: str
    environment: str
    selection: Selection = Selection()
    after: UUID | None = None
    limit: int = Field(default=MOST_ACCOUNTS, ge=1, le=MOST_ACCOUNTS)


class AssignedScript(Part):
    """What came of one account."""

    id: UUID
    did: Did
    version: str | None
    """The version that it is to run now."""


class AssignedScripts(Message):
    """What came of each."""

    accounts: tuple[AssignedScript, ...]


class AssignScript(Question[AssignedScripts]):
    """Let targets run the version, or go *back* to the one that they had; compare and set."""

    command: ClassVar[str] = "scripts.assign"
    answered_by: ClassVar[type[Message]] = AssignedScripts

    ids: tuple[UUID, ...] = Field(max_length=MOST_ACCOUNTS)
    back: bool = False


class PointedScript(Message):
    """Where the pointer is now."""

    moved: bool
    """False: it was there already."""
    revision: int


class PointScript(Question[PointedScript]):
    """Move the pointer of the environment, if nobody else has; the publication is over."""

    command: ClassVar[str] = "scripts.point"
    answered_by: ClassVar[type[Message]] = PointedScript


class EndPublication(Question[Nothing]):
    """The version is not published after all."""

    command: ClassVar[str] = "scripts.end"
    answered_by: ClassVar[type[Message]] = Nothing

    state: Literal["rolling_back", "rolled_back", "paused"]
    reason: str


class GateSeen(Message):
    """What an alert rule says."""

    exists: bool
    firing: int
    """Alerts of the rule that fire now."""


class LookAtGate(Question[GateSeen]):
    """Does an alert of this rule fire?"""

    command: ClassVar[str] = "scripts.gate"
    answered_by: ClassVar[type[Message]] = GateSeen

    alert_rule: str
