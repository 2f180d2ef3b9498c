"""Scripts for a shell hold to what shellcheck asks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.deploy.rendering import ROOT

SHELLCHECK = Path(sys.executable).with_name("shellcheck")
SHELLS = (b"sh", b"bash", b"dash")


def scripts() -> list[Path]:
    """Return every file that says a shell is to run it."""
    listed = subprocess.run(
        ["/usr/bin/env", "git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split("\0")
    files = [ROOT / name for name in listed if name and (ROOT / name).is_file()]
    return [each for each in files if each.suffix == ".sh" or names_a_shell(each)]


def names_a_shell(file: Path) -> bool:
    with file.open("rb") as opened:
        first = opened.readline(100)
    return first.startswith(b"#!") and first.split()[-1].rpartition(b"/")[2] in SHELLS


def judged(*files: Path) -> str:
    done = subprocess.run([SHELLCHECK, *files], check=False, capture_output=True, text=True)
    return done.stdout + done.stderr


def test_shellcheck_has_nothing_to_say() -> None:
    found = scripts()

    assert ROOT / ".ci" / "run" in found
    assert judged(*found) == ""


def test_it_would_say_so(tmp_path: Path) -> None:
    for number, line in enumerate(("rm -rf $1/*", "cd $(pwd)", "if [ $x = 1 ]; then :; fi")):
        (tmp_path / f"{number}.sh").write_text(f"#!/bin/sh\n{line}\n", "utf-8")
    told = judged(*tmp_path.iterdir())

    assert {each.name for each in tmp_path.iterdir() if f"{each} line 2" in told} == {
        *("0.sh", "1.sh", "2.sh"),
    }
