"""The code that runs while a database is brought to the newest schema: the release before this one.

It is taken from the history, as it was before the first migration of this release was added, and
runs on today's packages. Where the history is cut off (a shallow clone) there is nothing to take:
that is an error, not a reason to test nothing.
"""

from __future__ import annotations

import io
import os
import subprocess
import tarfile
from pathlib import Path

from shared.db.migrate import FOLDER

CHECKOUT = Path(__file__).parents[2]
#: The newest migration of the release before. Raised with each release.
NEWEST_BEFORE = "0032_pre_deliveries_in_hand"
#: Built things that are not in the history; the page is not what is tested.
BUILT = "services/web/dist"


class NoHistory(Exception):
    """The release before cannot be found in the history of this checkout."""


def new_files() -> list[str]:
    """Return the migrations of this release."""
    return sorted(path.stem for path in FOLDER.glob("*.sql") if path.stem > NEWEST_BEFORE)


def commit() -> str:
    """Return the last commit before the first migration of this release.

    Raises:
        NoHistory: it is not there.
    """
    if given := os.environ.get("AUTOMATION_OLD_COMMIT"):
        return given
    added = [
        found[-1]
        for name in new_files()
        if (
            found := _git(
                "log", "--format=%H", "--diff-filter=A", "--", f"shared/db/migrations/{name}.sql"
            ).split()
        )
    ]
    if not added:
        before = "HEAD"  # they are not committed yet
    else:
        before = f"{_git('rev-list', '--no-walk=sorted', '--reverse', *added).split()[0]}^"
    try:
        names = _git("ls-tree", "--name-only", before, "shared/db/migrations/")
    except subprocess.CalledProcessError as error:
        raise NoHistory(
            f"{before} is not in this clone: `git fetch --unshallow`, or name a commit of the"
            " release before in AUTOMATION_OLD_COMMIT"
        ) from error
    newest = max(Path(name).stem for name in names.split())
    if newest != NEWEST_BEFORE:
        raise NoHistory(f"{before} has {newest}, not {NEWEST_BEFORE}")
    return before


def unpack(into: Path) -> Path:
    """Write the code of the release before into a folder; return what PYTHONPATH is to be."""
    packed = subprocess.run(
        ["git", "archive", commit(), "deploy", "services", "shared"],  # noqa: S607
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
    ).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as tar:
        tar.extractall(into, filter="data")
    built = CHECKOUT / BUILT
    if built.is_dir() and not (into / BUILT).exists():
        (into / BUILT).symlink_to(built)
    return into


def _git(*words: str) -> str:
    return subprocess.run(
        ["git", *words],  # noqa: S607
        cwd=CHECKOUT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
