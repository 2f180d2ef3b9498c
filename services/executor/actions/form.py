"""What a parameter is called in a form, in both languages.

JSON Schema knows one language only. `title` and `description` are English, as in any other schema;
the page takes its Chinese from `x-i18n`, which readers that do not know it ignore.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from shared.domain.texts.catalog import Text


@dataclass(frozen=True, slots=True)
class Label:
    """Annotation of a field: `url: Annotated[str, Label(title, description)]`."""

    title: Text
    description: Text

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core_schema), **self.shown()}

    def shown(self) -> dict[str, Any]:
        """Return it as it stands in a schema."""
        return {
            "title": self.title.en,
            "description": self.description.en,
            "x-i18n": {"zh-TW": {"title": self.title.zh_tw, "description": self.description.zh_tw}},
        }


DryRun = Annotated[
    bool,
    Label(
        Text("僅規劃", "Plan only"),
        Text(
            "只列出會做的事，不實際執行",
            "Tells what it would do and does nothing",
        ),
    ),
]
"""Type of the field `dry_run: DryRun = False`."""
