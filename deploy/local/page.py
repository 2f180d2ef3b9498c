"""Opens the page in the browser of whoever started the system."""

from __future__ import annotations

import os
import sys
import webbrowser

from deploy.local.home import Home


def show(home: Home, url: str) -> None:
    """Open the set-up link if there is one yet, else the page.

    Without a display there are only browsers that would take this terminal; then nothing happens,
    and the address stands in the banner.
    """
    if sys.platform.startswith("linux") and not (
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY") or os.environ.get("BROWSER")
    ):
        return
    try:
        address = home.setup_link.read_text(encoding="utf-8").strip()
    except OSError:  # there is an administrator already
        address = url
    webbrowser.open(address)
