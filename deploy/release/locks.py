"""What the lock files pin: every package that is installed somewhere, for use or to develop."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

ROOT = Path(__file__).parents[2]
WEB = ROOT / "services" / "web"
#: What users get: the packages of the image and of `make run`.
SHIPPED = ("requirements.lock", "requirements-image.lock", "requirements-image-build.lock")
DEVELOPMENT = "requirements-dev.lock"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")

Ecosystem = Literal["pypi", "npm"]


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One package of one version."""

    ecosystem: Ecosystem
    name: str
    version: str
    is_shipped: bool
    """Users get it; others come with development only."""

    def __str__(self) -> str:
        """Return it as a person would name it."""
        return f"{self.name} {self.version} ({self.ecosystem})"


def python_packages(root: Path = ROOT) -> list[Package]:
    """Return what the Python locks pin."""
    shipped = set[tuple[str, str]]()
    for lock in SHIPPED:
        if (root / lock).exists():
            shipped |= pins((root / lock).read_text("utf-8"))
    developed = pins((root / DEVELOPMENT).read_text("utf-8")) - shipped
    return sorted(
        Package("pypi", name, version, is_shipped)
        for these, is_shipped in ((shipped, True), (developed, False))
        for name, version in these
    )


def pins(lock: str) -> set[tuple[str, str]]:
    """Return names and versions of a lock's text."""
    found = (_PIN.match(line) for line in lock.splitlines())
    return {(each[1].lower().replace("_", "-"), each[2]) for each in found if each}


def npm_packages(web: Path = WEB) -> dict[Package, str | None]:
    """Return what npm's lock pins, with the licences that it notes."""
    entries = json.loads((web / "package-lock.json").read_text("utf-8"))["packages"]
    return {
        Package(
            "npm", place.rpartition("node_modules/")[2], entry["version"], not entry.get("dev")
        ): (entry.get("license"))
        for place, entry in entries.items()
        if place
    }
