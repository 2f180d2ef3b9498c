"""When two names are the same name."""

from __future__ import annotations

import unicodedata


def folded(name: str) -> str:
    """Return *name* as it is compared: Ann, ann and the full-width ａｎｎ are one."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name.strip()).casefold())
