"""The command line as an operator has it: a process of its own, in a home."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
WITHIN = 120.0  # seconds


@dataclass(frozen=True, slots=True)
class Said:
    """What came of a command."""

    code: int
    output: str
    words: str
    """What it said to the person, not to programs."""


async def automation(*words: str | Path, home: Path, env: Mapping[str, str] | None = None) -> Said:
    """Run `automation WORDS` and wait for its end."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-m", "deploy.cli", *(str(word) for word in words)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env={
            **{name: value for name, value in os.environ.items() if name in ("PATH", "HOME")},
            "AUTOMATION_HOME": str(home),
            "PYTHONPATH": str(CHECKOUT),
            **(env or {}),
        },
    )
    try:
        output, words_ = await asyncio.wait_for(process.communicate(), WITHIN)
    except TimeoutError:
        process.kill()
        raise
    assert process.returncode is not None
    return Said(process.returncode, output.decode(), words_.decode())
