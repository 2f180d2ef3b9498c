"""What the user reads when everything is up: one screen, once."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from deploy.local.home import Home

_ONCE = "             (once, within 24 hours; whoever opens it becomes the administrator)"


def banner(
    *, api_url: str, home: Home, setup_link: str | None = None, warnings: Sequence[str] = ()
) -> str:
    """Say where it is, how to get in, where the data lies and how to stop."""
    lines = [
        "The automation system is running.",
        "",
        f"URL          {api_url}",
        *([f"Set up       {setup_link}", _ONCE] if setup_link else []),
        f"Admin token  {home.admin_token}   (cat it; it is yours alone)",
        f"Data         {home.path}",
        f"Logs         {home.logs}",
        "Stop         Ctrl-C here, or `automation down`",
        *(f"Note         {warning}" for warning in warnings),
    ]
    width = max(map(_columns, lines))
    edge = "─" * (width + 2)
    body = (f"│ {line}{' ' * (width - _columns(line))} │" for line in lines)
    return "\n".join((f"┌{edge}┐", *body, f"└{edge}┘"))


def _columns(text: str) -> int:
    """Count terminal columns: a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
