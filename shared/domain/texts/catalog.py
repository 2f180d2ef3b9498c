"""Every sentence a person reads, by code, in both languages.

Code decides and speaks in codes (`cron.never_fires`); only the edge that talks to a person turns
one into words. Each neighbour of this module holds the texts of one subject in a `TEXTS` table.
Traditional Chinese as written in Taiwan.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

Language = Literal["zh-TW", "en"]


class Text(NamedTuple):
    """One sentence in both languages; `{name}` is filled from the parameters."""

    zh_tw: str
    en: str

    def fill(self, language: Language, params: Mapping[str, object]) -> str:
        """Return the sentence in *language* with its blanks filled."""
        template = self.zh_tw if language == "zh-TW" else self.en
        return template.format_map(params)
