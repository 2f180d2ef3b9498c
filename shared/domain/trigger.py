"""A trigger: which events start a task, how many of them, how soon, and with which parameters.

    event ─► subject ─► type ─► condition ─► threshold within a window, per key (`for_each`)
          ─► rate_limit (drops) ─► batch (collects) ─► debounce (the last one wins)
          ─► throttle (delays) ─► run

The order is fixed. A trigger that says only `condition` listens to every event, as clients of old
expect it. `posture: proactive` turns the count round: it fires when too few came in time.
Conditions are texts here; `shared.runtime.conditions` knows what they mean.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache

from shared.domain.errors import InvalidDefinition, Problem
from shared.domain.json_fields import JsonFields
from shared.domain.trigger_subject import EVENTS, EVERY_EVENT, pattern_problem
from shared.domain.trigger_template import Path, parse_path, template_problem

#: Characters; the longest condition.
CONDITION_MAX = 1024
#: Shorter silences than this are the network's, in seconds.
PROACTIVE_LEAST = 10
MONTH = 30 * 86_400
THRESHOLD_MAX = 10_000
LIMIT_MAX = 1_000
BATCH_MAX = 1_000
KEYS_MAX = 5
MAPPED_MAX = 100


class Posture(StrEnum):
    """Whether events fire, or their absence."""

    REACTIVE = "reactive"
    PROACTIVE = "proactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """So many within any period, per key; without a key for all events of the task together."""

    limit: int
    period: timedelta
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """One run for many events: when there are `max_size`, or `timeout` after the first one."""

    max_size: int
    timeout: timedelta
    key: Path | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trigger:
    """What parse_trigger makes of a trigger_config."""

    config: Mapping[str, object]
    """The normal form: what was given, with nothing else added."""
    subject: str
    """NATS pattern; always begins with `event.`."""
    type: str | None = None
    """Exact, or with one `*` at its end."""
    condition: str | None = None
    for_each: tuple[Path, ...] = ()
    posture: Posture = Posture.REACTIVE
    threshold: int = 1
    within: timedelta | None = None
    debounce: timedelta | None = None
    debounce_timeout: timedelta | None = None
    """A storm that goes on for longer fires all the same."""
    throttle: Limit | None = None
    rate_limit: Limit | None = None
    batch: Batch | None = None
    map: Mapping[str, object] | None = None

    def takes_type(self, kind: str) -> bool:
        """Return whether the trigger listens to events of type *kind*."""
        if self.type is None:
            return True
        if self.type.endswith("*"):
            return kind.startswith(self.type[:-1])
        return kind == self.type


@lru_cache(maxsize=20_000)
def compiled_trigger(config: str) -> Trigger:
    """Parse a stored trigger once.

    Raises:
        InvalidDefinition: it was stored under older rules and means nothing under ours.
    """
    return parse_trigger(json.loads(config))


def parse_trigger(config: Mapping[str, object]) -> Trigger:
    """Return what *config* means; pointers of problems count from its root.

    Raises:
        InvalidDefinition: with everything that is wrong.
    """
    fields = JsonFields(config)
    subject = fields.text("subject", _subject)
    kind = fields.text("type", _type)
    condition = fields.text("condition", _condition)
    for_each = _paths(fields, "for_each")
    posture = fields.choice("posture", Posture.REACTIVE)
    threshold = fields.integer("threshold", default=1, low=1, high=THRESHOLD_MAX)
    within = _seconds(fields, "within_seconds")
    debounce = _seconds(fields, "debounce_seconds")
    debounce_timeout = _seconds(fields, "debounce_timeout_seconds")
    throttle, rate_limit = _limit(fields, "throttle"), _limit(fields, "rate_limit")
    batch = _batch(fields)
    mapped = _map(fields)
    fields.close()
    trigger = Trigger(
        config=fields.kept,
        subject=subject or EVERY_EVENT,
        type=kind,
        condition=condition or None,
        for_each=for_each,
        posture=posture,
        threshold=threshold,
        within=within,
        debounce=debounce,
        debounce_timeout=debounce_timeout,
        throttle=throttle,
        rate_limit=rate_limit,
        batch=batch,
        map=mapped,
    )
    problems = fields.problems or _contradictions(trigger)
    if problems:
        raise InvalidDefinition(problems)
    return trigger


def _contradictions(trigger: Trigger) -> list[Problem]:
    """Return what is wrong with fields that are right one by one."""
    problems: list[Problem] = []
    if trigger.subject == EVERY_EVENT and trigger.type is None and trigger.condition is None:
        problems.append(Problem("", "trigger.every_event"))
    proactive = trigger.posture is Posture.PROACTIVE
    if trigger.within is None and (proactive or trigger.threshold > 1):
        problems.append(Problem("/within_seconds", "trigger.within_required"))
    elif proactive and trigger.within and trigger.within.total_seconds() < PROACTIVE_LEAST:
        problems.append(
            Problem("/within_seconds", "field.range", {"low": PROACTIVE_LEAST, "high": MONTH})
        )
    if proactive and trigger.batch:
        problems.append(Problem("/batch", "trigger.proactive_alone"))
    if proactive and trigger.debounce:
        problems.append(Problem("/debounce_seconds", "trigger.proactive_alone"))
    if trigger.debounce_timeout and not trigger.debounce:
        problems.append(Problem("/debounce_timeout_seconds", "trigger.debounce_required"))
    if trigger.batch and trigger.debounce:
        problems.append(Problem("/debounce_seconds", "trigger.batch_or_debounce"))
    return problems


def _subject(text: str) -> str | None:
    if not text:
        return None
    full = text if text.startswith(EVENTS) else EVENTS + text
    code = pattern_problem(full)
    if code:
        raise InvalidDefinition([Problem("", code)])
    return full


def _type(text: str) -> str | None:
    if not text:
        return None
    if len(text) > 256 or not re.fullmatch(r"[^\s*\x00-\x1f]+\*?|\*", text):  # noqa: PLR2004 - as a subject
        raise InvalidDefinition([Problem("", "trigger.type")])
    return text


def _condition(text: str) -> str:
    if len(text) > CONDITION_MAX:
        raise InvalidDefinition([Problem("", "condition.too_long", {"limit": CONDITION_MAX})])
    return text.strip()


def _path(text: str) -> Path:
    path = parse_path(text)
    if path is None:
        raise InvalidDefinition([Problem("", "trigger.path")])
    return path


def _paths(fields: JsonFields, key: str) -> tuple[Path, ...]:
    value = fields.take(key)
    if value is None:
        return ()
    if not isinstance(value, list | tuple) or not all(isinstance(each, str) for each in value):
        fields.refuse(key, "trigger.paths")
        return ()
    if len(value) > KEYS_MAX:
        fields.refuse(key, "trigger.too_many", limit=KEYS_MAX)
        return ()
    paths = [parse_path(each) for each in value]
    for number, path in enumerate(paths):
        if path is None:
            fields.problems.append(Problem(f"/{key}/{number}", "trigger.path"))
    fields.kept[key] = list(value)
    return tuple(path for path in paths if path is not None)


def _seconds(fields: JsonFields, key: str) -> timedelta | None:
    seconds = fields.integer(key, default=0, low=1, high=MONTH)
    return timedelta(seconds=seconds) if seconds else None


def _limit(fields: JsonFields, key: str) -> Limit | None:
    if not fields.has(key):
        fields.take(key)
        return None
    nested = fields.object(key)
    limit = nested.integer("limit", default=0, low=1, high=LIMIT_MAX)
    period = nested.integer("period_seconds", default=0, low=1, high=MONTH)
    path = nested.text("key", _path)
    _require(nested, "limit", "period_seconds", under=key)
    fields.close_nested(key, nested)
    return Limit(limit=limit, period=timedelta(seconds=period), key=path)


def _batch(fields: JsonFields) -> Batch | None:
    if not fields.has("batch"):
        fields.take("batch")
        return None
    nested = fields.object("batch")
    size = nested.integer("max_size", default=0, low=1, high=BATCH_MAX)
    timeout = nested.integer("timeout_seconds", default=0, low=1, high=MONTH)
    path = nested.text("key", _path)
    _require(nested, "max_size", "timeout_seconds", under="batch")
    fields.close_nested("batch", nested)
    return Batch(max_size=size, timeout=timedelta(seconds=timeout), key=path)


def _require(nested: JsonFields, *keys: str, under: str) -> None:
    # Problems of a nested object carry its pointer already.
    for key in keys:
        if not nested.has(key):
            nested.problems.append(Problem(f"/{under}/{key}", "field.required"))


def _map(fields: JsonFields) -> Mapping[str, object] | None:
    value = fields.take("map")
    if value is None:
        return None
    if not isinstance(value, Mapping):
        fields.refuse("map", "field.object")
        return None
    if len(value) > MAPPED_MAX:
        fields.refuse("map", "trigger.too_many", limit=MAPPED_MAX)
        return None
    for key, template in value.items():
        if template_problem(template):
            fields.problems.append(Problem(f"/map/{_pointed(str(key))}", "trigger.template"))
    fields.kept["map"] = dict(value)
    return dict(value)


def _pointed(key: str) -> str:
    return key[:100].encode(errors="replace").decode().replace("~", "~0").replace("/", "~1")
