"""What callers may send of silences and of how alerts are told."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from services.api.runs.schemas import Instant, Reason
from services.api.tasks.schemas import Name
from services.api.wire.strict_model import Strict
from shared.domain.alerting.labels import NAME
from shared.domain.alerting.matching import Op
from shared.domain.alerting.pattern import LONGEST

LabelName = Annotated[str, StringConstraints(pattern=NAME)]
DAY = 86_400


class AlertMatcher(Strict):
    """One wish about one label."""

    name: LabelName
    op: Op = "="
    value: str = Field(max_length=LONGEST, description="=~ and !~: a regular expression.")


Matchers = Annotated[list[AlertMatcher], Field(min_length=1, max_length=20)]


class AlertSilenceUpdate(Strict):
    """The fields of a silence that are to change; the others stay as they are."""

    matchers: Matchers = Field(
        default=[],
        description="All must match. A label that an alert does not have counts as empty. There are"
        " alertname (the rule's name), severity (its level), those of the rule and of what was"
        " measured.",
    )
    starts_at: Instant | None = Field(default=None, description="Left out: now.")
    ends_at: Instant = ""
    author: Name | None = Field(default=None, description="Left out: the token's name.")
    comment: Reason = ""


class AlertSilenceCreate(AlertSilenceUpdate):
    """A silence to be made."""

    matchers: Matchers
    ends_at: Instant
    comment: Reason


class AlertSilencePreview(Strict):
    """Matchers of which one wants to know what they mean."""

    matchers: Matchers


class AlertInhibition(Strict):
    """While a source fires, its targets are not told."""

    source: Matchers
    target: Matchers
    equal: list[LabelName] = Field(
        default=[], max_length=20, description="Labels that both must have the same value of."
    )


class AlertSettingsUpdate(Strict):
    """The settings that are to change; the others stay as they are."""

    group_by: list[Annotated[str, StringConstraints(max_length=100)]] = Field(
        default=["alertname"],
        max_length=20,
        description='Alerts with the same values of these labels are told together; ["..."]: each'
        " by itself; []: all together.",
    )
    group_wait_seconds: int = Field(
        default=30, ge=0, le=3600, description="How long a new group waits for others like it."
    )
    group_interval_seconds: int = Field(
        default=300, ge=1, le=DAY, description="How long until a group is told of a change."
    )
    repeat_interval_seconds: int = Field(
        default=14_400, ge=60, le=30 * DAY, description="How often the same is told again."
    )
    send_resolved: bool = True
    inhibitions: list[AlertInhibition] = Field(default=[], max_length=50)
