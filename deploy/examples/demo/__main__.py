"""Fill a running system with the demo: `python -m deploy.examples.demo`."""

from __future__ import annotations

import sys

import httpx

from deploy.examples.demo.filling import fill
from deploy.examples.guide import Guide, say


def main() -> int:
    """Fill the system that `AUTOMATION_HOME` (or `.local`) belongs to; return 1 if it is silent."""
    try:
        with Guide() as guide:
            fill(guide)
    except (OSError, httpx.HTTPError) as error:
        say(f"the system does not answer: {error!r}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
