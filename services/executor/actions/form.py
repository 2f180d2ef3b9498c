"""What a parameter is called in a form, in both languages, and how it is best asked for.

JSON Schema knows one language only. `title` and `description` are English, as in any other schema;
the page takes its words from `x-i18n`, which readers that do not know it ignore. Further hints:

    x-widget     accounts, account-tags, account-groups, alert-rule, alert-rules, script, program,
                 event-subject, condition, codes, key-value, textarea, code:json, code:sql
    x-advanced   true: most tasks leave it as it is
    x-secret     the name of a secret (`SecretName`)
"""

from __future__ import annotations

from collections.abc import Mapping
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
    widget: str | None = None
    choices: Mapping[str, Text] | None = None
    """What the values of an enumeration mean."""
    is_advanced: bool = False

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(core_schema), **self.shown()}

    def shown(self) -> dict[str, Any]:
        """Return it as it stands in a schema."""
        shown: dict[str, Any] = {
            "title": self.title.en,
            "description": self.description.en,
            "x-i18n": {"zh-TW": self._words("zh_tw"), "en": self._words("en")},
        }
        if self.widget is not None:
            shown["x-widget"] = self.widget
        if self.is_advanced:
            shown["x-advanced"] = True
        return shown

    def _words(self, language: str) -> dict[str, Any]:
        words: dict[str, Any] = {
            "title": getattr(self.title, language),
            "description": getattr(self.description, language),
        }
        if self.choices is not None:
            words["choices"] = {
                value: getattr(text, language) for value, text in self.choices.items()
            }
        return words


DryRun = Annotated[
    bool,
    Label(
        Text("僅規劃", "Plan only"),
        Text(
            "只列出會做的事，不實際執行",
            "Tells what it would do and does nothing",
        ),
        is_advanced=True,
    ),
]
"""Type of the field `dry_run: DryRun = False`."""
