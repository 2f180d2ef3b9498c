"""A copy of this installation that every user of the machine can read.

Tests that act as another user need one: the checkout, or the Python it uses, may lie in a home
that is closed to others. Files are linked where that is possible, so it takes a second.
"""

from __future__ import annotations

import os
import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from deploy.local.binaries import find_nats

CHECKOUT = Path(__file__).parents[2]
LIBRARY = f"lib/python{sys.version_info.major}.{sys.version_info.minor}"
NOT_NEEDED = shutil.ignore_patterns(
    "test",
    "tests",
    "node_modules",
    "idlelib",
    "site-packages",
    "dist-packages",
    "config-*",
    "*.pth",
    "mypy*",
)


@dataclass(frozen=True, slots=True)
class Installation:
    """Where the copy is."""

    python: str
    stand_in_system: str
    env: dict[str, str]


def readable_copy(folder: Path) -> Installation:
    """Copy Python, our dependencies and our code."""
    folder.chmod(0o755)
    bin_, library = folder / "bin", folder / LIBRARY
    bin_.mkdir()
    python = bin_ / "python3"
    shutil.copy2(Path(sys.executable).resolve(), python)
    _copy(Path(sysconfig.get_path("stdlib")), library)
    for shared in Path(sysconfig.get_config_var("LIBDIR")).glob("libpython3*.so*"):
        shutil.copy2(shared, folder / "lib")
    site = library / "site-packages"
    _copy(Path(sysconfig.get_path("purelib")), site)
    for package in ("deploy", "services", "shared"):
        _copy(CHECKOUT / package, site / package)
    for program in ("stand_in.py", "stand_in_system.py"):
        shutil.copy2(CHECKOUT / "tests" / "support" / program, folder)
    nats = str(shutil.copy2(find_nats(), bin_))
    for name in ("stand_in.py", "stand_in_system.py"):
        (folder / name).chmod(0o644)
    return Installation(
        python=str(python),
        stand_in_system=str(folder / "stand_in_system.py"),
        # Builds differ in where they look for packages and for their own library, so say it.
        env={
            "AUTOMATION_NATS_BIN": nats,
            "PYTHONPATH": str(site),
            "LD_LIBRARY_PATH": str(folder / "lib"),
        },
    )


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(
        source, target, copy_function=_link, ignore=NOT_NEEDED, symlinks=False, dirs_exist_ok=True
    )


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:  # another file system
        shutil.copy2(source, target)
