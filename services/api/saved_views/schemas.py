"""What callers may send about saved views."""

from __future__ import annotations

from functools import partial
from typing import Annotated

from pydantic import AfterValidator, Field

from services.api.wire.plain_text import clean_line
from services.api.wire.strict_model import Strict

ViewName = Annotated[
    str,
    AfterValidator(partial(clean_line, most=80)),
    Field(json_schema_extra={"minLength": 1, "maxLength": 80}),
]
PageName = Annotated[
    str, Field(pattern=r"^[a-z][a-z0-9-]{0,39}$", description="tasks, runs, …: as in its address.")
]
Query = Annotated[
    str, Field(max_length=2_000, description="What follows the ? in the page's address.")
]


class SavedViewPut(Strict):
    """What is to be changed of a saved view."""

    name: ViewName | None = None
    query: Query | None = None
    shared: bool | None = Field(default=None, description="Everybody sees it.")


class SavedViewCreate(Strict):
    """A page's address to be remembered under a name."""

    name: ViewName
    page: PageName
    query: Query
    shared: bool = False
