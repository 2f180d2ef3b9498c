"""A service whose event loop stands still ends itself; one that was stopped as a whole does not."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.runtime.process import EXIT_FROZEN

CHECKOUT = Path(__file__).parents[2]
WITHIN = 30  # seconds

#: A service that answers a line with another one, or stands still.
PROGRAM = """
import asyncio, sys, time
from datetime import timedelta
from shared.runtime import process
from shared.runtime.loop import Loop
from shared.settings import ServiceSettings

async def build(stack):
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    await asyncio.get_running_loop().connect_read_pipe(lambda: protocol, sys.stdin)

    async def step():
        if await reader.readline() == b"stand still\\n":
            time.sleep(60)
        print("moves", flush=True)
        return timedelta(0)

    return process.Parts(loops=[Loop("answers", step)])

process.FROZEN_AFTER = timedelta(seconds=2)
process.run_service("test", ServiceSettings(database_url="none", nats_url="none"), build)
"""


@asynccontextmanager
async def service() -> AsyncIterator[Process]:
    """Run it, and wait until it answers."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-P", "-c", PROGRAM),
        env={**os.environ, "PYTHONPATH": str(CHECKOUT)},
        stdin=PIPE,
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        await moves(process)
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def moves(process: Process) -> None:
    """Ask for a line, and wait for it."""
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"move\n")
    async with asyncio.timeout(WITHIN):
        assert await process.stdout.readline() == b"moves\n"


async def test_a_service_whose_event_loop_stands_still_says_where_and_ends() -> None:
    async with service() as process:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"stand still\n")

        async with asyncio.timeout(WITHIN):
            assert await process.wait() == EXIT_FROZEN
            said = (await process.stderr.read()).decode()

    assert "the event loop stands still" in said
    assert "in step" in said


async def test_a_service_that_was_stopped_as_a_whole_goes_on() -> None:
    async with service() as process:
        process.send_signal(signal.SIGSTOP)
        await asyncio.sleep(5)  # it is what the service is stopped for
        process.send_signal(signal.SIGCONT)

        for _ in range(3):
            await moves(process)
        process.send_signal(signal.SIGTERM)
        assert process.stdin is not None
        process.stdin.close()
        async with asyncio.timeout(WITHIN):
            assert await process.wait() == 0
