"""The two steps of a log-in at the provider.

What binds them: `state` names a row that is taken once; the row knows the hash of a cookie, so only
the browser that began can end it (else somebody could have another one log in as themselves);
`nonce` binds the id token to the row; PKCE binds the code to it.
"""

from __future__ import annotations

import hmac
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass

from authlib.common.security import generate_token
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from joserfc.errors import JoseError

from services.api.access import outsiders
from services.api.access.log_in import UNKNOWN, Visitor, network_of, open_session
from services.api.access.oidc.judging import (
    NotBelieved,
    UnknownKey,
    believed,
    outsider,
    with_userinfo,
)
from services.api.access.oidc.provider import Away, NotTaken, Provider
from services.api.access.outsiders import VIA, Outsider
from services.api.access.secret_text import fresh_secret, hash_of
from services.api.parts import ApiParts
from services.api.store import audit, oidc_logins
from services.api.store.oidc_logins import Begun
from services.api.wire.problems import Refused

#: Refusals that need no log-in at the provider: a loop of them must not fill the audit list.
_ANYBODYS = frozenset({"oidc.state", "oidc.issuer", "oidc.refused", "oidc.code", "oidc.away"})
_LONGEST = 2_000
#: A path of ours: `//host` and `/\\host` are addresses of others to a browser.
_OURS = re.compile(r"/(?![/\\])[^\\\x00-\x20\x7f]*")
_AT_THE_DOOR = re.compile(r"/(login|setup|set-password|api)\b")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Departure:
    """Where the browser goes, and the cookie with which it comes back."""

    url: str
    secret: str


@dataclass(frozen=True, slots=True)
class Return:
    """With what a browser comes back from the provider."""

    state: str
    code: str = ""
    error: str = ""
    issuer: str | None = None
    secret: str | None = None
    """Of its cookie."""


def safe_next(wanted: str) -> str:
    """Return the path to go to afterwards: one of this page, whatever was asked for."""
    fits = len(wanted) <= _LONGEST and _OURS.fullmatch(wanted) and not _AT_THE_DOOR.match(wanted)
    return wanted if fits else "/"


async def depart(parts: ApiParts, provider: Provider, wanted: str, secret: str | None) -> Departure:
    """Begin a log-in.

    Raises:
        Refused: 503, the provider is away.
    """
    state, nonce, verifier = (generate_token(48) for _ in range(3))
    secret = secret or fresh_secret()  # two tabs of one browser share it
    try:
        address = (await provider.metadata())["authorization_endpoint"]
    except Away as away:
        raise _away(away) from away
    config = provider.config
    url = prepare_grant_uri(
        address,
        client_id=config.client_id,
        response_type="code",
        redirect_uri=config.redirect_uri,
        scope=config.scopes,
        state=state,
        nonce=nonce,
        code_challenge=create_s256_code_challenge(verifier),
        code_challenge_method="S256",
    )
    async with parts.database.transaction() as connection:
        begun = Begun(hash_of(secret), nonce, verifier, safe_next(wanted))
        await oidc_logins.insert(connection, hash_of(state), begun)
    return Departure(url, secret)


async def arrive(
    parts: ApiParts, provider: Provider, back: Return, visitor: Visitor
) -> tuple[str, str]:
    """End a log-in: return the secret of a new session, and where to go.

    Raises:
        Refused: 400 it is no log-in of this browser; 403 they may not come in; 503 the provider is
            away. Each is noted in the audit list; what anybody can bring about, once a minute of
            each network.
    """
    try:
        begun = await _begun(parts, back)
        who = await _told(provider, back, begun)
        return await _enter(parts, who, visitor), begun.next
    except Refused as refused:
        if refused.code in _ANYBODYS and not parts.denials.is_news(
            network_of(visitor.ip), refused.code
        ):
            raise
        async with parts.database.transaction() as connection:
            await audit.note(
                connection,
                visitor.actor(UNKNOWN),
                "session.refused",
                "user",
                UNKNOWN,
                after={"reason": refused.code, "via": VIA},
            )
        raise


async def _begun(parts: ApiParts, back: Return) -> Begun:
    """Return the log-in that *back* belongs to, once."""
    async with parts.database.transaction() as connection:
        begun = await oidc_logins.take(connection, hash_of(back.state)) if back.state else None
    mark = hash_of(back.secret) if back.secret else b""
    if begun is None or not hmac.compare_digest(begun.browser_hash, mark):
        raise Refused(400, "oidc.state")
    return begun


async def _told(provider: Provider, back: Return, begun: Begun) -> Outsider:
    """Return who the provider says that it is."""
    try:
        metadata = await provider.metadata()
        _require_issuer(back, metadata, provider.config.issuer)
        if back.error or not back.code:
            raise Refused(403, "oidc.refused")
        token = await provider.redeem(back.code, begun.verifier)
        claims = await _claims(provider, token, metadata, begun.nonce)
        return outsider(claims, provider.config)
    except Away as away:
        raise _away(away) from away
    except NotTaken as error:
        log.warning("the OpenID provider does not take the code: %s", error)
        raise Refused(400, "oidc.code") from error
    except (NotBelieved, JoseError) as error:
        log.warning("an id token is not believed: %s", error)
        raise Refused(400, "oidc.token") from error


def _require_issuer(back: Return, metadata: Mapping[str, object], issuer: str) -> None:
    """Refuse what another provider says (RFC 9207): a code of ours must not be sent to it."""
    promised = metadata.get("authorization_response_iss_parameter_supported") is True
    if (back.issuer is None and promised) or back.issuer not in (None, issuer):
        log.warning("an answer of another issuer came back from the log-in")
        raise Refused(400, "oidc.issuer")


async def _claims(
    provider: Provider, token: Mapping[str, object], metadata: Mapping[str, object], nonce: str
) -> Mapping[str, object]:
    judge = {"config": provider.config, "metadata": metadata, "nonce": nonce}
    try:
        claims = believed(token, await provider.keys(), **judge)  # type: ignore[arg-type]
    except UnknownKey:
        claims = believed(token, await provider.keys(again=True), **judge)  # type: ignore[arg-type]
    access_token = token.get("access_token")
    about = await provider.about(access_token) if isinstance(access_token, str) else {}
    if about and about.get("sub") != claims["sub"]:
        raise NotBelieved("userinfo is about somebody else")
    return with_userinfo(claims, about)


async def _enter(parts: ApiParts, who: Outsider, visitor: Visitor) -> str:
    async with parts.database.transaction() as connection:
        row = await outsiders.admitted(connection, who, visitor.actor(UNKNOWN))
        return await open_session(connection, row.id, row.name, visitor, via=VIA)


async def log_out_address(provider: Provider) -> str | None:
    """Return where one logs out at the provider; None: it offers nothing, or is away."""
    try:
        address = (await provider.metadata()).get("end_session_endpoint")
        if not isinstance(address, str):
            return None
        wishes = [
            ("client_id", provider.config.client_id),
            ("post_logout_redirect_uri", provider.config.after_log_out),
        ]
        return str(add_params_to_uri(address, wishes))
    except Away:
        return None


def _away(away: Away) -> Refused:
    log.warning("the OpenID provider is away: %s", away)
    return Refused(503, "oidc.away", headers={"Retry-After": "5"})
