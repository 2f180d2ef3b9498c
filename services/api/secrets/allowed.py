"""Which secrets the parameters of one run may name.

A run gets its parameters from whoever asks for it, who need not have the right to write tasks. Such
a one may name only what the task itself names: else `tasks:run` would reach every secret there is.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from services.api.access.scopes import allows
from services.api.secrets.naming import NAME, Named, named_secrets, secret_problems
from services.api.store import secrets as store
from services.api.wire.problems import refuse_fields
from shared.contracts.action import Action
from shared.db.pool import Connection
from shared.domain.errors import Problem


class Wished(NamedTuple):
    """Parameters that somebody wants a run of a task to have."""

    pointer: str
    task_id: UUID
    action: Action[Any] | None
    params: Mapping[str, Any]


async def require_secrets(
    connection: Connection, wished: Sequence[Wished], rights: frozenset[str]
) -> None:
    """Hold the secrets that parameters name against what there is and what the caller may.

    Raises:
        Refused: 422, with everything that is wrong.
    """
    named = [(each, _named(each)) for each in wished]
    if not any(found for _, found in named):
        return
    names = {one.name for _, found in named for one in found if NAME.fullmatch(one.name)}
    known = await store.existing(connection, names)
    own = await store.named_by(connection, [each.task_id for each, found in named if found])
    is_free = allows(rights, "tasks:write")
    problems: list[Problem] = []
    for each, found in named:
        problems += secret_problems(found, known)
        if not is_free:
            problems += _foreign(found, known, own.get(each.task_id, frozenset()))
    if problems:
        raise refuse_fields(problems)


def _named(wished: Wished) -> list[Named]:
    found = named_secrets(wished.action, wished.params)
    return [Named(f"{wished.pointer}{each.pointer}", each.name) for each in found]


def _foreign(found: list[Named], known: frozenset[str], own: frozenset[str]) -> list[Problem]:
    return [
        Problem(each.pointer, "secret.not_of_task")
        for each in found
        if each.name in known and each.name not in own
    ]
