"""How what the server has differs from what the topology says.

Pure: two configurations in, words out. A difference is also what the topology does not mention and
somebody has set (a limit on messages, a back-off): it changes what happens to our messages as well.
"""

from __future__ import annotations

from collections.abc import Mapping

Config = Mapping[str, object]

#: What a setting is that nobody has set.
UNSET: tuple[object, ...] = (None, False, 0, -1, "", "none", [], {})
#: Settings that change nothing about which messages there are and who gets them.
OPERATORS = frozenset({"metadata", "description", "compression", "placement", "mirror_direct"})


def drift(found: Config, wanted: Config) -> list[str]:
    """Return the settings in *found* that are not as *wanted*, in words."""
    names = sorted((found.keys() | wanted.keys()) - OPERATORS)
    return [
        f"{name} is {_plain(found.get(name))}, not {_plain(wanted.get(name))}"
        for name in names
        if _norm(found.get(name)) != _norm(wanted.get(name))
    ]


def _norm(value: object) -> object:
    if value in UNSET:
        return None
    return sorted(map(str, value)) if isinstance(value, list) else value


def _plain(value: object) -> object:
    return getattr(value, "value", value)  # of an enumeration, the word that the server uses
