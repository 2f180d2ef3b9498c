"""The rights that a token may carry."""

from __future__ import annotations

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
    "events:write",
    "channels:read",
    "channels:write",
    "accounts:read",
    "accounts:write",
    "scripts:read",
    "scripts:write",
    "alerts:read",
    "alerts:write",
    "backups:read",
    "backups:write",
    "secrets:read",
    "secrets:write",
    "audit:read",
    "tokens:admin",
    "admin",
]

#: Includes every other one.
ADMIN: Final = "admin"

ALL_SCOPES: tuple[Scope, ...] = get_args(Scope)


def allows(granted: frozenset[str], wanted: str) -> bool:
    """Return whether a token with *granted* rights may do what needs *wanted*."""
    return wanted in granted or ADMIN in granted
