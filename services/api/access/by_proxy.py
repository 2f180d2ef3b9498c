"""Who a trusted proxy says that it is, request by request; see `trusted_header.py`."""

from __future__ import annotations

import logging

from fastapi import Request

from services.api.access import outsiders
from services.api.access.credentials import REALM, ip_of
from services.api.access.cross_site import refuse_cross_site
from services.api.access.known_tokens import KnownUser, Principal
from services.api.access.log_in import UNKNOWN
from services.api.access.outsiders import Outsider
from services.api.access.roles import SCOPES_OF
from services.api.access.trusted_header import PEER, TrustedHeader
from services.api.parts import ApiParts
from services.api.store import audit
from services.api.store.audit import Actor
from services.api.wire.problems import Refused

#: The issuer of whoever the proxy names.
ISSUER = "proxy"

log = logging.getLogger(__name__)


async def by_header(request: Request, parts: ApiParts) -> Principal | None:
    """Return who the proxy says that it is; None: it says nothing, or nobody would be believed.

    Raises:
        Refused: 403 it is no proxy of ours, they may not come in, or it is another site's page.
    """
    trusted = parts.trusted
    if trusted is None:
        return None
    said = request.headers.getlist(trusted.header)
    groups = request.headers.getlist(trusted.groups_header) if trusted.groups_header else []
    if not said and not groups:
        return None
    peer = request.scope.get(PEER)  # never what `X-Forwarded-For` makes of it
    if not trusted.trusts(peer):
        await _note(parts, request, peer, trusted)
        raise Refused(403, "auth.untrusted_header")
    if not said or not said[0].strip():
        return None
    if len(said) > 1 or len(groups) > 1:
        raise Refused(401, "auth.required", headers={"WWW-Authenticate": REALM})
    # The proxy adds it to whatever a browser sends, on whichever page.
    refuse_cross_site(request, parts.origin, has_cookie=True)
    subject, member_of = _text(said[0]).strip(), _text(groups[0]) if groups else ""
    known_as = f"\x00{subject}\x00{member_of}"
    principal = parts.known_tokens.get(known_as)
    if principal is None:
        principal = await _principal(parts, request, trusted, subject, member_of)
        parts.known_tokens.remember(known_as, principal)
    return principal


def _text(value: str) -> str:
    """Return a header as a proxy has written it: UTF-8, that the server has read as Latin-1.

    Raises:
        Refused: 403, it is no UTF-8. Read as something else it could be another person's name.
    """
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        raise Refused(403, "oidc.subject") from None


async def _principal(
    parts: ApiParts, request: Request, trusted: TrustedHeader, subject: str, member_of: str
) -> Principal:
    who = Outsider(
        issuer=ISSUER,
        subject=subject,
        names=(subject, subject.partition("@")[0]),
        role=trusted.role_map.role_of(each.strip() for each in member_of.split(",")),
        role_if_new=trusted.role_if_new,
    )
    visitor = Actor(UNKNOWN, ip=ip_of(request), request_id=request.state.request_id)
    async with parts.database.transaction() as connection:
        row = await outsiders.admitted(connection, who, visitor)
    user = KnownUser(row.id, row.name, row.display_name, row.role, row.language)
    return Principal(None, row.name, SCOPES_OF[row.role], float("inf"), user=user)


async def _note(
    parts: ApiParts, request: Request, peer: str | None, trusted: TrustedHeader
) -> None:
    if not trusted.denials.is_news(str(peer), trusted.header):
        return
    log.warning(
        "%s came from %s, which is none of AUTOMATION_TRUSTED_PROXIES: refused",
        trusted.header,
        peer,
    )
    async with parts.database.transaction() as connection:
        who = Actor(UNKNOWN, ip=peer, request_id=request.state.request_id)
        after = {"header": trusted.header, "peer": peer}
        await audit.note(connection, who, "access.denied", "header", trusted.header, after=after)
