"""What can be seen on the host: Python, disk, ports, keys, and what our processes say."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sys
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from deploy.doctor import texts
from deploy.doctor.finding import Finding, problem, skipped, warning, well
from deploy.doctor.place import Place
from deploy.local import ports, probe

OLDEST_PYTHON = (3, 11)
#: Free space below which somebody should see to it, and below which PostgreSQL and NATS may stop.
SCARCE, NEARLY_NONE = 2 << 30, 512 << 20
SCARCE_SHARE = 0.05
#: Days before the end of a certificate.
SOON_DAYS = 30
#: Of `automation up`, and of `automation serve api`.
LOCAL_PORT, SERVED_PORT = "8000", "8080"
_VERSION = re.compile(rb'automation_build_info\{[^}]*version="([^"]+)"')


def python(_: Place) -> list[Finding]:
    """Look at Python and at what is installed."""
    try:
        ours = version("automation-tasks")
    except PackageNotFoundError:
        return [problem("version", texts.NOT_INSTALLED, texts.INSTALL)]
    spelled = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return [problem("version", texts.OLD_PYTHON, texts.NEWER_PYTHON, python=spelled)]
    return [well("version", texts.VERSION, version=ours, python=spelled)]


def disk(place: Place) -> list[Finding]:
    """Look how much room is left where the home is."""
    folder = place.home
    while not folder.exists():
        folder = folder.absolute().parent
    usage = shutil.disk_usage(folder)
    says = {
        "folder": place.home,
        "free": _size(usage.free),
        "share": f"{usage.free / usage.total:.0%}",
    }
    if usage.free < NEARLY_NONE:
        return [problem("disk", texts.DISK, texts.MAKE_ROOM, **says)]
    if usage.free < min(SCARCE, usage.total * SCARCE_SHARE):
        return [warning("disk", texts.DISK, texts.MAKE_ROOM, **says)]
    return [well("disk", texts.DISK, **says)]


def port(place: Place) -> list[Finding]:
    """Look whether the API has its port, or could have it."""
    served = "AUTOMATION_DATABASE_URL" in place.environment
    default = SERVED_PORT if served else LOCAL_PORT
    wanted = int(place.environment.get("AUTOMATION_PORT") or default)
    if place.state is not None:
        return [well("port", texts.API_AT, url=place.state.api_url)]
    if not wanted:
        return [well("port", texts.PORT_FREE, port="0")]
    error = ports.why_not(wanted, host=place.environment.get("AUTOMATION_HOST") or ports.LOOPBACK)
    if error is None:
        return [well("port", texts.PORT_FREE, port=wanted)]
    holder = ports.holder(wanted)
    return [warning("port", texts.PORT_TAKEN, texts.OTHER_PORT, port=wanted, holder=holder)]


def keys(place: Place) -> list[Finding]:
    """Look at the folder of keys: what is missing, open to others, or ends soon."""
    if place.keys is None:
        return [skipped("keys", texts.NO_KEYS)]
    from deploy.keys.folder import Folder  # noqa: PLC0415 - heavy
    from deploy.keys.troubles import troubles  # noqa: PLC0415 - heavy

    found = troubles(Folder(place.keys), datetime.now(UTC), SOON_DAYS)
    if not found:
        return [well("keys", texts.KEYS, folder=place.keys, days=SOON_DAYS)]
    return [
        warning("keys", texts.SAID, texts.MEND_KEYS, what=each, folder=place.keys) for each in found
    ]


def secret_key_file(place: Place) -> Path:
    """Return where the keys that seal secrets lie."""
    return place.home / "secret-key"


async def processes(place: Place) -> list[Finding]:
    """Ask every process that runs in this home how it is, and which version it is."""
    if place.state is None:
        return [skipped("processes", texts.NOTHING_RUNS, home=place.home)]
    asked = [each for each in place.state.processes if each.health_url]
    answers = await asyncio.gather(*(_ask(each.name, each.health_url) for each in asked))
    findings = [finding for found in answers for finding in found]
    restless = [each for each in place.state.processes if each.restarts > 0]
    findings += [
        warning(
            "processes",
            texts.RESTARTED,
            texts.READ_LOG,
            name=each.name,
            times=each.restarts,
            log=place.home / "logs" / f"{each.name}.log",
        )
        for each in restless
    ]
    return findings or [well("processes", texts.ALL_READY, count=len(asked))]


async def _ask(name: str, url: str) -> list[Finding]:
    """Return what is wrong with a process; nothing if nothing is."""
    host, _, number = url.removeprefix("http://").rpartition(":")
    status, body = await probe.http_get(int(number), "/readyz", host=host)
    found: list[Finding] = []
    if status != probe.OK:
        found += _not_ready(name, body)
    _, numbers = await probe.http_get(int(number), "/metrics", host=host)
    runs, here = _VERSION.search(numbers), version("automation-tasks")
    if runs is not None and (other := runs[1].decode()) != here:
        found.append(
            warning(
                "processes", texts.OTHER_VERSION, texts.RESTART, name=name, other=other, here=here
            )
        )
    return found


def _not_ready(name: str, body: bytes) -> list[Finding]:
    try:
        problems = json.loads(body)["problems"]
    except (ValueError, KeyError, TypeError):
        return [problem("processes", texts.SILENT, texts.START, name=name)]
    return [
        problem(
            "processes",
            texts.NOT_READY,
            texts.SEE_ABOVE,
            name=name,
            what=each["check"],
            zh=each["message_zh_tw"],
            en=each["message"],
        )
        for each in problems
    ]


def _size(count: int) -> str:
    return f"{count / (1 << 30):.1f} GiB"
