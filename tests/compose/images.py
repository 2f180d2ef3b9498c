"""The images: the one of this checkout, and stand-ins for those that a registry would give.

Where no registry can be reached, the base is made of the machine's own Debian mirror: Debian 13 has
Python 3.13 and PostgreSQL 17, as the official images of those tags. They are not the official
images: Python lies in /usr, and NATS comes from a wheel. What the mirror is called is read from the
machine's own configuration while the test runs, and written nowhere.

An image that is there already is taken as it is, the official one too.
"""

from __future__ import annotations

import asyncio
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from tests.compose.engine import Docker, Failed, run

CHECKOUT = Path(__file__).parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"

PYTHON, POSTGRES, NATS = "python:3.13-slim", "postgres:17", "nats:2.15-alpine"
#: By image, the target of what stands in; nothing does for Grafana.
TARGETS = {
    POSTGRES: "postgres",
    NATS: "nats",
    "caddy:2.10-alpine": "caddy",
    "prom/prometheus:v3.5.0": "prometheus",
    "chrislusf/seaweedfs:3.97": "s3",
}
NATS_VERSION = "2.15.1"
AUTHORITIES = "/etc/ssl/certs/ca-certificates.crt"

#: A mirror's slow day.
MADE_WITHIN = 900.0

SOURCES = (Path("/etc/apt/sources.list.d/debian.sources"), Path("/etc/apt/sources.list"))
INCLUDED = "ca-certificates,netbase,tzdata,python3,python3-venv,python3-pip"
LINKS = (
    'chroot "$1" sh -c "'
    "for n in python python3; do ln -sf /usr/bin/python3 /usr/local/bin/\\$n; done; "
    "ln -sf /usr/bin/pip3 /usr/local/bin/pip; rm -f /usr/lib/python3*/EXTERNALLY-MANAGED"
    '"'
)
#: Registries may lie behind an authority of the house.
TRUST = f'cp {AUTHORITIES} "$1{AUTHORITIES}"'
ENVIRONMENT = (
    "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8"
    f" PIP_CERT={AUTHORITIES} SSL_CERT_FILE={AUTHORITIES} NODE_EXTRA_CA_CERTS={AUTHORITIES}"
)
SETTINGS = ('CMD ["python3"]', f"ENV {ENVIRONMENT}")


def version() -> str:
    """Return the version of this checkout."""
    found = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    return str(found)


#: The image of this checkout, and what an upgrade upgrades to.
NOW, NEXT = (f"automation-tasks:{version()}{more}-test" for more in ("", "-next"))


async def make(docker: Docker, cache: Path) -> float:
    """Make all that is missing, at once what needs no other; return the image's size in MB."""
    if not await _has(docker, PYTHON):
        base = cache / f"base-{datetime.now(UTC):%Y%m}.tar"
        if not base.exists():
            await _make_base(base)
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        await docker("import", *settings, str(base), PYTHON, within=MADE_WITHIN)
    await asyncio.gather(
        _build(docker, NOW, version()), *(_stand_in(docker, image) for image in TARGETS)
    )
    await _build(docker, NEXT, f"{version()}-next")  # other labels on the same layers
    return int(await docker("image", "inspect", "-f", "{{.Size}}", NOW)) / 1e6


async def _has(docker: Docker, image: str) -> bool:
    try:
        await docker("image", "inspect", image)
    except Failed:
        return False
    return True


async def _stand_in(docker: Docker, image: str) -> None:
    """Build one, unless the official image is there."""
    try:
        # What was pulled has a digest; what was built here has none.
        if json.loads(await docker("image", "inspect", image))[0].get("RepoDigests"):
            return
    except Failed:
        pass
    options = ("--target", TARGETS[image], "--build-arg", f"NATS_VERSION={NATS_VERSION}")
    await docker("build", "-q", *options, "-t", image, str(STAND_INS), within=MADE_WITHIN)


async def _build(docker: Docker, tag: str, version: str) -> None:
    """Build the image of this checkout."""
    options = ("--build-arg", f"VERSION={version}", "-t", tag)
    await docker("build", "-q", *options, str(CHECKOUT), within=MADE_WITHIN)


async def _make_base(base: Path) -> None:
    """Let mmdebstrap make a small Debian 13 with Python."""
    aside = base.with_suffix(".part.tar")
    left_out = [f"--dpkgopt=path-exclude=/usr/share/{each}/*" for each in ("man", "locale", "doc")]
    await run(
        *("mmdebstrap", "--quiet", "--variant=minbase", f"--include={INCLUDED}", *left_out),
        *(f"--customize-hook={LINKS}", f"--customize-hook={TRUST}"),
        *("trixie", str(aside), _mirror()),
        env={},
        within=MADE_WITHIN,
    )
    aside.rename(base)


def _mirror() -> str:
    """Return where this machine gets Debian's packages."""
    for file in SOURCES:
        for line in file.read_text().splitlines() if file.exists() else ():
            words = line.split()
            if words[:1] == ["URIs:"]:
                return words[1]
            if words[:1] == ["deb"]:
                return next(word for word in words[1:] if "://" in word)
    raise Failed(f"no mirror of Debian in {' or '.join(map(str, SOURCES))}")
