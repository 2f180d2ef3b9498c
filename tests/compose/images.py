"""The images: the one of this checkout, and stand-ins for those that a registry would give.

Where no registry can be reached, the base is made of the machine's own Debian mirror: Debian 13 has
Python 3.13 and PostgreSQL 17, as the official images of those tags. They are not the official
images: Python lies in /usr, and NATS comes from a wheel. What the mirror is called is read from the
machine's own configuration while the test runs, and written nowhere.

An image that is there already is taken as it is, the official one too.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import tomllib
from datetime import UTC, datetime
from pathlib import Path

from tests.compose.engine import Docker, Failed, run

CHECKOUT = Path(__file__).parents[2]
STAND_INS = Path(__file__).parent / "stand_ins"

PYTHON, POSTGRES, NATS = "python:3.13-slim", "postgres:17", "nats:2.15-alpine"
#: Of the overrides, by the folder of what stands in.
OF_OVERRIDES = {
    "caddy": "caddy:2.10-alpine",
    "prometheus": "prom/prometheus:v3.5.0",
    "s3": "chrislusf/seaweedfs:3.97",
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


async def has(docker: Docker, image: str) -> bool:
    """Return whether the engine has an image."""
    try:
        await docker("image", "inspect", image)
    except Failed:
        return False
    return True


async def stand_ins(docker: Docker, cache: Path) -> None:
    """Make what is missing of the images that compose and Dockerfile name."""
    if not await has(docker, PYTHON):
        base = cache / f"base-{datetime.now(UTC):%Y%m}.tar"
        if not base.exists():
            await _make_base(base)
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        await docker("import", *settings, str(base), PYTHON, within=MADE_WITHIN)
    await asyncio.gather(
        _stand_in(docker, POSTGRES, "postgres"),
        _stand_in(docker, NATS, "nats", "--build-arg", f"NATS_VERSION={NATS_VERSION}"),
    )


async def stand_ins_of_overrides(docker: Docker) -> None:
    """Make what is missing of the overrides' images, but Grafana's; `stand_ins` comes first."""
    await asyncio.gather(
        *(_stand_in(docker, image, folder) for folder, image in OF_OVERRIDES.items())
    )


async def _stand_in(docker: Docker, image: str, folder: str, *options: str) -> None:
    """Build one, unless there is the official image, or one that was made of the same folder."""
    place = STAND_INS / folder
    files = sorted(each for each in place.rglob("*") if each.is_file())
    made_of = hashlib.sha256(b"".join(each.read_bytes() for each in files)).hexdigest()
    try:
        found = json.loads(await docker("image", "inspect", image))[0]
    except Failed:
        found = {}
    labels = (found.get("Config") or {}).get("Labels") or {}
    # What was pulled has a digest; what was built here has none.
    if found.get("RepoDigests") or labels.get("made-of") == made_of:
        return
    label = ("--label", f"made-of={made_of}")
    await docker("build", "-q", *label, *options, "-t", image, str(place), within=MADE_WITHIN)


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


def version() -> str:
    """Return the version of this checkout."""
    found = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["project"]["version"]
    return str(found)


async def build(docker: Docker, tag: str, *, version: str) -> float:
    """Build the image of this checkout; return its size in MB."""
    options = ("--build-arg", f"VERSION={version}", "-t", tag)
    await docker("build", "-q", *options, str(CHECKOUT), within=MADE_WITHIN)
    return int(await docker("image", "inspect", "-f", "{{.Size}}", tag)) / 1e6
