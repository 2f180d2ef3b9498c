"""How a token is spelled: `atm_<id>_<secret>_<checksum>`.

    atm_k3v09qwz_Nq…43 characters…8s_1fZ9aB

The prefix and the checksum let scanners find leaked tokens without asking us, and let us refuse a
mistyped one without asking the database. Only a hash of the secret is stored: 256 random bits need
no slow one.
"""

from __future__ import annotations

import hashlib
import re
import zlib
from collections.abc import Callable
from typing import NamedTuple

PREFIX = "atm"

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_ID_ALPHABET = "0123456789abcdefghijklmnopqrstuvwxyz"
_ID_LENGTH = 8
_SECRET_LENGTH = 43  # log2(62) * 43 = 256 bits
_CHECKSUM_LENGTH = 6  # 62 ** 6 > 2 ** 32
_SHAPE = re.compile(
    rf"{PREFIX}_([0-9a-z]{{{_ID_LENGTH}}})_([0-9A-Za-z]{{{_SECRET_LENGTH}}})"
    rf"_([0-9A-Za-z]{{{_CHECKSUM_LENGTH}}})",
    re.ASCII,
)


class Token(NamedTuple):
    """A token taken apart."""

    id: str
    secret: str

    @property
    def text(self) -> str:
        """The token as its owner keeps it."""
        return f"{PREFIX}_{self.id}_{self.secret}_{_checksum(self.id, self.secret)}"

    @property
    def secret_hash(self) -> bytes:
        """What is stored in place of the secret."""
        return hashlib.sha256(self.secret.encode()).digest()


def new_token(pick: Callable[[str], str]) -> Token:
    """Return a fresh token; *pick* draws one character, for example `secrets.choice`."""
    return Token(
        "".join(pick(_ID_ALPHABET) for _ in range(_ID_LENGTH)),
        "".join(pick(_ALPHABET) for _ in range(_SECRET_LENGTH)),
    )


def read_token(text: str) -> Token | None:
    """Return the token that *text* spells, or None if it spells none."""
    shape = _SHAPE.fullmatch(text) if len(text) <= 100 else None  # noqa: PLR2004 - ours have 63
    if shape is None or shape[3] != _checksum(shape[1], shape[2]):
        return None
    return Token(shape[1], shape[2])


def _checksum(identity: str, secret: str) -> str:
    number = zlib.crc32(f"{PREFIX}_{identity}_{secret}".encode())
    digits = ""
    for _ in range(_CHECKSUM_LENGTH):
        number, digit = divmod(number, len(_ALPHABET))
        digits = _ALPHABET[digit] + digits
    return digits
