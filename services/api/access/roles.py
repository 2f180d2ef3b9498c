"""What each role may do, as scopes: viewer < operator < editor < admin.

    viewer      looks at everything but secrets, the audit list and other people's tokens
    operator    runs, cancels, pauses, acknowledges: nothing of it changes a definition
    editor      writes tasks, scripts, rules, channels, accounts, secrets
    admin       everything: people, tokens, the audit list

A new `…:read` scope is a viewer's and a new `…:write` scope an editor's, unless it stands below.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, Literal, get_args

from services.api.access.scopes import ADMIN, ALL_SCOPES, INCLUDED, allows

Role = Literal["viewer", "operator", "editor", "admin"]

ROLES: Final[tuple[Role, ...]] = get_args(Role)

#: Tells too much for everybody who may look at tasks.
_NOT_FOR_VIEWERS: Final = frozenset({"secrets:read", "audit:read"})
_OF_OPERATORS: Final = frozenset(
    {
        "tasks:run",
        "queues:write",
        "dead-letters:write",
        "events:write",
        "alerts:acknowledge",
        "accounts:run",
    }
)
#: Whoever has one of them could give themselves any other.
_OF_ADMINS: Final = frozenset({"audit:read", "tokens:admin", "users:admin", ADMIN})

_VIEWER: Final = frozenset(
    each for each in ALL_SCOPES if each.endswith(":read") and each not in _NOT_FOR_VIEWERS
) | {"tokens:own"}
_OPERATOR: Final = _VIEWER | _OF_OPERATORS
_EDITOR: Final = frozenset(ALL_SCOPES) - _OF_ADMINS

SCOPES_OF: Final[Mapping[str, frozenset[str]]] = {
    "viewer": _VIEWER,
    "operator": _OPERATOR,
    "editor": _EDITOR,
    "admin": frozenset(ALL_SCOPES),
}


def capped(scopes: Iterable[str], role: str) -> frozenset[str]:
    """Return what of *scopes* is left to a token whose owner has *role* now."""
    wanted = frozenset(scopes)
    return frozenset(each for each in SCOPES_OF[role] if allows(wanted, each))


def may_grant(granted: frozenset[str], role: str) -> bool:
    """Return whether somebody with *granted* rights may give *role*, or touch who has it.

    Nobody can hand on a right that they do not have.
    """
    if role == ADMIN:
        return ADMIN in granted
    return all(allows(granted, each) for each in SCOPES_OF[role])


def expanded(scopes: Iterable[str]) -> list[str]:
    """Return every right that *scopes* amount to, the included ones as well, sorted."""
    wanted = frozenset(scopes)
    if ADMIN in wanted:
        return sorted(ALL_SCOPES)
    return sorted(wanted | {small for small, large in INCLUDED.items() if large in wanted})
