"""What starts what: the tasks that a definition names exist, once each, and never lead back to it.

Pure. Two fields draw the graph: `dependent_tasks` from a task to those that it starts, `depends_on`
from others to it; a cycle over both together is refused. The graph comes in as what the database
found downstream of the task, without the edges of its own definition: those are what is judged.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Collection, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple, Protocol
from uuid import UUID

from shared.contracts.policy import TaskPolicy
from shared.domain.errors import Problem

#: A graph with more tasks than this behind one task is refused instead of walked.
MOST_DOWNSTREAM = 10_000
#: Tasks of a cycle that are named.
LONGEST_TOLD = 10

_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)


class Mentioned(NamedTuple):
    """The tasks that a document names, as far as they can be read."""

    dependents: Sequence[UUID] = ()
    upstreams: Sequence[UUID] = ()


class Linked(Protocol):
    """What of a task's definition draws edges."""

    @property
    def dependent_tasks(self) -> Sequence[UUID]:
        """The tasks that it starts."""

    @property
    def policy(self) -> TaskPolicy:
        """Holds those that it depends on."""


class Graph(NamedTuple):
    """What the database knows of the tasks around one."""

    downstream: Mapping[UUID, Sequence[UUID]]
    """The task, those that it mentions to be started, all that come after them, and what each
    leads to; without edges of the task's own definition."""
    upstreams: AbstractSet[UUID]
    """The tasks that it is to depend on, as far as they exist."""


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


def mentioned_tasks(document: Mapping[str, Any]) -> Mentioned:
    """Return the tasks that *document* names, as far as they can be read."""
    depends_on = document.get("depends_on")
    upstreams = depends_on.get("tasks") if isinstance(depends_on, dict) else None
    return Mentioned(read_ids(document.get("dependent_tasks")), read_ids(upstreams))


def judge_tasks(given: Mapping[str, Any], graph: Graph, task_id: UUID | None) -> list[Problem]:
    """Return what is wrong with the names in the fields of *given*; *task_id* is the task's own."""
    dependents = given.get("dependent_tasks", ())
    problems = _judge_named(dependents, "/dependent_tasks", graph.downstream, task_id)
    if (depends_on := given.get("depends_on")) is not None:
        problems += _judge_named(depends_on.tasks, "/depends_on/tasks", graph.upstreams, task_id)
    return problems


def _judge_named(
    values: Sequence[object], pointer: str, known: Collection[UUID], task_id: UUID | None
) -> list[Problem]:
    seen: set[UUID] = set()
    problems: list[Problem] = []
    for index, value in enumerate(values):
        here = f"{pointer}/{index}"
        identity = read_id(value)
        if identity is not None and identity == task_id:
            problems.append(Problem(here, "deps.cycle", {"path": f"{task_id} → {task_id}"}))
        elif identity is None or identity not in known:
            problems.append(Problem(here, "deps.unknown"))
        elif identity in seen:
            problems.append(Problem(here, "deps.duplicate"))
        else:
            seen.add(identity)
    return problems


def judge_graph(
    given: Mapping[str, Any], wished: Linked, graph: Graph, task_id: UUID | None
) -> list[Problem]:
    """Return whether *wished*, the task with the fields of *given*, would come after itself."""
    fields = [name for name in ("dependent_tasks", "depends_on") if name in given]
    if not fields:
        return []
    pointer = f"/{fields[0]}"
    if len(graph.downstream) > MOST_DOWNSTREAM:
        return [Problem(pointer, "deps.depth", {"high": MOST_DOWNSTREAM})]
    starts = set(wished.dependent_tasks)
    goals = set(wished.policy.depends_on.tasks) if wished.policy.depends_on else set()
    if task_id is not None:
        starts |= set(graph.downstream.get(task_id, ()))
        goals.add(task_id)
    path = find_path(starts, graph.downstream, goals)
    if path is None:
        return []
    if task_id is not None:
        path = [task_id, *(step for step in path if step != task_id), task_id]
    return [Problem(pointer, "deps.cycle", {"path": _spelled(path)})]


def _spelled(path: Sequence[UUID]) -> str:
    """Return *path* for people; of a long one both ends."""
    steps = [str(step) for step in path]
    if len(steps) > LONGEST_TOLD:
        half = LONGEST_TOLD // 2
        steps = [*steps[:half], "…", *steps[-half:]]
    return " → ".join(steps)


def find_path(
    starts: AbstractSet[UUID], downstream: Mapping[UUID, Sequence[UUID]], goals: AbstractSet[UUID]
) -> list[UUID] | None:
    """Return a shortest way from one of *starts* to one of *goals*, both included, or None."""
    came_from: dict[UUID, UUID | None] = dict.fromkeys(sorted(starts))
    waiting = deque(came_from)
    while waiting:
        here = waiting.popleft()
        if here in goals:
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
