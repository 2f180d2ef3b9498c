"""The language of conditions: CEL, compiled and evaluated by cel-cpp.

The only module that knows the library, which is young and holds the interpreter's lock while it
evaluates. Compiling is bounded by the library (length, recursion), evaluating is not: three nested
loops over a long text take for ever. So whoever is not a condition worker only compiles.

A name that is a word of the language (`type`) is not a field: `event.data.type` is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from cel_expr_python import cel  # type: ignore[import-untyped]  # it has stubs but no py.typed

EVENT = "event"
_UNDECLARED = re.compile(r"undeclared reference to '([^']+)'")
_NO_VALUE = re.compile(r'No value with name "([^"]+)" found')
_NO_KEY = re.compile(r'Key not found in map : "?([^"\s]+)')
_DETAIL_MAX = 300
_ROUNDS = 8
#: Sets of names that are remembered.
ENVIRONMENTS = 256


class Unreadable(ValueError):
    """The text is no condition; `code` and `params` say why."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


@dataclass(frozen=True, slots=True)
class Failed:
    """There is no answer; `code` and `detail` say why."""

    code: str
    detail: str


class Condition:
    """A compiled condition."""

    def __init__(self, text: str) -> None:
        """Compile *text*.

        Raises:
            Unreadable: it is no condition.
        """
        self._expression, declared = _compiled(text)
        #: Fields of an event's data that it looks at.
        self.names = sorted(declared)
        self._uses_event = re.search(rf"\b{EVENT}\b", text) is not None

    def evaluate(self, event: Mapping[str, object]) -> bool | Failed:
        """Return whether the condition holds for *event*."""
        data = event.get("data")
        fields = data if isinstance(data, Mapping) else {}
        variables = {name: fields[name] for name in self.names if name in fields}
        if self._uses_event:
            variables[EVENT] = event
        answer = self._expression.eval(data=variables)
        if answer.type() == cel.Type.ERROR:
            return _failure(str(answer.value()))
        value = answer.value()
        if not isinstance(value, bool):
            return Failed("condition.not_boolean", str(answer.type().name()))
        return value


@lru_cache(maxsize=ENVIRONMENTS)
def _environment(names: frozenset[str]) -> cel.Env:
    """Return what conditions that look at these names are compiled in.

    Nearly all that a compiled condition weighs, 100 KB and most of a millisecond, is this. Those
    that look at the same fields share it: then it is 2 KB and a fiftieth of the time.
    """
    return cel.NewEnv(variables=dict.fromkeys(names, cel.Type.DYN))


def _compiled(text: str) -> tuple[cel.Expression, set[str]]:
    names: set[str] = set()
    for _ in range(_ROUNDS):
        declared = names | {EVENT}
        try:
            expression = _environment(frozenset(declared)).compile(text)
        except RuntimeError as error:
            # A field of the data is any name that the language does not know.
            found = {name.split(".")[0] for name in _UNDECLARED.findall(str(error))} - declared
            if not found:
                raise Unreadable("condition.syntax", detail=_plain(str(error))) from None
            names |= found
        else:
            kind = expression.return_type()
            if kind not in (cel.Type.BOOL, cel.Type.DYN):
                raise Unreadable("condition.not_boolean", kind=str(kind.name()))
            return expression, names
    raise Unreadable("condition.syntax", detail="too many names")


def _failure(detail: str) -> Failed:
    for pattern in (_NO_VALUE, _NO_KEY):
        found = pattern.search(detail)
        if found:
            return Failed("condition.missing", found[1])
    return Failed("condition.error", _plain(detail))


def _plain(message: str) -> str:
    """Return the library's message without its decorations."""
    line = message.split("\n", maxsplit=1)[0]
    line = re.sub(r"^[A-Z_]+: (ERROR: <input>:(-?\d+:-?\d+): )?", "", line)
    line = re.sub(r" ?\[[A-Z_]+\]$", "", line)
    return line[:_DETAIL_MAX]
