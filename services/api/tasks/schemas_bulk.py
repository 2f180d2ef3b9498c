"""What callers may send to change many tasks at once."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from services.api.tasks.schemas_policy import TaskId
from services.api.wire.strict_model import Strict

#: Tasks of one call that names each; a query may find ten times as many.
MOST_NAMED = 1_000

Ids = Annotated[list[TaskId], Field(max_length=MOST_NAMED)]


class TaskBulkCreate(Strict):
    """Tasks, by their ids or by a query, and what is to be done with each."""

    action: Literal["enable", "disable", "run", "delete"]
    ids: Ids | None = Field(default=None, min_length=1)
    q: str | None = Field(
        default=None, max_length=2_000, description="As in GET …/task-list; empty: all tasks."
    )
    timezone: str = Field(default="UTC", max_length=100, description="Of days in the query.")
    without: Ids = Field(default=[], alias="except", description="Of what the query finds.")
