"""`python -m tests.compose`: the whole story, with a verdict as exit code.

--engine ADDRESS   test with this Docker engine, and start none
--only STAGE       `story` or `overrides` alone
--cache FOLDER     where downloaded things are kept between runs
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compose import overrides, story
from tests.compose.engine import engine

CACHE = Path("/var/cache/automation-tasks")


def main() -> int:
    """Return 0 if everything was as promised, else 1: there is no reason to skip it."""
    parser = argparse.ArgumentParser(prog="python -m tests.compose")
    parser.add_argument("--engine", help="a Docker engine that is there, as unix:///path")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--only", choices=("story", "overrides"))
    given = parser.parse_args()
    try:
        asyncio.run(_main(given.engine, given.cache, given.only))
    except Exception:  # noqa: BLE001 - the outermost frame: told, and failed
        traceback.print_exc()
        sys.stdout.write("compose test: FAILED\n")
        return 1
    sys.stdout.write("compose test: passed\n")
    return 0


async def _main(given: str | None, cache: Path, only: str | None) -> None:
    with TemporaryDirectory(prefix="automation-compose-") as folder:
        async with engine(cache, given) as docker:
            if only != "overrides":
                await story.tell(docker, cache, Path(folder))
            if only != "story":
                await overrides.tell(docker, cache)


if __name__ == "__main__":
    sys.exit(main())
