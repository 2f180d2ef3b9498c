"""What `alert_check` asks of the platform: which rules there are, our own numbers, a judgement.

    alerts.rules ──► measure each (alerts.measure, or over there) ──► alerts.judge

Only samples that meet their rule's condition travel, and how many there were in all.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from shared.contracts.message import Message, Part
from shared.contracts.platform import Question
from shared.domain.alerting.labels import MOST_LABELS, NAME, VALUE_MAX
from shared.domain.alerting.reading import MOST_ALERTS
from shared.domain.alerting.rule import Level, RuleType
from shared.domain.alerting.samples import Operator

MOST_NAMES = 500
#: A rule with its query has at most some 35 KB.
RULES_PAGE = 25
#: So many samples that meet the condition travel: one more than may be alerts.
MOST_MET = MOST_ALERTS + 1
ERROR_MAX = 1000  # characters

LabelName = Annotated[str, StringConstraints(pattern=NAME)]
LabelValue = Annotated[str, StringConstraints(max_length=VALUE_MAX)]


class MetSample(Part):
    """A sample that meets its rule's condition."""

    labels: dict[LabelName, LabelValue] = Field(max_length=MOST_LABELS)
    value: str
    """As Python spells a float: JSON knows no infinity."""


class Measured(Message):
    """What was found, without what is in order."""

    samples: int
    """In all."""
    met: tuple[MetSample, ...] = Field(default=(), max_length=MOST_MET)
    met_count: int = 0


class Judged(Message):
    """What a judgement came to."""

    outcome: Literal["judged", "overtaken", "changed", "gone"]
    """overtaken: a check that began later was judged first. changed, gone: the rule was."""
    pending: int = 0
    """Instances, after it."""
    firing: int = 0
    resolved: int = 0
    """By it."""
    error: str | None = None
    """Why nothing could be measured; the rule's choice was applied."""


class RuleToCheck(Part):
    """A rule, as far as a check has to know it."""

    id: UUID
    name: str
    version: int
    enabled: bool
    rule_type: RuleType
    level: Level
    operator: Operator
    threshold: float
    query: dict[str, Any] | None
    """None: the platform measures it itself."""
    judged: Judged | None = None
    """This run has done it already."""


class RulesToCheck(Message):
    """A page of rules, in order of their ids."""

    began_at: datetime
    """By the database's clock: which of two checks is the later one."""
    rules: tuple[RuleToCheck, ...]
    unknown: tuple[str, ...] = ()
    next: UUID | None = None


class FindRules(Question[RulesToCheck]):
    """Which rules are to be checked? None named: all that are enabled."""

    command: ClassVar[str] = "alerts.rules"
    answered_by: ClassVar[type[Message]] = RulesToCheck
    names: tuple[str, ...] = Field(default=(), max_length=MOST_NAMES)
    after: UUID | None = None


class MeasureRule(Question[Measured]):
    """What does the platform itself know of what this rule looks at?"""

    command: ClassVar[str] = "alerts.measure"
    answered_by: ClassVar[type[Message]] = Measured
    rule_id: UUID


class JudgeRule(Question[Judged]):
    """This was measured; what follows?"""

    command: ClassVar[str] = "alerts.judge"
    answered_by: ClassVar[type[Message]] = Judged
    rule_id: UUID
    version: int
    began_at: datetime
    samples: int = 0
    met: tuple[MetSample, ...] = Field(default=(), max_length=MOST_MET)
    met_count: int = 0
    error: str | None = Field(default=None, max_length=ERROR_MAX)
