"""An action that does nothing but note when it was started.

A plug-in as any other package would bring one; it needs this folder and the checkout on PYTHONPATH.
"""

from __future__ import annotations

import asyncio
from typing import Final

from shared.contracts.action import Action, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text
from tests.bench.mark import mark

DONE: Final = Outcome("marked")


class BenchMarkParams(ActionParams):
    """What is written, and ballast that makes the parameters as large as usual ones."""

    i: int
    ref: float = 0.0
    pad: str = ""
    seconds: float = 0.0
    """How long it holds its slot after that."""


class BenchMark(Action[BenchMarkParams]):
    """Writes one record."""

    name = "bench_mark"
    title = Text("量測", "Mark")
    description = Text("記下開始的時間。", "Notes when it was started.")
    params = BenchMarkParams

    async def run(self, params: BenchMarkParams, context: Context) -> Outcome:  # noqa: ARG002 - the signature of an action
        mark(params.i, params.ref)
        if params.seconds:
            await asyncio.sleep(params.seconds)
        return DONE
