"""What must be kept but never shown: sealed with AES-256-GCM before it goes to the database.

The keys are not in the database: `AUTOMATION_SECRET_KEY`, or the file `secret-key` in the home,
which `automation up` makes at its first start (`key_file.py`). There may be several: the first one
seals, any of them opens, and what is sealed says which one it was. Each sealed text is bound to
what it belongs to, so that nobody who can write rows can move one channel's secret to another one.

    version 1:  0x01 nonce(12) sealed                          by one of the keys
    version 2:  0x02 length-of-id id nonce(12) sealed          by the key of that id

`automation secrets rotate` puts a new key first. A process that has its keys from the file reads it
again when it has changed, before it seals and when it meets a key that it does not know; one that
has them from the environment has to be started afresh.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEY_BYTES = 32
NONCE_BYTES = 12
#: First byte of everything sealed, so that another way can follow one day.
NAMELESS = b"\x01"
NAMED = b"\x02"

_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,31}", re.ASCII)
_BETWEEN = re.compile(r"[\s,]+", re.ASCII)


class NotOurs(Exception):
    """What was sealed cannot be opened: another key, another owner, or somebody changed it."""


class WrongKey(ValueError):
    """AUTOMATION_SECRET_KEY, or the file secret-key, holds something that is no key."""

    def __init__(self) -> None:
        super().__init__(
            f"{self.__doc__} Each is {KEY_BYTES} bytes in base64, with `id:` before it or without;"
            " no two have the same id."
        )


class BoxIsBroken(Exception):
    """What was sealed did not come out again, or was not sealed at all: nothing may be kept."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key and its name."""

    id: str
    secret: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.secret) != KEY_BYTES or not _ID.fullmatch(self.id):
            raise WrongKey

    @classmethod
    def parse(cls, text: str) -> Key:
        """Read `id:base64`, or `base64`: then the id follows from the key.

        Raises:
            WrongKey: it is none.
        """
        identity, _, spelled = text.rpartition(":")
        try:
            secret = base64.b64decode(spelled, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raise WrongKey from None
        return cls(identity or _id_of(secret), secret)

    def __str__(self) -> str:
        return f"{self.id}:{base64.urlsafe_b64encode(self.secret).decode()}"


def _id_of(secret: bytes) -> str:
    """Return the name of a key without one: the same wherever it is read, and no help to guess."""
    return hashlib.sha256(b"automation key id " + secret).hexdigest()[:8]


def parse_keys(text: str) -> tuple[Key, ...]:
    """Return the keys in *text*, apart by blanks, lines or commas; the first one seals.

    Raises:
        WrongKey: one is none, two have the same id, or there is none at all.
    """
    keys = tuple(Key.parse(each) for each in _BETWEEN.split(text.strip()))
    if len({key.id for key in keys}) != len(keys):
        raise WrongKey
    return keys


def fresh_key() -> Key:
    """Return a new key."""
    return Key.parse(new_key())


def new_key() -> str:
    """Return a fresh key as text."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


class SecretBox:
    """Seals with the first key of its ring, opens with any of them.

    *look_again* returns the keys as they are now, or None if nothing has changed since the last
    look.
    """

    def __init__(
        self,
        keys: Sequence[Key],
        look_again: Callable[[], Sequence[Key] | None] = lambda: None,
    ) -> None:
        self._look_again = look_again
        self._keys: tuple[Key, ...] = ()
        self._take(keys)

    @classmethod
    def parse(cls, text: str) -> SecretBox:
        """Read the keys as they stand in the environment and the file.

        Raises:
            WrongKey: there is something else, too.
        """
        return cls(parse_keys(text))

    @property
    def key_id(self) -> str:
        """The id of the key that seals."""
        return self._keys[0].id

    @property
    def key_ids(self) -> tuple[str, ...]:
        """The ids of all keys, that which seals first."""
        return tuple(key.id for key in self._keys)

    def seal(self, plain: bytes, *, owner: str) -> bytes:
        """Return *plain* so that only these keys open it, for *owner* only."""
        self._refresh()
        key = self._keys[0]
        nonce = os.urandom(NONCE_BYTES)
        return head_of(key.id) + nonce + AESGCM(key.secret).encrypt(nonce, plain, owner.encode())

    def open(self, sealed: bytes, *, owner: str) -> bytes:
        """Return what was sealed for *owner*.

        Raises:
            NotOurs: it was not, or not with one of these keys.
        """
        name = key_id_of(sealed)
        if name is not None and name not in self.key_ids:
            self._refresh()
        try:
            return self._opened(sealed, name, owner)
        except NotOurs:
            if name is None and self._refresh():
                return self._opened(sealed, name, owner)
            raise

    def mark(self, text: bytes) -> bytes:
        """Return what tells *text* from another one; nobody without the key can guess by it."""
        self._refresh()
        return hmac.digest(self._keys[0].secret, b"automation mark " + text, "sha256")

    def check(self) -> None:
        """Seal something and open it again.

        Raises:
            BoxIsBroken: that went wrong.
        """
        plain, owner = os.urandom(KEY_BYTES), "self-test"
        sealed = self.seal(plain, owner=owner)
        if plain in sealed or self.open(sealed, owner=owner) != plain:
            raise BoxIsBroken

    def _opened(self, sealed: bytes, name: str | None, owner: str) -> bytes:
        at = 1 if name is None else 2 + len(name)
        nonce, rest = sealed[at : at + NONCE_BYTES], sealed[at + NONCE_BYTES :]
        for key in self._keys:
            if name in (None, key.id):
                try:
                    return AESGCM(key.secret).decrypt(nonce, rest, owner.encode())
                except (InvalidTag, ValueError):
                    continue
        raise NotOurs

    def _refresh(self) -> bool:
        """Take the keys as they are now; return whether they are other ones."""
        keys = self._look_again()
        if keys is None or tuple(keys) == self._keys:
            return False
        self._take(keys)
        return True

    def _take(self, keys: Sequence[Key]) -> None:
        if not keys:
            raise WrongKey
        self._keys = tuple(keys)


def head_of(key_id: str) -> bytes:
    """Return how everything begins that the key of this id has sealed."""
    return NAMED + bytes([len(key_id)]) + key_id.encode()


def key_id_of(sealed: bytes) -> str | None:
    """Return the id of the key that sealed it; None: it does not say.

    Raises:
        NotOurs: it was not sealed here.
    """
    if sealed[:1] == NAMELESS:
        return None
    if sealed[:1] != NAMED or len(sealed) < 2 or len(sealed) < 2 + sealed[1]:  # noqa: PLR2004 - head
        raise NotOurs
    return sealed[2 : 2 + sealed[1]].decode("ascii", "replace")
