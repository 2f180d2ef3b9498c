"""Users who are who they are because somebody else says so: a provider, or a trusted proxy.

Somebody is found by issuer and subject and by nothing else. An address or a name can be given to
another person, or be claimed by them; so whoever is new gets a user of their own, under a name
that is free, and never one that is there already. To have a provider's person come in as an
existing user, an administrator says so: `automation user link`, and `unlink` takes it back.

What a provider says of their role counts anew at each log-in. Disabled is disabled.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from secrets import token_hex
from typing import cast
from uuid import UUID

from pydantic import ValidationError

from services.api.access import people
from services.api.access.names import folded
from services.api.access.roles import ROLES, Role
from services.api.access.schemas import UserCreate, UserUpdate
from services.api.store import audit, identities, sessions, users
from services.api.store.audit import Actor
from services.api.store.users import UserRow
from services.api.wire.problems import Refused
from shared.db.pool import Connection
from shared.domain.errors import Conflict

#: How a session says that a provider has vouched for it.
VIA = "oidc"
LONGEST_SUBJECT = 255  # OpenID Connect Core, 2
_LONGEST_NAME = 56
_UNFIT = re.compile(r"[\s/:\\\x00-\x1f\x7f]+")
_TRIES = 10


@dataclass(frozen=True, slots=True)
class Outsider:
    """Somebody, as the provider tells of them."""

    issuer: str
    subject: str
    names: tuple[str, ...]
    """What they could be called here, the best first."""
    display_name: str = ""
    email: str | None = None
    """Only one that the provider has verified."""
    role: str | None = None
    """None: the provider says nothing of roles."""
    role_if_new: str = ""
    """Empty: nobody is let in who has no role."""


@dataclass(frozen=True, slots=True)
class RoleMap:
    """Which of the provider's groups means which role; the highest counts."""

    roles: Mapping[str, str]
    default: str = ""
    """Of who is in none of them; empty: they are not let in."""

    @classmethod
    def parse(cls, text: str, default: str = "") -> RoleMap:
        """Read `group=role, group=role`.

        Raises:
            ValueError: a role is none; the message says which.
        """
        found: dict[str, str] = {}
        for part in filter(None, (each.strip() for each in text.split(","))):
            group, _, role = (word.strip() for word in part.rpartition("="))
            if not group or role not in ROLES:
                raise ValueError(f"{part!r} is not GROUP=ROLE with a role of {', '.join(ROLES)}")
            found[group] = role
        if default and default not in ROLES:
            raise ValueError(f"{default!r} is no role: {', '.join(ROLES)}")
        return cls(found, default)

    def role_of(self, groups: Iterable[str]) -> str | None:
        """Return the role of who is in *groups*; None: no groups are named, so none is judged.

        Raises:
            Refused: 403, they have none.
        """
        if not self.roles:
            return None
        fit = {self.roles[group] for group in groups if group in self.roles}
        if fit:
            return max(fit, key=ROLES.index)
        if not self.default:
            raise Refused(403, "oidc.no_role")
        return self.default


async def admitted(connection: Connection, who: Outsider, visitor: Actor) -> UserRow:
    """Return the user that *who* is, made if they are new, with the role that they have now.

    Raises:
        Refused: 403 they are disabled, have no role, or the first administrator is still missing.
    """
    if not 0 < len(who.subject) <= LONGEST_SUBJECT or not who.subject.isprintable():
        raise Refused(403, "oidc.subject")
    await identities.lock(connection, who.issuer, who.subject)
    user_id = await identities.user_of(connection, who.issuer, who.subject)
    row = await people.locked(connection, user_id) if user_id else None
    # Whoever cut the link meanwhile had the same lock.
    if row is None or await identities.user_of(connection, who.issuer, who.subject) != row.id:
        row = await _made(connection, who, visitor)
    else:
        row = await _judged(connection, row, who, visitor)
    if row.disabled_at is not None:
        raise Refused(403, "auth.disabled")
    await identities.note_use(connection, who.issuer, who.subject)
    return row


async def _made(connection: Connection, who: Outsider, visitor: Actor) -> UserRow:
    role = who.role or who.role_if_new
    if not role:
        raise Refused(403, "oidc.no_role")
    # The one who can get in when the provider is away comes first.
    if not await users.is_there_any(connection):
        raise Refused(403, "oidc.not_set_up")
    wished = await _with_free_name(connection, who, role)
    actor = Actor(wished.name, ip=visitor.ip, request_id=visitor.request_id)
    row = await people.create(connection, wished, actor)
    await identities.insert(connection, who.issuer, who.subject, row.id)
    return await people.locked(connection, row.id)


async def _with_free_name(connection: Connection, who: Outsider, role: str) -> UserCreate:
    for name in _candidates(who):
        wished = _wished(name=name, role=role)
        if wished is None or await users.id_of(connection, folded(wished.name)) is not None:
            continue
        # What cannot be shown here is left out; it is no reason to keep somebody out.
        told = {"display_name": _fit(who.display_name), "email": who.email}
        fits = {
            key: value
            for key, value in told.items()
            if value and _wished(name=name, role=role, **{key: value})
        }
        return _wished(name=name, role=role, **fits) or wished
    raise Refused(403, "oidc.subject")


def _wished(**fields: str) -> UserCreate | None:
    try:
        return UserCreate.model_validate(fields)
    except ValidationError:
        return None


def _candidates(who: Outsider) -> Iterable[str]:
    names = [_UNFIT.sub("-", name).strip("-.")[:_LONGEST_NAME] for name in who.names]
    names = [name for name in names if name] or ["user"]
    yield from names
    yield from (f"{names[0]}-{number}" for number in range(2, _TRIES))
    yield f"{names[0][: _LONGEST_NAME - 9]}-{token_hex(4)}"
    yield f"user-{token_hex(4)}"  # of the names told, none can be one here


def _fit(display_name: str) -> str:
    return " ".join("".join(c for c in display_name if c.isprintable()).split())[:100]


async def _judged(connection: Connection, row: UserRow, who: Outsider, visitor: Actor) -> UserRow:
    if who.role is None or row.role == who.role or row.disabled_at is not None:
        return row
    actor = Actor(row.name, user_id=row.id, ip=visitor.ip, request_id=visitor.request_id)
    try:
        return await people.change(connection, row, UserUpdate(role=cast(Role, who.role)), actor)
    except Conflict:
        return row  # the last administrator with a password stays one, whatever a provider says


async def link(connection: Connection, issuer: str, subject: str, user_id: UUID) -> None:
    """Have an identity come in as a user who is there.

    Raises:
        Conflict: it is another user's.
    """
    await identities.lock(connection, issuer, subject)
    if not await identities.insert(connection, issuer, subject, user_id):
        owner = await identities.user_of(connection, issuer, subject)
        if owner != user_id:
            raise Conflict("user.identity_taken")


async def unlink(connection: Connection, row: UserRow, actor: Actor) -> UserRow:
    """Have nobody from elsewhere come in as a user that the caller has locked any more.

    Who came so is logged out; a password, and what was begun with one, stays.

    Raises:
        Conflict: there is no link, or no administrator would be left who can get in.
    """
    found = await identities.cut(connection, row.id)
    if not found:
        raise Conflict("user.not_linked")
    if row.role == "admin" and not row.has_password:
        await people.require_another_admin(connection, row, gets_in=row.disabled_at is None)
    ended = await sessions.end_all(connection, row.id, via=VIA)
    before = {"identities": [{"issuer": issuer, "subject": subject} for issuer, subject in found]}
    await audit.note(
        connection,
        actor,
        "user.unlinked",
        "user",
        row.name,
        before=before,
        after={"ended_sessions": ended},
    )
    return await people.locked(connection, row.id)
