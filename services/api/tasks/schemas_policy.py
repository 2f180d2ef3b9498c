"""What callers may send of *how* a task is to be run: overlap, retries, queue, limits, and so on.

Each is one top-level field of a task. A field that is left out stays as it is; null takes it back
to its default. What these fields mean together is judged in `policy.py`.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal, get_args

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from services.api.wire.plain_text import clean_line
from services.api.wire.strict_model import Strict
from shared.contracts.policy import Overlap
from shared.domain.dependency import Rule
from shared.domain.errors import InvalidDefinition
from shared.domain.key_template import LONGEST, parse_key

OverlapName = Literal[
    "skip", "buffer_one", "buffer_all", "cancel_other", "terminate_other", "allow_all"
]
RuleName = Literal[
    "all_success",
    "all_done",
    "all_failed",
    "all_skipped",
    "one_success",
    "one_failed",
    "one_done",
    "none_failed",
    "none_failed_min_one_success",
    "always",
]
Event = Literal[
    "start",
    "success",
    "failure",
    "recovered",
    "late",
    "missed",
    "silent",
    "skipped",
    "cancelled",
    "dead",
    "needs_operator",
]
assert set(get_args(OverlapName)) == set(Overlap)  # noqa: S101 - checked once, at import
assert set(get_args(RuleName)) == set(Rule)  # noqa: S101 - checked once, at import

_NAME = r"^[a-z][a-z0-9-]{0,62}$"
_WEEK = 7 * 86_400
_YEAR = 366 * 86_400


def checked_key(text: str) -> str:
    """Return *text* if it is a key.

    Raises:
        PydanticCustomError: `key.…`, if it is none.
    """
    try:
        parse_key(text)
    except InvalidDefinition as error:
        code = error.problems[0].code
        raise PydanticCustomError(code, code, {"limit": LONGEST}) from None
    return text


def _lock_of(value: object) -> object:
    """Return a lock that is only a key in its long form."""
    return {"key": checked_key(value)} if isinstance(value, str) else value


QueueName = Annotated[str, Field(pattern=_NAME, examples=["default"])]
CalendarName = Annotated[str, Field(pattern=_NAME, examples=["taiwan-holidays"])]
Key = Annotated[
    str,
    AfterValidator(checked_key),
    Field(
        examples=["account:{{ params.account_id }}"],
        json_schema_extra={"minLength": 1, "maxLength": LONGEST},
    ),
]
TaskId = Annotated[str, Field(json_schema_extra={"format": "uuid"}, max_length=36)]
Line = Annotated[
    str,
    AfterValidator(partial(clean_line, most=200)),
    Field(json_schema_extra={"minLength": 1, "maxLength": 200}),
]
LabelName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_./-]{0,62}$")]
LabelValue = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]{0,62}$")]


class RetryFields(Strict):
    """When a failed attempt is followed by another."""

    max_attempts: int = Field(default=3, ge=1, le=100, description="The first one included.")
    initial_interval_seconds: float = Field(default=1.0, ge=0.1, le=86_400)
    backoff: float = Field(default=2.0, ge=1, le=100, description="Each pause is so much longer.")
    max_interval_seconds: float = Field(
        default=100.0,
        ge=0.1,
        le=_WEEK,
        description="If left out: 100, or the initial interval if that is longer.",
    )
    jitter: float = Field(default=0.1, ge=0, le=1, description="Share of the pause, up or down.")
    non_retryable: list[Line] = Field(
        default=[],
        max_length=50,
        description="Beginnings of error messages after which trying again is no use.",
    )
    retry_on: list[Line] = Field(
        default=[],
        max_length=50,
        description="Beginnings of the only error messages after which it is tried again, such as"
        " `not finished within`; empty: after all but the above.",
    )


class ConcurrencyFields(Strict):
    """How many runs of a task, or with one key, may be live at once."""

    limit: int = Field(ge=1, le=10_000)
    key: Key | None = Field(default=None, description="null: the task itself.")
    strategy: Literal["queue", "skip", "cancel_oldest", "round_robin"] = "queue"


class RateLimitFields(Strict):
    """How many runs may start within any period; the others wait."""

    limit: int = Field(ge=1, le=1_000_000)
    period_seconds: int = Field(ge=1, le=_YEAR)


class UniqueFields(Strict):
    """Runs by hand, over the API and by event that would be the same as one that is there."""

    period_seconds: int | None = Field(
        default=None, ge=1, le=_YEAR, description="How far back to look; null: for ever."
    )
    fields: list[Literal["task", "params"]] = Field(
        default=["task", "params"], min_length=1, max_length=2
    )
    states: Literal["incomplete", "scheduled", "all"] = "incomplete"
    on_conflict: Literal["return_existing", "replace", "reject"] = Field(
        default="return_existing",
        description="Of the new one: whoever asks is told the existing run; it takes the place of"
        " one that waits; whoever asks is refused (409).",
    )


class LockFields(Strict):
    """A thing that only one live run may have, whatever its task."""

    key: Key
    on_conflict: Literal["wait", "skip", "supersede"] = "wait"


Lock = Annotated[LockFields, BeforeValidator(_lock_of, json_schema_input_type=Key | LockFields)]


class DependsOnFields(Strict):
    """Upstream tasks whose ends start this one."""

    tasks: list[TaskId] = Field(min_length=1, max_length=100)
    rule: RuleName = "all_success"
    window_seconds: int = Field(
        default=86_400, ge=1, le=_YEAR, description="The ends lie within so much of each other."
    )


class BlackoutFields(Strict):
    """Calendars whose times the schedule keeps clear of."""

    calendars: list[CalendarName] = Field(min_length=1, max_length=20)
    on_blackout: Literal["skip", "run_at_end"] = "skip"


class SelectorFields(Strict):
    """What an executor must be to take the task's runs."""

    labels: dict[LabelName, LabelValue] = Field(min_length=1, max_length=20)


class NotifyRuleFields(Strict):
    """On which event who is told."""

    on: list[Event] = Field(
        min_length=1,
        max_length=len(get_args(Event)),
        description="failure: after the last retry; while it goes on, at most every five minutes."
        " recovered: a success after a failure that was told. dead: retries are used up. late: not"
        " begun 60 s after it was due. missed: given up by the misfire policy or the start"
        " deadline. silent: its time came and no scheduler entered it.",
    )
    channels: list[Line] = Field(
        default=[],
        max_length=20,
        description="Channels by name, or e-mail addresses; empty: notify_recipients.",
    )
    after_failures: int = Field(
        default=1, ge=1, le=1000, description="Of a failure: only from so many in a row on."
    )
    exact: bool = Field(default=False, description="Only at exactly that many failures in a row.")


class PolicyFields(Strict):
    """The fields of a task that say how it is to be run."""

    overlap: OverlapName | None = Field(
        default=None,
        description="What a new run does while another is live. null: skip for the schedule's"
        " fires, allow_all for all others.",
    )
    retry: RetryFields | None = Field(default=None, description="null: no second attempt.")
    start_deadline_seconds: int | None = Field(
        default=None,
        ge=1,
        le=_YEAR,
        description="A run that could not start so long after it was due expires.",
    )
    queue: QueueName | None = Field(default=None, description="null: default.")
    priority: int | None = Field(
        default=None, ge=1, le=5, description="1 is the highest, 5 the lowest; null: 3."
    )
    concurrency: ConcurrencyFields | None = None
    rate_limit: RateLimitFields | None = None
    unique: UniqueFields | None = None
    locks: (
        list[
            Annotated[
                LockFields, BeforeValidator(_lock_of, json_schema_input_type=Key | LockFields)
            ]
        ]
        | None
    ) = Field(default=None, max_length=20)
    depends_on: DependsOnFields | None = None
    blackout: BlackoutFields | None = None
    selector: SelectorFields | None = None
    notify: list[NotifyRuleFields] | None = Field(default=None, max_length=20)


POLICY_FIELDS = frozenset(PolicyFields.model_fields)
