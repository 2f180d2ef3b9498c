"""What the API answers about the task graph, as models for the OpenAPI document."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

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
