"""Which task is meant: by its id, the beginning of its id, or its whole name."""

from __future__ import annotations

import re
from typing import Any

from services.cli.client import Answer, path
from services.cli.desk import Desk
from services.cli.failures import Conflicting, NotFound
from services.cli.language import both

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_BEGINNING = re.compile(r"[0-9a-f]{6,12}|[0-9a-f]{8}-[0-9a-f-]{0,27}", re.ASCII)
_SHOWN = 5
TASKS = "/automation-tasks"
RUNS = "/automation-runs"


def is_id(text: str) -> bool:
    """Return whether *text* is a whole id."""
    return _ID.fullmatch(text) is not None


def task_id(desk: Desk, word: str) -> str:
    """Return the id of the task that *word* means.

    Raises:
        NotFound: there is none; Conflicting: it could be several.
    """
    if is_id(word):
        return word
    found = named_tasks(desk, word)
    if not found and _BEGINNING.fullmatch(word):
        found = list(desk.client.pages("/task-list", limit=_SHOWN, q=f"id:{word}"))
    if not found:
        raise NotFound(both(f"There is no task {word!r}.", f"沒有「{word}」這個任務。"))
    if len(found) > 1:
        ids = "\n".join(f"  {each['id']}  {each['name']}" for each in found[:_SHOWN])
        raise Conflicting(
            both(f"Several tasks are meant by {word!r}:\n{ids}", f"「{word}」符合多個任務：\n{ids}")
        )
    return str(found[0]["id"])


def named_tasks(desk: Desk, name: str) -> list[dict[str, Any]]:
    """Return the tasks of exactly this name; there may be several."""
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    listed = desk.client.pages("/task-list", limit=0, q=f'name="{quoted}"')
    return [each for each in listed if each["name"] == name]


def task(desk: Desk, word: str) -> Answer:
    """Return a task, with its version."""
    return desk.client.get(TASKS + path(task_id(desk, word)))
