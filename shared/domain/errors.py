"""Everything that can go wrong by our own rules.

    AutomationError
    ├── InvalidDefinition      what an operator asked for makes no sense; carries every problem
    ├── NotFound               there is no such thing (or it is not yours)
    └── Conflict               it is there, but not in the state that the request presumes

Trouble with the outside world (network, disk, SQL) is not here: it keeps its own type until the
edge of the service that met it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with one field.

    `code` is stable and machine-readable (`cron.never_fires`); its wording in both languages lies
    in `shared.domain.texts`, filled with `params`. `pointer` is an RFC 6901 JSON pointer into the
    document that was judged, `""` for the whole of it.
    """

    pointer: str
    code: str
    params: Mapping[str, object] = field(default_factory=dict)

    def under(self, prefix: str) -> Problem:
        """Return the same problem seen from a document that holds this one at *prefix*."""
        return Problem(prefix + self.pointer, self.code, self.params)


class AutomationError(Exception):
    """Base of every error this system raises on purpose."""


class InvalidDefinition(AutomationError):
    """A task, schedule or parameter cannot mean anything."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{p.pointer or '/'}: {p.code}" for p in problems))
        self.problems = tuple(problems)


class NotFound(AutomationError):
    """There is no such thing."""

    def __init__(self, kind: str, identity: str) -> None:
        super().__init__(f"no {kind} {identity}")
        self.kind = kind
        self.identity = identity


class Conflict(AutomationError):
    """The thing exists, but not in the state that the request presumes."""

    def __init__(self, code: str, **params: object) -> None:
        super().__init__(code)
        self.code = code
        self.params = params
