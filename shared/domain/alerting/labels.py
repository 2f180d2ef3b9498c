"""What an alert is called, and what it says of itself. Pure.

Its labels are those of the measured series, then those of its rule, then `alertname` and
`severity`. Annotations are texts with blanks: `{{ value }}`, `{{ labels.queue }}`, `{{ rule }}`,
`{{ level }}`, `{{ threshold }}`; a `$` before a name, as Prometheus has it, is read over.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from shared.domain.alerting.machine import Reason
from shared.domain.alerting.rule import Rule
from shared.domain.errors import Problem

NAME = r"^[a-zA-Z_][a-zA-Z0-9_]{0,62}$"
NAME_MAX = 63  # characters
VALUE_MAX = 1024  # characters
SERIES_BYTES = 4096
MOST_LABELS = 64
ANNOTATION_MAX = 2000  # characters
#: What this system says of every alert.
RESERVED = frozenset({"alertname", "severity", "reason"})

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]{0,62}", re.ASCII)
_ODD = re.compile(r"[^a-zA-Z0-9_]", re.ASCII)
_BLANK = re.compile(r"\{\{\s*\$?(.*?)\s*\}\}", re.DOTALL)
_OF_LABEL = re.compile(r"labels\.([a-zA-Z_][a-zA-Z0-9_]{0,62})", re.ASCII)
_WORDS = frozenset({"value", "rule", "level", "threshold"})


class OddSeries(Exception):
    """The labels of a sample cannot be those of an alert."""


def series_of(measured: Mapping[str, str]) -> dict[str, str]:
    """Return the labels of a sample as they are stored: odd names and unseen marks made plain.

    Raises:
        OddSeries: there are too many, or they are too long.
    """
    series = {
        _name(name): "".join(map(_shown, value))
        for name, value in measured.items()
        if not name.startswith("__") and value
    }
    size = sum(len(name) + len(value.encode()) for name, value in series.items())
    longest = max(map(len, series.values()), default=0)
    if len(series) > MOST_LABELS or size > SERIES_BYTES or longest > VALUE_MAX:
        raise OddSeries(f"the labels of a sample are longer than {SERIES_BYTES} bytes")
    return series


def labels_of(rule: Rule, series: Mapping[str, str], reason: Reason | None) -> dict[str, str]:
    """Return the labels of an alert of *rule*."""
    why = {"reason": reason} if reason else {}
    own = {"alertname": rule.name, "severity": rule.level}
    return {**series, **rule.labels, **why, **own}


def annotations_of(rule: Rule, labels: Mapping[str, str], value: float | None) -> dict[str, str]:
    """Return the annotations of an alert, blanks filled; what there is not is left empty."""
    words = {
        "value": spelled(value),
        "rule": rule.name,
        "level": rule.level,
        "threshold": spelled(rule.threshold),
    }

    def fill(blank: re.Match[str]) -> str:
        label = _OF_LABEL.fullmatch(blank[1])
        return labels.get(label[1], "") if label else words.get(blank[1], "")

    return {
        name: _BLANK.sub(fill, text)[:ANNOTATION_MAX] for name, text in rule.annotations.items()
    }


def problems_with_labels(labels: Mapping[str, str]) -> Iterator[Problem]:
    """Tell what is wrong with the labels that a rule gives its alerts."""
    for name, value in labels.items():
        pointer = f"/{_pointed(name)}"
        if not _NAME.fullmatch(name) or name.startswith("__"):
            yield Problem(pointer, "alert_rule.label_name")
        elif name in RESERVED:
            yield Problem(pointer, "alert_rule.label_reserved", {"name": name})
        if not value or not value.isprintable():
            yield Problem(pointer, "text.control" if value else "text.empty")


def problems_with_annotations(annotations: Mapping[str, str]) -> Iterator[Problem]:
    """Tell what is wrong with the annotations of a rule."""
    for name, text in annotations.items():
        pointer = f"/{_pointed(name)}"
        if not _NAME.fullmatch(name):
            yield Problem(pointer, "alert_rule.label_name")
        for blank in _BLANK.finditer(text):
            if blank[1] not in _WORDS and not _OF_LABEL.fullmatch(blank[1]):
                yield Problem(pointer, "alert_rule.blank")


def spelled(value: float | None) -> str:
    """Return a number as people write it; empty if there is none."""
    if value is None:
        return ""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{value:.6g}" if abs(value) < 1e15 else repr(value)  # noqa: PLR2004 - no exponent


def _name(text: str) -> str:
    name = _ODD.sub("_", text)[:NAME_MAX]
    return f"_{name}"[:NAME_MAX] if not name or name[0].isdecimal() else name


def _shown(mark: str) -> str:
    return mark if mark.isprintable() else mark.encode("unicode_escape").decode("ascii")


def _pointed(name: str) -> str:
    return name[:100].replace("~", "~0").replace("/", "~1")
