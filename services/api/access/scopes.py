"""The rights that a token or a session may carry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, get_args

Scope = Literal[
    "tasks:read",
    "tasks:write",
    "tasks:run",
    "runs:read",
    "dead-letters:read",
    "dead-letters:write",
    "executors:read",
    "queues:read",
    "queues:write",
    "events:read",
    "events:write",
    "channels:read",
    "channels:write",
    "accounts:read",
    "accounts:run",
    "accounts:write",
    "scripts:read",
    "scripts:write",
    "alerts:read",
    "alerts:acknowledge",
    "alerts:write",
    "backups:read",
    "backups:write",
    "secrets:read",
    "secrets:write",
    "audit:read",
    "tokens:own",
    "tokens:admin",
    "users:admin",
    "admin",
]

#: Includes every other one.
ADMIN: Final = "admin"

ALL_SCOPES: tuple[Scope, ...] = get_args(Scope)


#: Rights that come with a larger one: who may change alert rules may acknowledge alerts.
INCLUDED: Final[Mapping[str, str]] = {
    "accounts:run": "accounts:write",
    "alerts:acknowledge": "alerts:write",
}


def allows(granted: frozenset[str], wanted: str) -> bool:
    """Return whether a token with *granted* rights may do what needs *wanted*."""
    return wanted in granted or INCLUDED.get(wanted) in granted or ADMIN in granted
