"""Functions that tests let tasks call."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from pathlib import Path


def add(one: int, other: int) -> dict[str, int]:
    """Add, and say so."""
    print(f"adding {one} and {other}")  # noqa: T201 - that it is heard is what is tested
    print("a warning", file=sys.stderr)  # noqa: T201 - as above
    return {"sum": one + other}


async def add_slowly(one: int, other: int) -> int:
    """Add, in a loop of its own."""
    await asyncio.sleep(0)
    return one + other


def fail(how: str) -> object:
    """Fail in one of several ways; only two of them need what takes a while to import."""
    if how in ("for good", "odd pause"):
        from shared.contracts.action import ActionFailed  # noqa: PLC0415
    match how:
        case "exception":
            raise ValueError("no such thing")
        case "for good":
            raise ActionFailed("never", permanent=True)
        case "odd pause":
            raise ActionFailed("busy", retry_after=float("nan"))
        case "not json":
            return object()
        case "too much":
            return "x" * 50_000
        case "exit":
            os._exit(3)
        case _:
            os.kill(os.getpid(), signal.SIGKILL)
            return None


def block(alive: str) -> None:
    """Say that it is alive, and who it is; then hold on to the interpreter for ever."""
    Path(alive).write_text(str(os.getpid()))
    while True:
        time.sleep(3600)


def _hidden() -> None:
    """No package offers it."""
