"""Passwords of database roles, one a file; and what PostgreSQL keeps of them.

The server is told a verifier (RFC 5802, as PostgreSQL stores it), not the password: a statement may
end up in its log, in pg_stat_statements or on somebody's screen.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from pathlib import Path

from deploy.local.files import write_whole
from shared.db.grants.matrix import ROLES

#: As PostgreSQL does it; a password of ours is random and needs no more.
ITERATIONS = 4096
SALT_BYTES = 16
SHORTEST = 16
FRESH_BYTES = 24


class BadPassword(Exception):
    """What is in a file is no password for a service; the text says why."""


def file_of(folder: Path, role: str) -> Path:
    """Return where the password of a role is."""
    return folder / f"db-{role.replace('_', '-')}.password"


def read(file: Path) -> str:
    """Return the password in *file*.

    Raises:
        BadPassword: it is too short, or not of plain characters.
        OSError: it cannot be read.
    """
    password = file.read_text(encoding="utf-8", errors="replace").rstrip("\r\n")
    if len(password) < SHORTEST:
        raise BadPassword(f"{file}: shorter than {SHORTEST} characters")
    # Others would have to be normalized first, by everybody in the same way (SASLprep).
    if not (password.isascii() and password.isprintable()):
        raise BadPassword(f"{file}: something else than printable ASCII is in it")
    return password


def make_missing(folder: Path, roles: Sequence[str] = ROLES) -> None:
    """Make a password for each role that has none."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for role in roles:
        file = file_of(folder, role)
        if not file.exists():
            write_whole(file, f"{secrets.token_urlsafe(FRESH_BYTES)}\n")


def verifier(password: str, salt: bytes | None = None) -> str:
    """Return what PostgreSQL keeps of *password*."""
    salt = salt or secrets.token_bytes(SALT_BYTES)
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, ITERATIONS)
    client_key = hmac.digest(salted, b"Client Key", "sha256")
    stored, server = (
        hashlib.sha256(client_key).digest(),
        hmac.digest(salted, b"Server Key", "sha256"),
    )
    salt_64, stored_64, server_64 = (
        base64.b64encode(each).decode() for each in (salt, stored, server)
    )
    return f"SCRAM-SHA-256${ITERATIONS}:{salt_64}${stored_64}:{server_64}"
