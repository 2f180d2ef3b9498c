"""What the API answers about the task graph, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class GraphNode(Shown):
    """A task in the graph."""

    id: str
    name: str
    enabled: bool
    last_status: str | None = Field(description="Of its latest run; null if there was none.")
    deleted: bool = Field(description="Named by another task, but not there any more.")


class GraphEdge(Shown):
    """One task leads to another."""

    from_: str = Field(alias="from")
    to: str
    kind: Literal["dependent_tasks", "depends_on"] = Field(description="The field that says so.")
    rule: str


class TaskGraph(Shown):
    """A task with all that come before and after it, the nearest first."""

    nodes: list[GraphNode]
    edges: list[GraphEdge]
    truncated: bool = Field(description="There are more tasks than are shown.")


class LiveNode(Shown):
    """A task in the whole graph, and how it stands."""

    id: str
    name: str
    deleted: bool = Field(description="Named by another task, but not there any more.")
    enabled: bool
    task_type: str | None
    task_action: str | None
    queue: str
    state: str = Field(
        description="running, waiting, disabled, deleted, never; else how its last run ended."
    )
    running: int
    waiting: int
    failures: int = Field(description="In a row.")
    last_status: str | None
    last_run_id: str | None
    last_ended_at: AwareDatetime | None
    next_fire_at: AwareDatetime | None


class LiveEdge(Shown):
    """One task leads to another; and what came of the last end of the former."""

    from_: str = Field(alias="from")
    to: str
    kind: Literal["dependent_tasks", "depends_on"] = Field(description="The field that says so.")
    rule: str
    state: Literal["started", "waiting", "blocked", "pending", "idle", "off", "broken"]
    reason_code: str
    reason: str = Field(description="Why the dependant did, or did not, run; in words.")
    run_id: str | None = Field(description="The run that was started.")


class WholeGraph(Shown):
    """All tasks that are tied to others, or those around some."""

    nodes: list[LiveNode] = Field(description="With `focus` or `q` the nearest first.")
    edges: list[LiveEdge]
    matched: list[str] = Field(description="The tasks that `focus` or `q` means.")
    tasks: int = Field(description="All there are, those without ties included.")
    truncated: bool = Field(description="There are more tasks than are shown.")
