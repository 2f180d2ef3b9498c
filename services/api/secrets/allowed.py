"""Which parameters one run may be given, and by whom.

A run gets its parameters from whoever asks for it, who need not have the right to write tasks. Such
a one names no secret, not even one that the task itself names: with it comes the address that it is
sent to, the statement that is executed with it. Nor does such a one say which program is run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from services.api.access.scopes import allows
from services.api.secrets.naming import NAME, Named, named_secrets, secret_problems
from services.api.store import secrets as store
from services.api.wire.problems import refuse_fields
from shared.contracts.action import Action
from shared.db.pool import Connection
from shared.domain.errors import Problem

WRITER = "tasks:write"


class Wished(NamedTuple):
    """Parameters that somebody wants a run of a task to have."""

    pointer: str
    action: Action[Any] | None
    params: Mapping[str, Any]


async def require_allowed(
    connection: Connection, wished: Sequence[Wished], rights: frozenset[str]
) -> None:
    """Hold parameters against the secrets that there are and against what the caller may.

    Raises:
        Refused: 422, with everything that is wrong.
    """
    is_writer = allows(rights, WRITER)
    named = [found for each in wished for found in _named(each)]
    problems = secret_problems(named, await _known(connection, named))
    if not is_writer:
        problems += of_writers(named, but=problems)
        problems += [
            Problem(each.pointer, "params.of_writers")
            for each in wished
            if each.action is not None and each.action.runs_code
        ]
    if problems:
        raise refuse_fields(problems)


def of_writers(named: Sequence[Named], *, but: Sequence[Problem] = ()) -> list[Problem]:
    """Return what is wrong with secrets that somebody names without the right to write tasks."""
    told = {each.pointer for each in but}
    return [
        Problem(each.pointer, "secret.of_writers") for each in named if each.pointer not in told
    ]


async def _known(connection: Connection, named: Sequence[Named]) -> frozenset[str]:
    return await store.existing(
        connection, {each.name for each in named if NAME.fullmatch(each.name)}
    )


def _named(wished: Wished) -> list[Named]:
    found = named_secrets(wished.action, wished.params)
    return [Named(f"{wished.pointer}{each.pointer}", each.name) for each in found]
