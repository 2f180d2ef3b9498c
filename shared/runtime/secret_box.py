"""What must be kept but never shown: sealed with AES-256-GCM before it goes to the database.

The key is not in the database: `AUTOMATION_SECRET_KEY`, or the file `secret-key` in the home, which
`automation up` makes at its first start. Each sealed text is bound to what it belongs to, so that
nobody who can write rows can move one channel's secret to another one.
"""

from __future__ import annotations

import base64
import binascii
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

FILE = "secret-key"
KEY_BYTES = 32
NONCE_BYTES = 12
#: First byte of everything sealed, so that another way can follow one day.
VERSION = b"\x01"


class NotOurs(Exception):
    """What was sealed cannot be opened: another key, another owner, or somebody changed it."""


class WrongKey(ValueError):
    """AUTOMATION_SECRET_KEY is not 32 bytes in base64."""


class SecretBox:
    """Seals and opens with one key."""

    def __init__(self, key: bytes) -> None:
        if len(key) != KEY_BYTES:
            raise WrongKey
        self._cipher = AESGCM(key)

    @classmethod
    def parse(cls, text: str) -> SecretBox:
        """Read the key as it stands in the environment and the file.

        Raises:
            WrongKey: it is none.
        """
        try:
            return cls(base64.b64decode(text.strip(), altchars=b"-_", validate=True))
        except binascii.Error:
            raise WrongKey from None

    def seal(self, plain: bytes, *, owner: str) -> bytes:
        """Return *plain* so that only this key opens it, for *owner* only."""
        nonce = os.urandom(NONCE_BYTES)
        return VERSION + nonce + self._cipher.encrypt(nonce, plain, owner.encode())

    def open(self, sealed: bytes, *, owner: str) -> bytes:
        """Return what was sealed for *owner*.

        Raises:
            NotOurs: it was not, or not with this key.
        """
        if not sealed.startswith(VERSION):
            raise NotOurs
        nonce, rest = sealed[1 : 1 + NONCE_BYTES], sealed[1 + NONCE_BYTES :]
        try:
            return self._cipher.decrypt(nonce, rest, owner.encode())
        except (InvalidTag, ValueError):
            raise NotOurs from None


def new_key() -> str:
    """Return a fresh key as text."""
    return base64.urlsafe_b64encode(os.urandom(KEY_BYTES)).decode()


def find_box(secret_key: str, home: Path) -> SecretBox | None:
    """Return the box of this installation; None if it has no key.

    Raises:
        WrongKey: what is given as one is none.
    """
    if not secret_key:
        file = home / FILE
        if not file.exists():
            return None
        secret_key = file.read_text(encoding="ascii")
    return SecretBox.parse(secret_key)
