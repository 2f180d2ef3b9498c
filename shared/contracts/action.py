"""What an action is: the plug-in interface.

An action is one kind of work that a task can do. Ours lie in `services/executor/actions`; any
package adds its own by an entry point in the group `automation.actions` that names a subclass of
`Action`. The parameters are a pydantic model: the API refuses what does not fit and shows its JSON
Schema as a form, the executor hands the parsed model to `run`.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, ClassVar, Generic, Literal, Protocol, TypeVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.message import Message
from shared.contracts.platform import Question
from shared.domain.texts.catalog import Text

Level = Literal["debug", "info", "warning", "error"]
Category = Literal[
    "accounts",
    "scripts",
    "alerts",
    "backups",
    "web",
    "messages",
    "data",
    "programs",
    "flow",
    "other",
]


SecretName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,62}$", json_schema_extra={"x-secret": True})
]
"""A parameter that names a secret; its value comes from `Context.secret`, never from a task."""


class ActionParams(BaseModel):
    """Base of all parameter models: nothing unknown, nothing converted, nothing infinite."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class ActionFailed(Exception):
    """The action could not do its work; the task's policy decides whether it is tried again.

    `permanent` says that trying again cannot help (a bad parameter, a refused address).
    `retry_after` is the pause that the other side asked for, in seconds, instead of the policy's;
    one that is no number was not asked for.
    """

    def __init__(
        self,
        message: str,
        *,
        permanent: bool = False,
        data: Mapping[str, Any] | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.permanent = permanent
        self.data = dict(data or {})
        is_pause = isinstance(retry_after, int | float) and not math.isnan(retry_after)
        self.retry_after = retry_after if is_pause else None


class Snooze(Exception):
    """Not now: call the action again later. Uses up none of the attempts that a policy allows.

    Raises:
        ValueError: not exactly one of *seconds* and *until* was given, or it is no time.
    """

    def __init__(
        self, reason: str, *, seconds: float | None = None, until: datetime | None = None
    ) -> None:
        super().__init__(reason)
        if (seconds is None) == (until is None):
            raise ValueError("a snooze needs either seconds or until")
        if seconds is not None and not 0 <= seconds < math.inf:
            raise ValueError("a snooze ends later")
        if until is not None and until.tzinfo is None:
            raise ValueError("until must have a time zone")
        self.seconds = seconds
        self.until = until


class NeedsOperator(Exception):
    """It cannot go on without a person: a log-in, a decision. Ends the run; never tried again.

    `link` is where that person can do something about it.
    """

    def __init__(
        self, reason: str, *, link: str | None = None, data: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(reason)
        self.link = link
        self.data = dict(data or {})


class Cancel(Exception):
    """There is nothing to do any more: the run ends as cancelled, neither done nor failed."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an action has to say for itself."""

    summary: str
    """One line that a person can read; becomes the `result` of the log row."""
    data: Mapping[str, Any] = field(default_factory=dict)
    """JSON; becomes part of the row's `execution_data`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rights:
    """What whoever runs this executor lets tasks do that could do harm; little, unless told."""

    nats_requests: tuple[str, ...] = ("svc.>",)
    """Patterns of the subjects on which tasks may ask."""
    sql_writes: bool = False
    """Whether `sql` may change anything."""
    shell: bool = False
    """Whether programs may be run."""
    shell_user: str | None = None
    """As whom; None: as the executor itself."""
    python_functions: tuple[str, ...] = ()
    """Functions that may be called though no package offers them: `module:function`, `module:*`."""


A = TypeVar("A", bound=Message)


class Context(Protocol):
    """The only door an action has to the rest of the system."""

    @property
    def run_id(self) -> UUID:
        """The same for every attempt: the idempotency key."""

    @property
    def task_id(self) -> UUID: ...

    @property
    def task_name(self) -> str: ...

    @property
    def attempt(self) -> int:
        """Counts from 1; a fencing token for whoever can check one."""

    @property
    def scheduled_for(self) -> datetime: ...

    @property
    def database_url(self) -> str:
        """This system's own database."""

    @property
    def home(self) -> Path:
        """Folder of this system's files; backups lie in `home / "backups"`."""

    @property
    def egress_allow(self) -> str:
        """Hosts and CIDRs that may be called though they are private, comma-separated."""

    @property
    def rights(self) -> Rights:
        """What tasks may do here."""

    @property
    def traceparent(self) -> str | None:
        """The attempt's span (W3C trace context), for whom it is to be told; None: no trace."""

    def log(self, text: str, level: Level = "info") -> None:
        """Write a line to the run's log. Cheap; never waits."""

    def progress(self, percent: float, message: str | None = None) -> None:
        """Say how far the work is, from 0 to 100; the last word is shown with the run.

        It travels with the executor's next heartbeat: call it as often as you like, but from the
        event loop only. Counts as a sign of life.

        Raises:
            ValueError: *percent* is not a number.
        """

    def heartbeat(self) -> None:
        """Give a sign of life, for an action that promised one (`heartbeat_seconds`)."""

    async def publish(
        self, subject: str, payload: bytes, headers: Mapping[str, str] | None = None
    ) -> None:
        """Publish a message on the bus and wait until the server has it.

        A message for a stream is acknowledged by the stream; others by a round trip.

        Raises:
            ActionFailed: the server could not be reached or refused.
        """

    async def request(self, subject: str, payload: bytes, *, seconds: float) -> bytes:
        """Ask whoever listens on a core subject; return what the first one answers.

        Raises:
            ActionFailed: nobody listens, or nobody answers in time.
        """

    async def ask(self, question: Question[A]) -> A:
        """Ask the platform: accounts, scripts, alerts, backups (`contracts/platform.py`).

        Raises:
            ActionFailed: it was refused (permanent), or the platform does not answer.
        """

    async def secret(self, name: str) -> str:
        """Return the value of a secret; it is struck out of whatever the run says from now on.

        Raises:
            ActionFailed: there is none of that name.
        """


P = TypeVar("P", bound=ActionParams)


class Action(ABC, Generic[P]):
    """One kind of work. Must be safe to run twice: an executor may die before it can report."""

    name: ClassVar[str]
    """How tasks name it: `^[a-z][a-z0-9_]{0,63}$`."""
    title: ClassVar[Text]
    description: ClassVar[Text]
    params: type[P]
    category: ClassVar[Category] = "other"
    """Under which heading people find it."""
    heartbeat_seconds: ClassVar[float | None] = None
    """A promise to call `context.progress` or `context.heartbeat` at least so often: an attempt
    that is silent for longer has ended, timed out. None: no promise."""
    runs_code: ClassVar[bool] = False
    """Its parameters say which program is run; whoever may only start tasks cannot choose them."""

    @abstractmethod
    async def run(self, params: P, context: Context) -> Outcome:
        """Do the work once.

        Cancelled when the time is up, the run is cancelled or the executor leaves: clean up and
        let `CancelledError` pass, within ten seconds (`AUTOMATION_KILL_GRACE_SECONDS`). An action
        that does not makes its executor end, and with it every other run there that does not end
        in time: nothing else proves that it is not at work any more, and only then may another
        attempt, or whatever waits for its locks, begin. What goes on in a thread is not stopped by
        a cancellation: wait for the thread (`asyncio.shield`), or it works beside the next attempt.

        Raises:
            ActionFailed: it did not work; any other exception counts as a bug of the action.
            Snooze: call again later.
            NeedsOperator: it cannot go on without a person.
            Cancel: there is nothing to do any more.
        """

    async def close(self) -> None:
        """Give back what was kept open between runs; called once, when the executor stops."""
