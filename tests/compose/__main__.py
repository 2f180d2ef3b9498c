"""`python -m tests.compose`: the whole story, with a verdict as exit code.

--engine ADDRESS   test with this Docker engine, and start none
--only STAGE       `story` alone, or `overrides` over a system on which nothing was done
--measured         how many runs a second one executor does, and four
--cache FOLDER     where downloaded things are kept between runs
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import traceback
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.compose import images, overrides, story
from tests.compose.book import Book
from tests.compose.engine import engine

CACHE = Path("/var/cache/automation-tasks")


def main() -> int:
    """Return 0 if everything was as promised, else 1: there is no reason to skip it."""
    parser = argparse.ArgumentParser(prog="python -m tests.compose")
    parser.add_argument("--engine", help="a Docker engine that is there, as unix:///path")
    parser.add_argument("--cache", type=Path, default=CACHE)
    parser.add_argument("--only", choices=("story", "overrides"))
    parser.add_argument("--measured", action="store_true")
    given = parser.parse_args()
    try:
        asyncio.run(_main(given))
    except Exception:  # noqa: BLE001 - the outermost frame: told, and failed
        traceback.print_exc()
        sys.stdout.write("compose test: FAILED\n")
        return 1
    sys.stdout.write("compose test: passed\n")
    return 0


async def _main(given: argparse.Namespace) -> None:
    book = Book()
    with TemporaryDirectory(prefix="automation-compose-") as folder:
        async with engine(given.cache, given.engine) as docker:
            size = await images.make(docker, given.cache)
            book.note(f"images are there, ours with {size:.0f} MB; Grafana's is left out")
            async with story.project(docker, Path(folder)) as project:
                if given.only != "overrides":
                    await story.tell(project, book, measured=given.measured)
                if given.only != "story":
                    await overrides.tell(project, book)
            book.note("down")


if __name__ == "__main__":
    sys.exit(main())
