"""Each stop of the tour is as its reader is told, on a running system."""

from __future__ import annotations

import asyncio
import os
import sys

import pytest

from deploy.examples.tour.__main__ import STOPS
from tests.e2e.place import Place


@pytest.mark.parametrize("stop", list(STOPS))
async def test_a_stop_of_the_tour(place: Place, stop: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.examples.tour", stop),
        env={**os.environ, "AUTOMATION_HOME": str(place.system.home)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()
    assert said.decode().endswith("Everything was as it should be.\n")
