"""What is said of templates; their own texts stand with them, in their files."""

from __future__ import annotations

from shared.domain.texts.catalog import Text

TEXTS: dict[str, Text] = {
    "template.not_found": Text("沒有這個任務範本。", "There is no such template."),
}
