"""The keys come from the environment or from a file that nobody else may read."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.runtime.key_file import KeyFile, KeyFileIsOpen, find_box, others_may_read
from shared.runtime.secret_box import BoxIsBroken, NotOurs, SecretBox, WrongKey, fresh_key, new_key
from tests.support.cases import table


def put(home: Path, text: str, mode: int = 0o600) -> Path:
    file = home / "secret-key"
    file.touch(mode=0o600)
    file.write_text(text)
    file.chmod(mode)
    return file


def test_the_key_is_found_in_the_environment_then_in_the_home(tmp_path: Path) -> None:
    assert find_box("", tmp_path) is None
    put(tmp_path, f"{new_key()}\n")
    of_home = find_box("", tmp_path)
    given = find_box(new_key(), tmp_path)

    assert of_home is not None
    assert given is not None
    with pytest.raises(NotOurs):
        of_home.open(given.seal(b"x", owner=""), owner="")


@table(
    ("mode", "owner", "reader", "is_open"),
    [
        (0o440, 0, 10001, False),  # as Kubernetes mounts a Secret into a pod with an fsGroup
        (0o440, 0, 0, True),
        (0o440, 10001, 10001, True),
        (0o444, 0, 10001, True),
        (0o460, 0, 10001, True),
        (0o400, 10001, 10001, False),
    ],
)
def test_the_group_may_read_what_is_roots_and_was_handed_to_us(
    *, mode: int, owner: int, reader: int, is_open: bool
) -> None:
    assert others_may_read(mode, owner=owner, reader=reader) is is_open


@table("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_file_that_others_may_touch_is_refused_with_the_remedy(tmp_path: Path, mode: int) -> None:
    file = put(tmp_path, new_key(), mode)

    with pytest.raises(KeyFileIsOpen, match=f"mode {mode:04o}.*chmod 600 {file}"):
        find_box("", tmp_path)


def test_a_file_without_a_key_is_refused(tmp_path: Path) -> None:
    put(tmp_path, "\n")

    with pytest.raises(WrongKey):
        find_box("", tmp_path)


def test_a_rotated_file_is_read_again_by_who_runs(tmp_path: Path) -> None:
    old, new = fresh_key(), fresh_key()
    put(tmp_path, f"{old}\n")
    running, starting = find_box("", tmp_path), None
    assert running is not None

    KeyFile(tmp_path / "secret-key").write([new, old])
    starting = find_box("", tmp_path)
    assert starting is not None
    sealed = starting.seal(b"secret", owner="x")

    assert running.open(sealed, owner="x") == b"secret"
    assert running.key_id == new.id
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["secret-key"]


@table("text", ["broken", None])
def test_who_has_good_keys_goes_on_when_the_file_is_spoiled(
    tmp_path: Path, text: str | None
) -> None:
    file = put(tmp_path, f"{fresh_key()}\n")
    box = find_box("", tmp_path)
    assert box is not None
    sealed = box.seal(b"secret", owner="x")

    file.unlink()
    if text is not None:
        put(tmp_path, text)

    assert box.open(sealed, owner="x") == b"secret"
    assert box.open(box.seal(b"secret", owner="x"), owner="x") == b"secret"


def test_a_box_that_does_not_seal_is_found_out_at_the_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SecretBox, "seal", lambda _, plain, owner: plain)  # noqa: ARG005 - the shape

    with pytest.raises(BoxIsBroken):
        find_box(new_key(), tmp_path)
