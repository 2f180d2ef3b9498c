"""Which of our two languages a caller reads, from `Accept-Language` (RFC 9110, 12.5.4)."""

from __future__ import annotations

from shared.domain.texts.catalog import Language

DEFAULT: Language = "en"

#: More ranges than this are nobody's wish.
_MOST_RANGES = 20


def choose_language(header: str | None) -> Language:
    """Return the language that *header* prefers; any Chinese is answered in Taiwan's."""
    best: Language = DEFAULT
    best_weight = 0.0
    for part in (header or "").split(",")[:_MOST_RANGES]:
        tag, _, parameter = part.partition(";")
        primary = tag.strip().lower().partition("-")[0]
        if primary not in ("zh", "en"):
            continue
        weight = _weight(parameter)
        if weight > best_weight:
            best, best_weight = ("zh-TW" if primary == "zh" else "en"), weight
    return best


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        weight = float(value)
    except ValueError:
        return 0.0
    return weight if 0.0 <= weight <= 1.0 else 0.0
