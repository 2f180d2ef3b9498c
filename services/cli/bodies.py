"""What is sent, from a file and from `FIELD=VALUE` on the command line."""

from __future__ import annotations

import copy
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from services.cli.failures import Misused
from services.cli.language import both

#: Nothing that people write by hand is larger.
_MOST_BYTES = 10_000_000


def fields_of(
    file: str | None,
    changes: Iterable[str] = (),
    *,
    onto: Mapping[str, Any] | None = None,
    whole: bool = False,
) -> dict[str, Any]:
    """Return the fields of a file, and over them those of `a.b=value`.

    A change below a field that *onto* has keeps the rest of that field. *whole*: return all of
    *onto*, not only what changes.

    Raises:
        Misused: it cannot be read, or is no set of fields.
    """
    fields = read_mapping(file) if file else {}
    base: dict[str, Any] = copy.deepcopy(dict(onto or {}))
    if whole:
        fields = {**base, **fields}
    for change in changes:
        name, equals, text = change.partition("=")
        if not equals or not name:
            raise Misused(
                both(f"{change!r} is not FIELD=VALUE.", f"「{change}」不是「欄位=值」的格式。")
            )
        keys = name.split(".")
        if keys[0] not in fields and keys[0] in base:
            fields[keys[0]] = base[keys[0]]
        _put(fields, keys, read_value(text))
    return fields


def read_value(text: str) -> Any:  # noqa: ANN401 - JSON
    """Return what a value of the command line means: YAML, or else the text itself."""
    import yaml  # noqa: PLC0415 - heavy

    try:
        value = yaml.load(text, Loader=_Plain())  # noqa: S506 - a SafeLoader
    except yaml.YAMLError:
        return text
    # Nothing is null, and an empty text stays one.
    return value if value is not None or text.strip() in {"null", "~"} else text


def read_mapping(file: str) -> dict[str, Any]:
    """Return the fields that a YAML or JSON file has.

    Raises:
        Misused: it cannot be read, or is none.
    """
    import yaml  # noqa: PLC0415 - heavy

    try:
        found = yaml.load(read_text(file), Loader=_Plain())  # noqa: S506 - a SafeLoader
    except yaml.YAMLError as error:
        raise Misused(both(f"{file} is no YAML: {error}", f"{file} 不是 YAML：{error}")) from None
    if not isinstance(found, dict):
        raise Misused(both(f"{file} has no fields.", f"{file} 沒有任何欄位。"))
    return found


def read_text(file: str) -> str:
    """Return the text of a file; `-` is stdin.

    Raises:
        Misused: there is none that could be read.
    """
    try:
        if file == "-":
            return sys.stdin.read(_MOST_BYTES)
        with Path(file).open(encoding="utf-8") as opened:
            return opened.read(_MOST_BYTES)
    except (OSError, UnicodeDecodeError) as error:
        cause = getattr(error, "strerror", None) or error
        raise Misused(
            both(f"{file} cannot be read: {cause}", f"無法讀取 {file}：{cause}")
        ) from None


def _put(fields: dict[str, Any], keys: list[str], value: Any) -> None:  # noqa: ANN401 - JSON
    place = fields
    for key in keys[:-1]:
        below = place.get(key)
        if not isinstance(below, dict):
            below = place[key] = {}
        place = below
    place[keys[-1]] = value


def _Plain() -> type[Any]:  # noqa: N802 - stands for a class
    """Return a loader that leaves dates as the text that they are in JSON."""
    import yaml  # noqa: PLC0415 - heavy

    class Plain(yaml.SafeLoader):
        """Dates stay text."""

    Plain.yaml_implicit_resolvers = {
        first: [(tag, pattern) for tag, pattern in resolvers if "timestamp" not in tag]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }
    return Plain
