"""What is sealed can be opened with the same key, for the same owner, and by nobody else."""

from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shared.runtime.secret_box import (
    Key,
    NotOurs,
    SecretBox,
    WrongKey,
    fresh_key,
    key_id_of,
    new_key,
    parse_keys,
)
from tests.support.cases import table


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
        (b"\x01" + sealed[1:], "channel:ops", box),
        (b"\x03" + sealed[1:], "channel:ops", box),
        (sealed[:1], "channel:ops", box),
        (b"", "channel:ops", box),
        (sealed[:5], "channel:ops", box),
    ):
        with pytest.raises(NotOurs):
            opener.open(wrong, owner=owner)


#: 32 bytes, so that only the name is wrong; fixed, because it is part of the test's own name.
KEY_TEXT = base64.urlsafe_b64encode(bytes(32)).decode()


@table("text", ["", "short", "not base64 !", "QUJD", "a:b:QUJD", f"UPPER:{KEY_TEXT}", "x:"])
def test_what_is_no_key_is_refused_without_being_quoted(text: str) -> None:
    with pytest.raises(WrongKey) as refused:
        SecretBox.parse(text)

    assert "AUTOMATION_SECRET_KEY" in str(refused.value)
    assert not text or text not in str(refused.value)


def test_two_keys_of_one_name_are_refused() -> None:
    with pytest.raises(WrongKey):
        SecretBox.parse(f"k:{new_key()} k:{new_key()}")


def test_what_an_older_version_sealed_still_opens() -> None:
    key = fresh_key()
    nonce = bytes(12)
    sealed = b"\x01" + nonce + AESGCM(key.secret).encrypt(nonce, b"secret", b"channel:ops")

    for keys in ((key,), (fresh_key(), key)):
        assert SecretBox(keys).open(sealed, owner="channel:ops") == b"secret"
    with pytest.raises(NotOurs):
        SecretBox([fresh_key()]).open(sealed, owner="channel:ops")


def test_the_first_key_seals_any_opens_and_what_is_sealed_names_its_key() -> None:
    old, new = fresh_key(), fresh_key()
    before = SecretBox([old]).seal(b"secret", owner="x")
    ring = SecretBox([new, old])
    after = ring.seal(b"secret", owner="x")

    assert (key_id_of(before), key_id_of(after)) == (old.id, new.id)
    assert ring.open(before, owner="x") == ring.open(after, owner="x") == b"secret"
    with pytest.raises(NotOurs):
        SecretBox([old]).open(after, owner="x")


def test_keys_are_told_apart_by_a_name_that_is_no_part_of_them() -> None:
    bare = new_key()
    named = f"march:{new_key()}"
    first, second = parse_keys(f" {bare}\n{named},\n".rstrip(",\n"))

    assert first.id == Key.parse(bare).id
    assert first.id not in bare
    assert (second.id, str(second)) == ("march", named)
    assert named.partition(":")[2] not in repr(second)


def test_a_ring_that_has_changed_is_looked_at_before_sealing_and_for_a_key_not_known() -> None:
    old, new = fresh_key(), fresh_key()
    ring = [old]
    reader, writer = (SecretBox([old], lambda: tuple(ring)) for _ in range(2))
    ring[:] = [new, old]

    sealed = writer.seal(b"secret", owner="x")

    assert key_id_of(sealed) == new.id
    assert reader.open(sealed, owner="x") == b"secret"
    assert reader.key_ids == (new.id, old.id)


def test_a_mark_tells_texts_apart_only_for_whoever_has_the_key() -> None:
    box = SecretBox([fresh_key()])

    assert box.mark(b"a") == box.mark(b"a") != box.mark(b"b")
    assert box.mark(b"a") != SecretBox([fresh_key()]).mark(b"a")
