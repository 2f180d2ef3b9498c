"""`docs/roles.md`: who may do what, frozen, so that a reviewer sees every change of rights.

It is made from the OpenAPI document and the tables that decide; `test_role_matrix.py` holds the
running API against it. After a change that is meant: `python -m tests.contract.test_roles`.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import services.api
from services.api.access.open_routes import ABOUT_ONESELF, PUBLIC
from services.api.access.roles import ROLES, SCOPES_OF
from services.api.access.scopes import allows
from tests.contract.test_openapi import operations

GOLDEN: Final = Path(services.api.__file__).parents[2] / "docs" / "roles.md"

YES, NO = "✓", "·"
ANYBODY = "nobody is asked"
SOMEBODY = "any session or token"
A_SESSION = "a session"
ANOTHERS_SESSION = "a session, or `users:admin`"
#: Of the routes about whoever asks, those that are not for people alone.
_NOT_ONLY_SESSIONS: Final = {"get_session": SOMEBODY, "revoke_session": ANOTHERS_SESSION}

HEAD = """# Who may do what

Every operation of the API, what it needs, and which role has it. Generated, not edited:
`python -m tests.contract.test_roles` writes it, and the tests hold the running API against it, with
a session of each role, a token with exactly the scope, one with every other scope, and callers who
are nobody (any more).

- A session has the scopes of its user's role. A token has the scopes it was made with, and of those
  only what its owner's role has now. `admin` includes every scope; `accounts:write` includes
  `accounts:run`, `alerts:write` includes `alerts:acknowledge`.
- Without a credential, or with one that has ended: 401, but where *nobody is asked*.
- With a credential that lacks the right: 403. With the cookie of a session, from the page of
  another site: 403 for whatever changes something.
- What belongs to one person (sessions, their own tokens, views that they do not share) is not there
  for others: 404.

| operation | request | needs | viewer | operator | editor | admin |
|---|---|---|:-:|:-:|:-:|:-:|
"""


class Row(NamedTuple):
    """An operation as the table shows it."""

    name: str
    method: str
    path: str
    needs: str
    roles: tuple[str, ...]
    """Those that may."""


def rows() -> Iterator[Row]:
    """Yield a row for each operation, in the order of paths."""
    for path, method, operation in sorted(operations(), key=lambda each: each[:2]):
        name = operation["operationId"]
        if name in PUBLIC:
            yield Row(name, method.upper(), path, ANYBODY, ROLES)
        elif name in ABOUT_ONESELF:
            needs = _NOT_ONLY_SESSIONS.get(name, A_SESSION)
            yield Row(name, method.upper(), path, needs, ROLES)
        else:
            scope = operation["x-required-scope"]
            may = tuple(role for role in ROLES if allows(SCOPES_OF[role], scope))
            yield Row(name, method.upper(), path, f"`{scope}`", may)


def as_text() -> str:
    """Return the whole file."""
    lines = [
        f"| {row.name} | `{row.method} {row.path}` | {row.needs} | "
        + " | ".join(YES if role in row.roles else NO for role in ROLES)
        + " |"
        for row in rows()
    ]
    return HEAD + "\n".join(lines) + "\n"


def read() -> dict[str, Row]:
    """Return what the file says, by operation."""
    found: dict[str, Row] = {}
    for line in GOLDEN.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) != 3 + len(ROLES) or cells[0] in ("operation", "---"):
            continue
        name, request, needs, *marks = cells
        method, path = request.strip("`").split(" ")
        may = tuple(role for role, mark in zip(ROLES, marks, strict=True) if mark == YES)
        found[name] = Row(name, method, path, needs, may)
    return found


def test_the_rights_are_the_ones_that_were_agreed() -> None:
    assert GOLDEN.read_text(encoding="utf-8") == as_text(), "python -m tests.contract.test_roles"


def test_the_file_reads_back_as_it_was_written() -> None:
    assert read() == {row.name: row for row in rows()}


if __name__ == "__main__":
    GOLDEN.write_text(as_text(), encoding="utf-8")
