"""What was found: a check, how it went, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from shared.domain.texts.catalog import Language, Text


class Level(StrEnum):
    """How bad it is."""

    OK = "ok"
    SKIPPED = "skipped"
    """It could not be looked at."""
    WARNING = "warning"
    """It works; it will not for ever."""
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    check: str
    level: Level
    says: Text
    fix: Text | None = None

    def as_json(self, language: Language) -> dict[str, Any]:
        """Return it as `-o json` tells it."""
        return {
            "check": self.check,
            "level": self.level.value,
            "message": self.says.fill(language, {}),
            "fix": self.fix.fill(language, {}) if self.fix else None,
        }


def filled(text: Text, **values: object) -> Text:
    """Return *text* with its blanks filled, in both languages; braces in values stay."""
    kept = {key: str(value).replace("{", "{{").replace("}", "}}") for key, value in values.items()}
    return Text(text.zh_tw.format_map(kept), text.en.format_map(kept))


def well(check: str, says: Text, **values: object) -> Finding:
    """Return that all is well."""
    return Finding(check=check, level=Level.OK, says=filled(says, **values))


def skipped(check: str, says: Text, **values: object) -> Finding:
    """Return that it could not be looked at."""
    return Finding(check=check, level=Level.SKIPPED, says=filled(says, **values))


def warning(check: str, says: Text, fix: Text, **values: object) -> Finding:
    """Return that something should be seen to."""
    says, fix = filled(says, **values), filled(fix, **values)
    return Finding(check=check, level=Level.WARNING, says=says, fix=fix)


def problem(check: str, says: Text, fix: Text, **values: object) -> Finding:
    """Return that something is broken."""
    says, fix = filled(says, **values), filled(fix, **values)
    return Finding(check=check, level=Level.PROBLEM, says=says, fix=fix)


def worst(findings: Sequence[Finding]) -> Level:
    """Return how bad it is in all."""
    order = (Level.PROBLEM, Level.WARNING)
    return next((each for each in order if any(f.level is each for f in findings)), Level.OK)
