"""What a rule looks at: numbers with labels, and which of them are beyond its threshold."""

from __future__ import annotations

import hashlib
import json
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

Operator = Literal[">", ">=", "<", "<=", "==", "!="]

_COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Sample:
    """One number, and what tells it from the others of the same rule."""

    labels: Mapping[str, str]
    value: float


def is_beyond(value: float, compare: Operator, threshold: float) -> bool:
    """Return whether *value* meets the condition; as in PromQL, NaN only meets `!=`."""
    return _COMPARE[compare](value, threshold)


def fingerprint(rule_id: UUID, labels: Mapping[str, str]) -> str:
    """Return what is the same whenever this rule finds this series."""
    text = json.dumps([str(rule_id), sorted(labels.items())], ensure_ascii=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def doubles(samples: Sequence[Sample]) -> bool:
    """Return whether two of *samples* have the same labels: nobody could tell them apart."""
    return len({frozenset(each.labels.items()) for each in samples}) < len(samples)
