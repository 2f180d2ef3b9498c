"""An action that goes on whatever it is told, and leaves a trace of when it was at work.

A plug-in as any other package would bring one: this folder on PYTHONPATH is all it needs.
"""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from shared.contracts.action import Action, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text


class DeafParams(ActionParams):
    """Where it leaves its trace, and from which attempt on it behaves."""

    trace: str
    behaves_from: int = 1_000


def leave_trace(file: Path, attempt: int) -> None:
    """Note that an attempt is at work now."""
    with file.open("a", encoding="utf-8") as trace:
        trace.write(f"{attempt} {time.time()}\n")


class Deaf(Action[DeafParams]):
    """Does not stop."""

    name = "deaf"
    title = Text("充耳不聞", "Deaf")
    description = Text("要求停止也不停。", "Does not stop when told to.")
    params = DeafParams

    async def run(self, params: DeafParams, context: Context) -> Outcome:
        while True:
            leave_trace(Path(params.trace), context.attempt)
            if context.attempt >= params.behaves_from:
                return Outcome("behaved")
            try:
                await asyncio.sleep(0.02)
            except asyncio.CancelledError:
                continue
