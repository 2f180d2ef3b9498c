"""Whoever makes or changes secret files may be killed at any line: doing it again is enough."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

import pytest

from deploy.keys import authority, bus, certificates, contents, rotation, troubles
from deploy.keys.folder import Folder
from deploy.keys.rotation import NotNow, Step
from shared.bus.nkey import UserKey
from tests.integration.keys.killed import states

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
STEPS = (Step.ALLOW, Step.USE, Step.DROP)

Change = Callable[[Folder, Step], None]


def seed(folder: Folder, step: Step) -> None:
    rotation.rotate_seed(folder, "api", step)


def ca(folder: Folder, step: Step) -> None:
    rotation.rotate_authority(folder, step, NOW)


@pytest.fixture
def whole(tmp_path: Path) -> Folder:
    made = Folder(tmp_path / "whole")
    contents.init(made, {}, NOW)
    return made


def names(folder: Folder) -> set[str]:
    return {file.name for file in folder.path.glob("*")}


def test_init_that_was_killed_is_finished_by_the_next_one(whole: Folder, tmp_path: Path) -> None:
    folder = Folder(tmp_path / "keys")

    for line in states(lambda: contents.init(folder, {}, NOW), folder.path, tmp_path / "aside"):
        there = {name: folder.read(name) for name in names(folder) if name[0] != "."}
        assert all(there.values()), line  # nobody finds an empty password

        with folder.alone():
            contents.init(folder, {}, NOW)

        assert names(folder) == names(whole), line
        assert troubles.troubles(folder, NOW, 30) == [], line
        # A server's key without its certificate is made again with it.
        stay = there.keys() - {bus.CONF, "nats.key", "postgres.key"}
        assert {name: folder.read(name) for name in stay} == {name: there[name] for name in stay}


@pytest.mark.parametrize("change", [seed, ca], ids=lambda each: each.__name__)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_was_killed_can_be_taken_again(
    whole: Folder, tmp_path: Path, change: Change, step: Step
) -> None:
    for each in STEPS[: STEPS.index(step)]:
        change(whole, each)
    folder = Folder(tmp_path / "keys")
    shutil.copytree(whole.path, folder.path)

    for line in states(lambda: change(folder, step), folder.path, tmp_path / "aside"):
        with folder.alone():
            # Nothing is in pieces, and what the services come with the server knows.
            come_with = UserKey.from_seed(folder.read("nats-api.seed")).public
            assert come_with in folder.read(bus.CONF), line
            known = authority.certificates_in(folder.read(certificates.CA))
            for server in certificates.SERVERS:
                (present,) = authority.certificates_in(folder.read(f"{server}.crt"))
                assert authority.vouches(known, present), line
            for each in STEPS[STEPS.index(step) :]:
                with suppress(NotNow):  # it was done
                    change(folder, each)
            contents.init(folder, {}, NOW)

        assert names(folder) == names(whole) - {name for name in names(whole) if _passes(name)}
        assert troubles.troubles(folder, NOW, 30) == [], line


def _passes(name: str) -> bool:
    """Say whether a file is there during a change only."""
    return name.endswith((bus.NEXT, bus.OLD))


def test_no_password_of_the_owner_is_lost_that_the_server_may_know(
    whole: Folder, tmp_path: Path
) -> None:
    folder = Folder(tmp_path / "keys")
    served = whole.read("db-owner.password").strip()
    shutil.copytree(whole.path, folder.path)

    for line in states(
        lambda: rotation.rotate_password(folder, "owner"), folder.path, tmp_path / "aside"
    ):
        with folder.alone():
            rotation.rotate_password(folder, "owner")
        assert served in folder.read("db-owner.password.old").split(), line


def test_a_change_that_was_killed_half_way_is_finished(whole: Folder) -> None:
    (whole.path / ".db-api.password.todo").write_text("what it is to become\n")
    assert ".db-api.password.todo: a change was interrupted" in troubles.troubles(whole, NOW, 30)

    whole.open()

    assert whole.read("db-api.password") == "what it is to become\n"
    assert whole.unfinished() == []


def test_a_key_that_is_kept_elsewhere_is_not_replaced(whole: Folder) -> None:
    before = whole.read("ca.crt")
    whole.drop("ca.key")

    assert contents.init(whole, {}, NOW) == []
    assert whole.read("ca.crt") == before
    whole.drop("nats.crt")
    with pytest.raises(authority.NotOurs, match=r"ca\.key is not here"):
        contents.init(whole, {}, NOW)


def test_the_next_authority_waits_until_the_last_change_is_over(whole: Folder) -> None:
    ca(whole, Step.ALLOW)
    ca(whole, Step.USE)

    with pytest.raises(NotNow, match="not over"):
        ca(whole, Step.ALLOW)


def test_a_check_finds_a_key_that_is_not_its_certificates(whole: Folder) -> None:
    whole.put("nats.key", whole.read("postgres.key"))
    whole.put("db-api.password", "\n")

    assert troubles.troubles(whole, NOW, 30) == [
        "db-api.password is empty",
        "nats.key is not the key of nats.crt; run `keys rotate certs nats`",
    ]
