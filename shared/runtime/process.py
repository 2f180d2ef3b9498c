"""The life of one service process: open, run, drain, close, with the right exit code.

A service gives a `build` function, which opens what it needs on the exit stack and returns `Parts`;
everything else is the same for all services and lies here: logs, traces, the event loop, signals,
the health probes and metrics, the order of stopping (web first, then loops in reverse, then
connections), and the watch over the event loop itself (a loop that stands still for ten seconds
cannot renew leases, so the process ends and is started afresh).
"""

from __future__ import annotations

import asyncio
import faulthandler
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import timedelta

import uvloop

from shared.runtime import tracing
from shared.runtime.logs import set_up_logs
from shared.runtime.loop import Loop
from shared.runtime.metrics import EVENT_LOOP_LAG, tell_build
from shared.runtime.sampling import Sample, Sampler
from shared.runtime.web import Check, WebServer, health_app
from shared.settings import ServiceSettings

EXIT_FROZEN = 70
FROZEN_AFTER = timedelta(seconds=10)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What a service is made of."""

    loops: Sequence[Loop] = ()
    checks: Mapping[str, Check] = field(default_factory=dict)
    """By name, what must be true for the service to be ready."""
    answering: Collection[str] = ()
    """Names of those checks without which it cannot answer requests; none: all of them."""
    web: WebServer | None = None
    """The API's own server, beside the one for the health probes and metrics that each has."""
    samples: Mapping[str, Sample] = field(default_factory=dict)
    """By name, what the sampler looks up for `/metrics` now and then."""
    drain: Callable[[], Awaitable[None]] | None = None
    """Called after a stop was asked for and before the loops are stopped."""


Build = Callable[[AsyncExitStack], Awaitable[Parts]]


def run_service(role: str, settings: ServiceSettings, build: Build) -> None:
    """Run a service until SIGTERM or SIGINT, then stop it in order."""
    set_up_logs(f"{role}:{settings.instance}", settings.log_format)
    faulthandler.enable()
    tell_build(role)
    close_traces = _tell_traces(role, settings)
    try:
        _run(role, settings, build)
    finally:
        close_traces()


def _tell_traces(role: str, settings: ServiceSettings) -> Callable[[], None]:
    """Send spans to the collector, if there is one; return what sends the last of them."""
    if not settings.otlp_endpoint:
        return lambda: None
    from shared.runtime.otlp import Collector  # noqa: PLC0415 - 10 MB that few need

    collector = Collector(settings.otlp_endpoint, role=role, instance=settings.instance)
    tracing.switch_on(collector.tell, ratio=settings.trace_ratio)
    return collector.close


def _run(role: str, settings: ServiceSettings, build: Build) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_live(role, settings, build))


async def _live(role: str, settings: ServiceSettings, build: Build) -> None:
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        parts = await _build_unless_stopped(build, stack, stopping)
        if parts is None:
            return
        webs = _web_servers(parts, settings)
        loops = [*parts.loops]
        if parts.samples:
            loops.append(Loop("sampler", Sampler(parts.samples).step))
        _watch_event_loop(loop)
        async with asyncio.TaskGroup() as tasks:
            serving = [tasks.create_task(each.run()) for each in webs]
            running = [tasks.create_task(each.run(), name=each.name) for each in loops]
            log.info("%s is running", role)
            await stopping.wait()
            log.info("%s is stopping", role)
            if parts.drain:
                await parts.drain()
            if parts.web:
                parts.web.stop()
                await serving[0]
            for each, task in zip(reversed(loops), reversed(running), strict=True):
                each.stop()
                await task
            for web in webs:
                web.stop()
    log.info("%s stopped", role)


def _web_servers(parts: Parts, settings: ServiceSettings) -> list[WebServer]:
    """Return the service's own server, if it has one, and the one for probes and metrics."""
    servers = [parts.web] if parts.web else []
    if not servers or settings.health_port:
        health = health_app(parts.checks, parts.answering)
        servers.append(WebServer(health, host=settings.health_host, port=settings.health_port))
    return servers


async def _build_unless_stopped(
    build: Build, stack: AsyncExitStack, stopping: asyncio.Event
) -> Parts | None:
    """Build, but let a stop signal that arrives meanwhile win."""
    building = asyncio.ensure_future(build(stack))
    waiting = asyncio.ensure_future(stopping.wait())
    await asyncio.wait({building, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if not building.done():
        building.cancel()
        await asyncio.gather(building, return_exceptions=True)
        return None
    return building.result()


def _watch_event_loop(loop: asyncio.AbstractEventLoop) -> None:
    """End the process if its event loop stands still.

    Measured against this thread's own wake-ups, so that a process that was stopped as a whole
    (SIGSTOP, a suspended machine) is not taken for one whose loop is blocked.
    """
    beats = 0
    expected = loop.time()

    def beat() -> None:
        nonlocal beats, expected
        beats += 1
        EVENT_LOOP_LAG.set(max(0.0, loop.time() - expected))
        expected = loop.time() + 1.0
        loop.call_later(1.0, beat)

    def watch() -> None:
        seen, still = -1, 0.0
        while True:
            before = time.monotonic()
            time.sleep(1.0)
            still = 0.0 if beats != seen else still + min(time.monotonic() - before, 2.0)
            seen = beats
            if still > FROZEN_AFTER.total_seconds():
                sys.stderr.write("the event loop stands still; exiting to be started afresh\n")
                faulthandler.dump_traceback(all_threads=True)
                os._exit(EXIT_FROZEN)

    loop.call_soon(beat)
    threading.Thread(target=watch, name="event-loop-watch", daemon=True).start()
