"""What nearly every endpoint asks about a request: its language, and the id in its path."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, cast
from uuid import UUID

from fastapi import Depends, Path, Query, Request

from services.api.tasks.dependencies import read_id
from services.api.wire.problems import Refused
from shared.domain.errors import InvalidDefinition, NotFound, Problem
from shared.domain.instant import parse_instant
from shared.domain.texts.catalog import Language

BASE = "/api/v1/group-ai"

_UUID = {"format": "uuid"}


async def language_of(request: Request) -> Language:
    """Dependency: the language in which the caller is answered."""
    return cast(Language, request.state.language)


async def task_id_of(task_id: Annotated[str, Path(json_schema_extra=_UUID)]) -> UUID:
    """Dependency: the task id of the path.

    Raises:
        NotFound: it spells no id, so there is no such task.
    """
    identity = read_id(task_id)
    if identity is None:
        raise NotFound("task", "")
    return identity


async def run_id_of(run_id: Annotated[str, Path(json_schema_extra=_UUID)]) -> UUID:
    """Dependency: the run id of the path.

    Raises:
        NotFound: it spells no id, so there is no such run.
    """
    identity = read_id(run_id)
    if identity is None:
        raise NotFound("run", "")
    return identity


CallersLanguage = Annotated[Language, Depends(language_of)]
TaskId = Annotated[UUID, Depends(task_id_of)]
RunId = Annotated[UUID, Depends(run_id_of)]
Limit = Annotated[int, Query(ge=1, le=500)]
Cursor = Annotated[str, Query(description="`next` of the page before.")]


def read_time(name: str, text: str) -> datetime | None:
    """Return the instant of a query parameter, or None if it is not given.

    Raises:
        Refused: it is none.
    """
    if not text:
        return None
    try:
        # A `+` that was not escaped arrives as a blank.
        return parse_instant(text.replace(" ", "+"))
    except InvalidDefinition as error:
        problems = [problem.under(f"/query/{name}") for problem in error.problems]
        raise Refused(400, "query.invalid", problems=problems) from None


def read_choice(name: str, text: str, allowed: tuple[str, ...]) -> str | None:
    """Return the word of a query parameter, or None if it is not given.

    Raises:
        Refused: it is none of *allowed*.
    """
    if not text:
        return None
    if text not in allowed:
        problem = Problem(f"/query/{name}", "field.choice", {"allowed": ", ".join(allowed)})
        raise Refused(400, "query.invalid", problems=[problem])
    return text
