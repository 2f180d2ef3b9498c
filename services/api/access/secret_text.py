"""What cookies and links hold: 256 random bits as text, of which only a hash is stored."""

from __future__ import annotations

import hashlib
import secrets


def fresh_secret() -> str:
    """Return 256 random bits as 43 characters that are safe in cookies and addresses."""
    return secrets.token_urlsafe(32)


def hash_of(secret: str) -> bytes:
    """Return what is stored of *secret*: so many random bits need no slow hash."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()
