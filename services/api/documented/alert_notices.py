"""What the API answers of silences and of how alerts are told, for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown
from shared.domain.alerting.matching import Op


class ShownMatcher(Shown):
    """One wish about one label."""

    name: str
    op: Op
    value: str


class AlertSilence(Shown):
    """A time in which nobody is told of some alerts."""

    id: str
    matchers: list[ShownMatcher]
    starts_at: AwareDatetime
    ends_at: AwareDatetime
    author: str
    comment: str
    state: Literal["pending", "active", "expired"]
    version: int
    created_at: AwareDatetime
    updated_at: AwareDatetime
    created_by: str | None


class AlertSilences(Shown):
    """A page of silences; `next` is null on the last one."""

    items: list[AlertSilence]
    next: str | None


class MatchedAlert(Shown):
    """An alert that is meant."""

    id: str
    fingerprint: str
    labels: dict[str, str]


class AlertSilencePreviewed(Shown):
    """The alerts that fire or are pending and that the matchers mean."""

    count: int
    alerts: list[MatchedAlert] = Field(description="At most 100 of them.")


class ShownInhibition(Shown):
    """While a source fires, its targets are not told."""

    source: list[ShownMatcher]
    target: list[ShownMatcher]
    equal: list[str]


class AlertSettings(Shown):
    """How alerts are told."""

    group_by: list[str]
    group_wait_seconds: int
    group_interval_seconds: int
    repeat_interval_seconds: int
    send_resolved: bool
    inhibitions: list[ShownInhibition]
    version: int
    updated_at: AwareDatetime
    updated_by: str | None


class ToldGroup(Shown):
    """Alerts that one channel is told together."""

    id: str
    channel: str
    labels: dict[str, str] = Field(description="What they have in common.")
    opened_at: AwareDatetime
    next_look_at: AwareDatetime = Field(description="When it is told, if there is something new.")
    told_at: AwareDatetime | None
    told_firing: list[str] = Field(description="Fingerprints that the channel believes to fire.")
    fingerprints: list[str]


class ToldGroups(Shown):
    """A page of groups; `next` is null on the last one."""

    items: list[ToldGroup]
    next: str | None
