"""`python -m deploy.examples.tour [name ...]`: walk through all stops, or those that are named."""

from __future__ import annotations

import sys
from collections.abc import Callable

from deploy.examples.guide import Guide, say
from deploy.examples.tour import (
    dependencies,
    dry_run,
    notifications,
    overlap,
    queues,
    reasons,
    retries,
    triggers,
)

STOPS: dict[str, Callable[[Guide], None]] = {
    "triggers": triggers.show,
    "dependencies": dependencies.show,
    "retries": retries.show,
    "overlap": overlap.show,
    "queues": queues.show,
    "reasons": reasons.show,
    "dry_run": dry_run.show,
    "notifications": notifications.show,
}


def main() -> int:
    """Show what is asked for; return 1 at the first thing that is not as it should be."""
    unknown = [name for name in sys.argv[1:] if name not in STOPS]
    if unknown:
        say(f"no such stop: {', '.join(unknown)}; there are {', '.join(STOPS)}")
        return 2
    for name in sys.argv[1:] or STOPS:
        say(f"\n== {name}")
        with Guide() as guide:
            STOPS[name](guide)
    say("\nEverything was as it should be.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
