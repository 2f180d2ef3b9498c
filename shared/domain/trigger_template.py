"""Values out of an event: paths such as `data.account_id`, and templates around them.

A template that is nothing but one `{{ event.data.count }}` keeps the type of the value; in the
midst of other text the value is written out. What an event does not have leaves the parameter to
the task's own action_config.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

Path = tuple[str, ...]

PATH_MAX = 256  # characters
KEY_MAX = 256  # characters
_STEP = re.compile(r"[^\s.{}\x00-\x1f\x7f]+")
_BLANK = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_ROOT = "event"
#: The events of a batch, as a list.
_ALL = "events"


class _Missing:
    """The event has no such value; None is a value."""


MISSING = _Missing()


def parse_path(text: str) -> Path | None:
    """Return the steps of `data.account_id`; also of `event.data.account_id`, `{{ … }}` around it.

    None: it is no path.
    """
    whole = _BLANK.fullmatch(text.strip())
    bare = whole.group(1) if whole else text.strip()
    if len(bare) > PATH_MAX:
        return None
    steps = tuple(bare.split("."))
    if not all(_STEP.fullmatch(step) for step in steps):
        return None
    if steps[0] == _ROOT:
        steps = steps[1:]
    return steps or None


def value_at(event: Mapping[str, object], path: Path) -> object:
    """Return the value at *path* of an event, or MISSING."""
    value: object = event
    for step in path:
        if isinstance(value, Mapping) and step in value:
            value = value[step]
        elif isinstance(value, list) and step.isdecimal() and int(step) < len(value):
            value = value[int(step)]
        else:
            return MISSING
    return value


def key_of(event: Mapping[str, object], paths: Sequence[Path]) -> str:
    """Return what tells the events of one key from the others: JSON, `[]` for no paths.

    Values that are too long for a key of a table are told apart by their hash.
    """
    values = [value_at(event, path) for path in paths]
    plain = [None if value is MISSING else value for value in values]
    text = json.dumps(plain, ensure_ascii=True, sort_keys=True, separators=(",", ":"))
    return text if len(text) <= KEY_MAX else hashlib.sha256(text.encode()).hexdigest()


def template_problem(template: object) -> bool:
    """Return whether *template* cannot be filled."""
    if isinstance(template, Mapping):
        return any(template_problem(each) for each in template.values())
    if isinstance(template, list):
        return any(template_problem(each) for each in template)
    if not isinstance(template, str):
        return False
    rest = _BLANK.sub("", template)
    if "{{" in rest or "}}" in rest:
        return True
    return any(_blank_path(inner) is None for inner in _BLANK.findall(template))


def _blank_path(inner: str) -> Path | None:
    steps = tuple(inner.split("."))
    if steps[0] not in (_ROOT, _ALL) or not all(_STEP.fullmatch(step) for step in steps):
        return None
    return steps


def mapped_params(
    mapping: Mapping[str, object] | None,
    event: Mapping[str, object],
    defaults: Mapping[str, object],
) -> dict[str, object] | None:
    """Return the parameters of a run that *event* starts, or None: those of the task.

    *event* is `Event.as_json()`; *defaults* the task's action_config, which stays wherever the
    mapping has nothing to say.
    """
    if mapping is None:
        return None
    events = event.get("events")
    scope = {_ROOT: event, _ALL: events if isinstance(events, list) else [event]}
    params = dict(defaults)
    for name, template in mapping.items():
        value = _filled(template, scope)
        if value is not MISSING:
            params[name] = value
    return params


def _filled(template: object, scope: Mapping[str, object]) -> object:
    if isinstance(template, Mapping):
        filled = {key: _filled(each, scope) for key, each in template.items()}
        return {key: value for key, value in filled.items() if value is not MISSING}
    if isinstance(template, list):
        return [value for each in template if (value := _filled(each, scope)) is not MISSING]
    if not isinstance(template, str):
        return template
    whole = _BLANK.fullmatch(template.strip())
    if whole:
        return value_at(scope, tuple(whole.group(1).split(".")))
    return _BLANK.sub(lambda blank: _written(value_at(scope, tuple(blank[1].split(".")))), template)


def _written(value: object) -> str:
    if value is MISSING or value is None:
        return ""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False)
