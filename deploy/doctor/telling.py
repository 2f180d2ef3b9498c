"""What was found, as people and programs read it. Pure."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

from deploy.doctor import texts
from deploy.doctor.finding import Finding, Level, worst
from shared.domain.texts.catalog import Language

_MARKS = {Level.OK: "✓", Level.SKIPPED: "-", Level.WARNING: "!", Level.PROBLEM: "✗"}


def as_json(findings: Sequence[Finding], language: Language) -> str:
    """Return one JSON document."""
    document = {
        "level": worst(findings).value,
        "findings": [each.as_json(language) for each in findings],
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def as_text(findings: Sequence[Finding], language: Language) -> str:
    """Return lines for people, each fix below what it mends."""
    lines: list[str] = []
    for each in findings:
        heading = texts.HEADINGS[each.level.value].fill(language, {})
        says = each.says.fill(language, {})
        lines.append(f"{_MARKS[each.level]} {heading:<8}{each.check:<11}{says}")
        if each.fix is not None:
            label = texts.FIX.fill(language, {})
            lines.append(f"           {label}: {each.fix.fill(language, {})}")
    counted = Counter(each.level for each in findings)
    sums = {"problems": counted[Level.PROBLEM], "warnings": counted[Level.WARNING]}
    lines += ["", texts.SUM.fill(language, sums)]
    return "\n".join(lines)
