"""What the API answers of saved views, as models for the OpenAPI document."""

from __future__ import annotations

from pydantic import AwareDatetime, Field

from services.api.documented.policy import Shown


class SavedView(Shown):
    """The address of a page under a name."""

    id: str
    page: str
    name: str
    query: str
    shared: bool
    owner: str
    mine: bool = Field(description="The caller made it, and may change it.")
    created_at: AwareDatetime
    updated_at: AwareDatetime


class SavedViews(Shown):
    """One's own views and those that are shared."""

    items: list[SavedView]
