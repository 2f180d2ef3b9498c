"""Logging in: name and password in, a session out.

    count the try ──► look the name up ──► compare (slow, without a connection) ──► note, let in

The try is counted first and taken back if it was right, so that tries at the same time all count.
An unknown name takes as long as a known one, and both hear the same.
"""

from __future__ import annotations

import hashlib
import ipaddress
import math
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID, uuid4

from services.api.access.backoff import WITH_ACCOUNT, WITH_ADDRESS, after_try, wait_of
from services.api.access.cookies import ABSOLUTE
from services.api.access.names import folded
from services.api.access.secret_text import fresh_secret, hash_of
from services.api.parts import ApiParts
from services.api.store import audit, login_attempts, sessions, users
from services.api.store.audit import Actor
from services.api.wire.problems import Refused
from shared.db.pool import Connection

#: In the audit list; what was typed may be a password that slipped into the wrong field.
UNKNOWN = "unknown"
_LONGEST_AGENT = 400


@dataclass(frozen=True, slots=True)
class Visitor:
    """The browser in front of the door."""

    ip: str | None
    user_agent: str | None
    request_id: str | None
    old_secret: str | None = None
    """Of the session that it has so far."""

    def actor(self, name: str, user_id: UUID | None = None) -> Actor:
        """Return who is to stand in the audit list."""
        return Actor(name, user_id=user_id, ip=self.ip, request_id=self.request_id)


async def log_in(parts: ApiParts, name: str, password: str, visitor: Visitor) -> str:
    """Return the secret of a new session.

    Raises:
        Refused: 401 name or password are wrong, 403 the user is disabled, 429 too many tries.
    """
    key = folded(name)
    subjects = _subjects(key, visitor.ip)
    async with parts.database.transaction() as connection:
        await _count_try(connection, subjects)
        found = await users.secret_of(connection, key)
    fits = await parts.passwords.fits(password, found.password_hash if found else None)
    if found is None or not fits or found.is_disabled:
        disabled = found is not None and fits
        async with parts.database.transaction() as connection:
            who = visitor.actor(found.name if found else UNKNOWN, found.id if found else None)
            reason = "disabled" if disabled else "password" if found else "name"
            await audit.note(
                connection, who, "session.refused", "user", who.name, after={"reason": reason}
            )
        raise Refused(403, "auth.disabled") if disabled else Refused(401, "auth.login")
    async with parts.database.transaction() as connection:
        # Locked: a new password ends all sessions, and this one shall not come after it.
        now = await users.secret_of(connection, key, lock=True)
        if now != found:  # the password was changed, or the user disabled, in between
            raise Refused(401, "auth.login")
        await login_attempts.forgive(connection, *subjects)
        return await open_session(connection, found.id, found.name, visitor)


async def open_session(
    connection: Connection, user_id: UUID, name: str, visitor: Visitor, *, via: str = "password"
) -> str:
    """Make a session in the place of the one that the browser has; return its secret."""
    if visitor.old_secret is not None:
        await sessions.end_by_secret(connection, hash_of(visitor.old_secret))
    secret, session_id = fresh_secret(), uuid4()
    agent = (visitor.user_agent or "").replace("\x00", "")[:_LONGEST_AGENT] or None
    await sessions.insert(
        connection,
        session_id,
        secret_hash=hash_of(secret),
        user_id=user_id,
        lasts=ABSOLUTE,
        ip=visitor.ip,
        user_agent=agent,
        via=via,
    )
    await users.note_login(connection, user_id)
    who = visitor.actor(name, user_id)
    after = None if via == "password" else {"via": via}
    await audit.note(connection, who, "session.created", "session", str(session_id), after=after)
    return secret


async def require_password(parts: ApiParts, name: str, password: str, ip: str | None) -> None:
    """Check that somebody who is logged in knows their password; tries count as at the log-in.

    Raises:
        Refused: 422 it is wrong, 429 too many tries.
    """
    key = folded(name)
    subjects = _subjects(key, ip)
    async with parts.database.transaction() as connection:
        await _count_try(connection, subjects)
        found = await users.secret_of(connection, key)
    if not await parts.passwords.fits(password, found.password_hash if found else None):
        raise Refused(422, "password.wrong")
    async with parts.database.transaction() as connection:
        await login_attempts.forgive(connection, *subjects)


async def _count_try(connection: Connection, subjects: tuple[str, str]) -> None:
    now, known = await login_attempts.lock(connection, subjects)
    wait = max(wait_of(known.get(subject), now) for subject in subjects)
    if wait.total_seconds() > 0:
        seconds = math.ceil(wait.total_seconds())
        headers = {"Retry-After": str(seconds)}
        raise Refused(429, "auth.slow_down", headers=headers, params={"seconds": seconds})
    account, address = subjects
    after = {
        account: after_try(known.get(account), now, WITH_ACCOUNT),
        address: after_try(known.get(address), now, WITH_ADDRESS),
    }
    await login_attempts.write(connection, after)


def _subjects(key: str, ip: str | None) -> tuple[str, str]:
    # A hash, because what is typed as a name may be a password.
    digest = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()
    return f"account:{digest}", f"ip:{network_of(ip)}"


def network_of(ip: str | None) -> str:
    """Return what counts as one address: of IPv6 the network, because each host has billions.

    IPv4 that is written as IPv6 (`::ffff:192.0.2.1`) is IPv4: all of it would be one network.
    """
    with suppress(ValueError):
        address = ipaddress.ip_address(ip or "")
        if isinstance(address, ipaddress.IPv6Address):
            if address.ipv4_mapped:
                return str(address.ipv4_mapped)
            return str(ipaddress.ip_network((address.packed, 64), strict=False))
    return (ip or "unknown")[:100]
