"""What is sealed can be opened with the same key, for the same owner, and by nobody else."""

from __future__ import annotations

from pathlib import Path

import pytest

from shared.runtime.secret_box import NotOurs, SecretBox, WrongKey, find_box, new_key


def test_what_was_sealed_is_not_there_to_be_read() -> None:
    box = SecretBox.parse(new_key())
    sealed = box.seal(b"https://hooks/abc", owner="channel:ops")

    assert b"hooks" not in sealed
    assert sealed != box.seal(b"https://hooks/abc", owner="channel:ops")
    assert box.open(sealed, owner="channel:ops") == b"https://hooks/abc"


def test_neither_another_key_nor_another_owner_opens_it_nor_a_changed_byte() -> None:
    box, other = SecretBox.parse(new_key()), SecretBox.parse(new_key())
    sealed = box.seal(b"secret", owner="channel:ops")

    for wrong, owner, opener in (
        (sealed, "channel:ops", other),
        (sealed, "channel:boss", box),
        (sealed[:-1] + bytes([sealed[-1] ^ 1]), "channel:ops", box),
        (b"\x02" + sealed[1:], "channel:ops", box),
        (b"", "channel:ops", box),
        (sealed[:5], "channel:ops", box),
    ):
        with pytest.raises(NotOurs):
            opener.open(wrong, owner=owner)


@pytest.mark.parametrize("text", ["short", "not base64 !", "QUJD"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(WrongKey):
        SecretBox.parse(text)


def test_the_key_is_found_in_the_environment_then_in_the_home(tmp_path: Path) -> None:
    assert find_box("", tmp_path) is None
    (tmp_path / "secret-key").write_text(f"{new_key()}\n")
    of_home = find_box("", tmp_path)
    given = find_box(new_key(), tmp_path)

    assert of_home is not None
    assert given is not None
    with pytest.raises(NotOurs):
        of_home.open(given.seal(b"x", owner=""), owner="")
