"""NATS user keys: a seed proves who we are, its public half stands in the server's configuration.

An nkey is an Ed25519 key in letters: a prefix that says what it is, the key, a check sum, in
base32. The client library would need another package for it; what is needed of it is this.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

#: First bytes: of a seed, and of a user. A user's seed begins with `SU`, its public key with `U`.
_SEED, _USER = 18 << 3, 20 << 3
_KEY_BYTES = 32
_CHECK_BYTES = 2


class NotASeed(ValueError):
    """It is not the seed of a NATS user."""


@dataclass(frozen=True, slots=True)
class UserKey:
    """A key of one NATS user. Its seed is a secret, so it is not in its `repr`."""

    public: str
    _private: Ed25519PrivateKey

    @classmethod
    def from_seed(cls, seed: str) -> UserKey:
        """Read a seed.

        Raises:
            NotASeed: it is none, or was cut or mistyped.
        """
        raw = _open(seed.strip())
        if len(raw) != 2 + _KEY_BYTES or raw[0] != _SEED | (_USER >> 5) or raw[1] != 0:
            raise NotASeed("not the seed of a NATS user")
        private = Ed25519PrivateKey.from_private_bytes(raw[2:])
        public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return cls(_shut(bytes([_USER]) + public), private)

    def sign(self, nonce: str) -> bytes:
        """Answer the server's challenge, in base64."""
        return base64.b64encode(self._private.sign(nonce.encode()))


def seed_of(key: bytes) -> str:
    """Return the seed that holds *key*, 32 bytes from a good source of randomness."""
    if len(key) != _KEY_BYTES:
        raise NotASeed(f"a key has {_KEY_BYTES} bytes")
    return _shut(bytes([_SEED | (_USER >> 5), (_USER & 31) << 3]) + key)


def _shut(raw: bytes) -> str:
    check = binascii.crc_hqx(raw, 0).to_bytes(_CHECK_BYTES, "little")
    return base64.b32encode(raw + check).decode().rstrip("=")


def _open(text: str) -> bytes:
    try:
        raw = base64.b32decode(text + "=" * (-len(text) % 8))
    except binascii.Error:
        raise NotASeed("not the seed of a NATS user") from None
    body, check = raw[:-_CHECK_BYTES], raw[-_CHECK_BYTES:]
    if binascii.crc_hqx(body, 0).to_bytes(_CHECK_BYTES, "little") != check:
        raise NotASeed("the seed is damaged")
    return body
