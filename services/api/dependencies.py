"""The tasks that a task starts when it succeeds: they exist, once each, and never lead back.

Pure. The graph comes in as what the database found downstream of the mentioned tasks.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Mapping, Sequence
from uuid import UUID

from shared.domain.errors import Problem

#: A graph with more tasks than this behind one task is refused instead of walked.
MOST_DOWNSTREAM = 10_000

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


def read_id(text: object) -> UUID | None:
    """Return the id that *text* spells in the canonical form, or None."""
    if isinstance(text, str) and _ID.fullmatch(text):
        return UUID(text)
    return None


def read_ids(values: object) -> list[UUID]:
    """Return the ids among *values*; what is none is left out."""
    if not isinstance(values, list | tuple):
        return []
    return [identity for value in values if (identity := read_id(value)) is not None]


def judge_dependencies(
    values: Sequence[str], downstream: Mapping[UUID, Sequence[UUID]], task_id: UUID | None
) -> tuple[tuple[UUID, ...], list[Problem]]:
    """Return *values* as ids, and what is wrong with them as dependants of *task_id*."""
    seen: set[UUID] = set()
    problems: list[Problem] = []
    for index, value in enumerate(values):
        pointer = f"/dependent_tasks/{index}"
        identity = read_id(value)
        if identity is not None and identity == task_id:
            problems.append(Problem(pointer, "deps.cycle", {"path": f"{task_id} → {task_id}"}))
        elif identity is None or identity not in downstream:
            problems.append(Problem(pointer, "deps.unknown"))
        elif identity in seen:
            problems.append(Problem(pointer, "deps.duplicate"))
        else:
            seen.add(identity)
    if not problems and len(downstream) > MOST_DOWNSTREAM:
        problems.append(Problem("/dependent_tasks", "deps.depth", {"high": MOST_DOWNSTREAM}))
    if not problems and task_id is not None and (path := find_path(seen, downstream, task_id)):
        spelled = " → ".join(str(step) for step in (task_id, *path))
        problems.append(Problem("/dependent_tasks", "deps.cycle", {"path": spelled}))
    return tuple(read_ids(list(values))), problems


def find_path(
    starts: set[UUID], downstream: Mapping[UUID, Sequence[UUID]], goal: UUID
) -> list[UUID] | None:
    """Return a shortest way from one of *starts* to *goal*, both included, or None."""
    came_from: dict[UUID, UUID | None] = dict.fromkeys(sorted(starts))
    waiting = deque(came_from)
    while waiting:
        here = waiting.popleft()
        if here == goal:
            path: list[UUID] = []
            step: UUID | None = here
            while step is not None:
                path.append(step)
                step = came_from[step]
            return path[::-1]
        for there in downstream.get(here, ()):
            if there not in came_from:
                came_from[there] = here
                waiting.append(there)
    return None
