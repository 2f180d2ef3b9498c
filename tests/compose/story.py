"""What is done to the system, in order: a day of an operator, and the disasters of a year.

    up, three executors ─► load ─► kill -9 an executor ─► kill -9 NATS
    ─► fill the disk of NATS ─► cut off PostgreSQL ─► scale up and down
    ─► upgrade, step by step ─► (one executor and four, if that is asked for)

After every disaster the checker judges all that has happened since the beginning. What comes then
is in `overrides.py`.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import ExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import httpx

from deploy.local import ports
from tests.compose import images, scaling
from tests.compose.book import Book
from tests.compose.engine import Docker, Failed
from tests.compose.project import Project
from tests.compose.stage import Stage, stage
from tests.faults.small_disk import Filler, may_mount, small_disk

#: Long enough for every connection to break, shorter than a lease.
CUT_OFF = timedelta(seconds=5)
#: Of the disk of NATS; what its check wants to be free is less.
DISK_MB = 300
#: How long a full disk may take to be told by those who publish.
TOLD_WITHIN = 90.0
#: In this order a new version takes over: the schema first, who decides before who does.
UPGRADED = (
    ("bus-keeper", "log-writer", "notifier"),
    ("scheduler",),
    ("executor",),
    ("api", "account-runtime"),
)
UNDER_TEST = Path(__file__).with_name("under_test.yaml")
#: A service alone, and of it what runs as it is.
ALONE = ("--no-deps", "--no-recreate")
OTHER_PORTS = ("PROMETHEUS_PORT", "AUTOMATION_POSTGRES_PORT", "AUTOMATION_NATS_PORT")


@asynccontextmanager
async def project(docker: Docker, folder: Path) -> AsyncIterator[Project]:
    """Give a project on a small disk for NATS; tell what everybody said if something fails."""
    port, *others = (str(ports.free_port()) for _ in range(4))
    (folder / "calls.jsonl").touch()
    env = {
        "AUTOMATION_IMAGE": images.NOW,
        "AUTOMATION_PORT": port,
        "AUTOMATION_EGRESS_ALLOW": "sink",
        "SINK_FOLDER": str(folder),
        "SINK_USER": f"{os.getuid()}:{os.getgid()}",
        "NATS_FOLDER": str(folder / "nats"),
        "AUTOMATION_LISTEN": ports.LOOPBACK,
        **dict(zip(OTHER_PORTS, others, strict=True)),
    }
    here = Project(docker, f"automation-test-{port}", [UNDER_TEST], env)
    with ExitStack() as disk:
        if may_mount():
            disk.enter_context(small_disk(folder / "nats", DISK_MB))
        else:
            (folder / "nats").mkdir()
        try:
            yield here
        except BaseException:
            sys.stdout.write(await asyncio.shield(here.logs()))
            raise
        finally:
            await asyncio.shield(here.down())


async def tell(project: Project, book: Book, *, measured: bool) -> None:
    """Do everything; raise if anything is not as promised."""
    took = await project.up("--scale", "executor=3", "--no-build")
    book.note(f"up, all healthy after {took:.1f} s")
    url = f"http://{ports.LOOPBACK}:{project.env['AUTOMATION_PORT']}"
    await _first_look(project, url)
    async with stage(project, Path(project.env["SINK_FOLDER"]) / "calls.jsonl", url) as here:
        for step in STEPS:
            await _told(book, here, step)
        if measured:
            await _scaling(book, here)


Step = Callable[[Stage, Book], Awaitable[str]]


async def _told(book: Book, here: Stage, step: Step) -> None:
    what = await step(here, book)
    await here.steady()
    figures = await here.judge(what)
    book.note(
        f"{what}: {figures.runs} runs since, 0 missed, 0 twice, one end each; latest"
        f" {figures.latest:.1f} s, on time again after {figures.on_time_again:.1f} s,"
        f" {figures.twice} calls made again"
    )


async def _first_look(project: Project, url: str) -> None:
    """What a new user does: the page is there, and the link for the first administrator."""
    async with httpx.AsyncClient(base_url=url, timeout=10) as client:
        page = await client.get("/", headers={"Accept": "text/html"})
        assert page.is_success, page.text
        assert "<div id=" in page.text, "the image has no page"
        assert (await client.get("/readyz")).is_success
    link = await project.exec("api", "automation", "user", "create", "first", "--role", "admin")
    assert "/set-password#" in link, link


async def _kill_executor(here: Stage, _: Book) -> str:
    victim = (await here.project.names("executor"))[1]
    with here.fault("kill -9", "executor"):
        took = await here.project.kill(victim)
    return f"executor killed, healthy again after {took:.1f} s"


async def _kill_nats(here: Stage, _: Book) -> str:
    with here.fault("kill -9", "nats"):
        took = await here.project.kill((await here.project.names("nats"))[0])
    return f"NATS killed, healthy again after {took:.1f} s"


async def _fill_bus_disk(here: Stage, _: Book) -> str:
    """Nobody helps: once there is room its health check ends the server, the engine starts it."""
    if not may_mount():
        return "NATS' disk NOT filled: only root mounts a small one"
    nats = (await here.project.names("nats"))[0]
    restarts = (await here.project.docker.inspect(nats))["RestartCount"]
    filler = Filler(Path(here.project.env["NATS_FOLDER"]))
    with here.fault("full disk", "nats"):
        deadline = time.monotonic() + TOLD_WITHIN
        while "StoresNothing" not in await _readiness(here, "executor"):
            assert time.monotonic() < deadline, "no executor says that nothing is stored"
            filler.fill()
        filler.remove()
        began = time.monotonic()
        await here.project.until(
            nats,
            lambda said: said == f"{int(str(restarts)) + 1} healthy",
            "{{.RestartCount}} {{.State.Health.Status}}",
        )
    return f"NATS' disk full: told, healthy {time.monotonic() - began:.1f} s after there was room"


async def _readiness(here: Stage, service: str) -> str:
    """Return what the image's own check says in the first container of a service."""
    try:
        return await here.project.exec(service, "python", "-IS", "/opt/automation/ready.py")
    except Failed as unready:
        return str(unready)


async def _cut_off_database(here: Stage, _: Book) -> str:
    with here.fault("cut off", "postgres"):
        async with here.project.cut_off("postgres"):
            await asyncio.sleep(
                CUT_OFF.total_seconds()
            )  # the fault itself, not a wait for anything
    return f"PostgreSQL cut off for {CUT_OFF.total_seconds():g} s"


async def _scale(here: Stage, _: Book) -> str:
    with here.fault("scale", "none"):
        up = await here.project.up(*ALONE, "--scale", "executor=4", "executor")
        await here.steady()
        down = await here.project.up(*ALONE, "--scale", "executor=2", "executor")
    return f"executors 3 to 4 in {up:.1f} s, to 2 in {down:.1f} s"


async def _upgrade(here: Stage, book: Book) -> str:
    """Replace every service by another image, those that decide before those that do."""
    project = here.project
    began = time.monotonic()
    with here.fault("upgrade", "none"):
        project.env["AUTOMATION_IMAGE"] = images.NEXT
        for once in ("migrate", "roles", "provision"):
            await project.compose("run", "--rm", "--no-deps", "-T", once)
        for services in UPGRADED:
            scale = ("--scale", "executor=2") if "executor" in services else ()
            await project.up("--no-deps", *scale, *services)
            book.note(f"    {', '.join(services)} upgraded")
    return f"upgraded under load in {time.monotonic() - began:.1f} s"


STEPS = (_kill_executor, _kill_nats, _fill_bus_disk, _cut_off_database, _scale, _upgrade)


async def _scaling(book: Book, here: Stage) -> None:
    """Measure with nothing else going on but the few runs by hand; then judge the whole day."""
    for task in here.load.tasks:
        await here.operator.edit(task, enabled=False)
    found = {}
    for executors in (1, 4):
        await here.project.up(*ALONE, "--scale", f"executor={executors}", "executor")
        found[executors] = await scaling.rates(here)
    for kind, one in found[1].items():
        four = found[4][kind]
        book.note(
            f"{kind}: {one:.0f} runs/s by 1 executor, {four:.0f} by 4 ({four / one:.1f} times)"
        )
    await here.judge("the whole story")
