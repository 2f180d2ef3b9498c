"""An action that does nothing but note when it was started.

A plug-in as any other package would bring one: this folder on PYTHONPATH is all it needs. One
record of 24 bytes per start (number, reference, time), by one write(2) to one file per process:
about two microseconds, and the same for every system that is compared.
"""

from __future__ import annotations

import asyncio
import os
import struct
import time
from pathlib import Path
from typing import Final

from shared.contracts.action import Action, ActionParams, Context, Outcome
from shared.domain.texts.catalog import Text

RECORD: Final = struct.Struct("<qdd")
FOLDER: Final = "BENCH_LOG"
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

    _file: int | None = None

    async def run(self, params: BenchMarkParams, context: Context) -> Outcome:  # noqa: ARG002 - the signature of an action
        now = time.time()
        os.write(self._open(), RECORD.pack(params.i, params.ref, now))
        if params.seconds:
            await asyncio.sleep(params.seconds)
        return DONE

    def _open(self) -> int:
        if self._file is None:
            path = Path(os.environ[FOLDER], f"{os.getpid()}.bin")
            self._file = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o644)
        return self._file
