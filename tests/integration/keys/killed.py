"""What whoever is killed leaves behind in a folder: each state that there was, at any line.

To be killed changes nothing on the disk, so nobody has to be: the thing is done once, the folder is
copied whenever a line has changed it, and each copy is what a kill just then would have left.
"""

from __future__ import annotations

import pathlib
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

from deploy.keys import folder

#: Where files are touched; what lies between two lines of it is thought, and leaves no trace.
WHERE = {folder.__file__, pathlib.__file__}


def states(act: Callable[[], object], of: Path, aside: Path) -> Iterator[int]:
    """Do something with a folder; then have each state in it once more, one after the other."""
    copies = _copies(act, of, aside)
    assert len(copies) > 1, "it touched nothing"
    for number, copy in enumerate(copies):
        shutil.rmtree(of, ignore_errors=True)
        if copy.exists():
            shutil.copytree(copy, of)
        yield number


def _copies(act: Callable[[], object], of: Path, aside: Path) -> list[Path]:
    """Do it; return copies of all states but the last, in which all is done."""
    copies: list[Path] = []
    seen: object = None

    def look() -> None:
        nonlocal seen
        now = _as_it_is(of)
        if copies and now == seen:
            return
        seen = now
        copies.append(aside / str(len(copies)))
        if of.exists():
            shutil.copytree(of, copies[-1])

    def trace(frame: FrameType, event: str, _: Any) -> Any:  # noqa: ANN401 - the interpreter's own
        if frame.f_code.co_filename not in WHERE:
            return None
        if event == "line":
            look()
        return trace

    shutil.rmtree(aside, ignore_errors=True)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        act()
    finally:
        sys.settrace(before)
    return copies


def _as_it_is(of: Path) -> object:
    """Return what differs whenever the folder does."""
    if not of.exists():
        return None
    stats = ((file.name, file.stat()) for file in of.iterdir())
    return sorted((name, s.st_ino, s.st_size, s.st_mtime_ns, s.st_mode) for name, s in stats)
