"""Somebody wants a script published, from its page: a run of a task that does it is asked for.

Publishing is the work of a task, and stays so: whoever looks at the list of runs finds it there,
with its log, its notices, what depends on it. If no task publishes the script yet, one is made,
which takes the right to write tasks. Beside that it takes what `POST …/run` with parameters takes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import pydantic

from services.api.access.known_tokens import Principal
from services.api.access.scopes import allows
from services.api.runs.ask import NewRun, new_run_id, params_problems
from services.api.runs.bulk import Wish, add_requests
from services.api.scripts.planning import plan
from services.api.scripts.schemas import ScriptPublishNow
from services.api.store import script_pages, scripts
from services.api.store.audit import Actor
from services.api.tasks import changes
from services.api.tasks.definition import Catalog
from services.api.wire.problems import Refused, refuse_fields
from services.api.wire.shape import problems_of
from services.api.wire.texts import say
from shared.db.pool import Connection
from shared.domain.errors import NotFound, Problem
from shared.domain.texts.catalog import Language

ACTION = "script_publish"
WRITER = "tasks:write"
#: A canary may be watched for hours.
TIMEOUT_SECONDS = 86_400
_AS_SENT = "/runs/0/params"
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Publishing:
    """The run that was asked for."""

    run_id: UUID
    task_id: UUID
    task_name: str
    task_created: bool
    plan: Mapping[str, Any]
    let_go: list[str]
    """Its queue, if it is let go on commit."""

    def view(self) -> dict[str, Any]:
        """Return it as a caller sees it."""
        return {
            "run_id": str(self.run_id),
            "task_id": str(self.task_id),
            "task_name": self.task_name,
            "task_created": self.task_created,
            "plan": dict(self.plan),
        }


def read_publish(document: Mapping[str, Any], script_id: str) -> dict[str, Any]:
    """Return the parameters that the run is to have.

    Raises:
        Refused: it is no such document, or names another script.
    """
    try:
        wished = ScriptPublishNow.model_validate(document)
    except pydantic.ValidationError as error:
        raise refuse_fields(problems_of(error)) from None
    if "script_id" in wished.params:
        raise refuse_fields([Problem("/params/script_id", "field.unknown")])
    return {**wished.params, "script_id": script_id}


async def publish(
    connection: Connection,
    catalog: Catalog,
    script_id: str,
    params: Mapping[str, Any],
    caller: Principal,
    *,
    language: Language,
) -> Publishing:
    """Ask for the run, by the task that is there or by a new one.

    Raises:
        NotFound, Conflict, Refused: no such script or version, wrong parameters, no right.
    """
    script = await scripts.get(connection, script_id)
    if script is None:
        raise NotFound("script", script_id)
    if problems := params_problems(ACTION, params, catalog, "/params"):
        raise refuse_fields(problems)
    planned = await plan(connection, script, catalog[ACTION].params.model_validate(dict(params)))
    found = [
        each
        for each in await script_pages.publishers(connection, script_id)
        if each.task_type == "manual" and each.enabled
    ]
    if found:
        task_id, name = found[0].id, found[0].name
    else:
        task_id, name = await _new_task(connection, catalog, script, caller, language)
    run_id = new_run_id()
    wish = Wish(0, NewRun(run_id=run_id, task_id=task_id, params=dict(params)))
    try:
        asked = await add_requests(connection, [wish], catalog, caller)
    except Refused as error:
        raise _as_sent(error) from None
    return Publishing(
        run_id=run_id,
        task_id=task_id,
        task_name=name,
        task_created=not found,
        plan=planned,
        let_go=asked.let_go,
    )


async def _new_task(
    connection: Connection,
    catalog: Catalog,
    script: scripts.ScriptRow,
    caller: Principal,
    language: Language,
) -> tuple[UUID, str]:
    if not allows(caller.scopes, WRITER):
        raise Refused(403, "auth.scope", params={"scope": WRITER})
    name = say("script.publish_task", language, {"script": script.name})[:_LONGEST_NAME]
    document = {
        "name": name,
        "task_type": "manual",
        "task_action": ACTION,
        "action_config": {"script_id": script.script_id},
        "timeout_seconds": TIMEOUT_SECONDS,
    }
    changed = await changes.create(connection, catalog, document, actor=Actor.of(caller))
    assert changed.after is not None  # noqa: S101 - it was just made
    return changed.after.id, name


def _as_sent(error: Refused) -> Refused:
    """Return what is wrong with the run as what is wrong with what the caller sent."""
    error.problems = tuple(
        Problem(each.pointer.replace(_AS_SENT, "/params", 1), each.code, each.params)
        for each in error.problems
    )
    return error
