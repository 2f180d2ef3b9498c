"""Names of buttons as browsers tell them: the icon's own name comes first ("send 送審")."""

from __future__ import annotations

import re


def ends(text: str) -> re.Pattern[str]:
    """Return what matches a name whose last word is *text*."""
    return re.compile(rf"(^|\s){re.escape(text)}$")
