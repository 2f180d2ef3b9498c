"""Which id token is believed, and who somebody is by it. Nothing here asks anybody but for keys."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from typing import Any

from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet
from joserfc.jws import JWSRegistry

from services.api.access.oidc.config import ALGORITHMS, OidcConfig
from services.api.access.outsiders import Outsider
from services.api.wire.problems import Refused

#: Clocks may differ by so much.
LEEWAY = 60  # seconds
_LONGEST = 320
#: What a library raises at a token that is shaped like none.
_ODD = (ValueError, TypeError, KeyError, AttributeError, RecursionError)


class NotBelieved(Exception):
    """An id token is not what it should be; the text says why, for the log."""


class UnknownKey(NotBelieved):
    """It is signed with a key that is not among those we have read."""


def believed(
    token: Mapping[str, Any],
    keys: KeySet,
    *,
    config: OidcConfig,
    metadata: Mapping[str, Any],
    nonce: str,
) -> Mapping[str, Any]:
    """Return the claims of the id token in *token*.

    Raises:
        NotBelieved: signature, issuer, audience, time or nonce are not what they must be.
        UnknownKey: its key is not in *keys*.
    """
    text = token.get("id_token")
    if not isinstance(text, str):
        raise NotBelieved("there is no id token")
    offered = metadata.get("id_token_signing_alg_values_supported") or ["RS256"]
    algorithms = [name for name in ALGORITHMS if name in offered]
    try:
        signed = jwt.decode(
            text, keys, registry=JWSRegistry(algorithms=algorithms, strict_check_header=False)
        )
        claims = CodeIDToken(
            signed.claims,
            signed.header,
            {
                "iss": {"essential": True, "value": config.issuer},
                "aud": {"essential": True, "value": config.client_id},
                "nonce": {"essential": True},
            },
            {
                "nonce": nonce,
                "client_id": config.client_id,
                "access_token": token.get("access_token"),
            },
        )
        claims.validate(leeway=LEEWAY)
    except InvalidKeyIdError as error:
        raise UnknownKey(str(error)) from error
    except (*_ODD, JoseError) as error:
        raise NotBelieved(repr(error)) from error
    _require_ours(claims, config.client_id, nonce)
    return dict(claims)


def _require_ours(claims: Mapping[str, Any], client_id: str, nonce: str) -> None:
    # The library takes any truthy nonce for compared; this one is, whatever it does.
    if not hmac.compare_digest(str(claims.get("nonce", "")), nonce):
        raise NotBelieved("nonce")
    audience = claims["aud"] if isinstance(claims["aud"], list) else [claims["aud"]]
    if client_id not in audience:
        raise NotBelieved("aud")
    if len(audience) > 1 and claims.get("azp") != client_id:
        raise NotBelieved("azp")
    if not isinstance(claims["sub"], str):
        raise NotBelieved("sub")


def with_userinfo(claims: Mapping[str, Any], about: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return the claims of an id token, and what userinfo adds to them.

    That an address is verified counts for the one of which it was said, and for no other.
    """
    told = {**about, **claims}
    if "email_verified" not in claims and about.get("email") != told.get("email"):
        told.pop("email_verified", None)
    return told


def outsider(claims: Mapping[str, Any], config: OidcConfig) -> Outsider:
    """Return who somebody is by what the provider tells of them.

    Raises:
        Refused: 403, they are not of those who may come in.
    """
    email = _text(claims.get("email"))
    verified = email if claims.get("email_verified") in (True, "true") else ""
    groups = frozenset(_words(_at(claims, config.role_claim)))
    if config.domains and verified.rpartition("@")[2].lower() not in config.domains:
        raise Refused(403, "oidc.domain")
    if config.groups and not config.groups & groups:
        raise Refused(403, "oidc.group")
    names = (_text(claims.get("preferred_username")), email.partition("@")[0])
    return Outsider(
        issuer=config.issuer,
        subject=claims["sub"],
        names=tuple(filter(None, names)),
        display_name=_text(claims.get("name")),
        email=verified or None,
        role=config.role_map.role_of(groups),
        role_if_new=config.role_if_new,
    )


def _at(claims: Mapping[str, Any], path: str) -> object:
    """Return the claim at *path*: `groups`, `realm_access.roles`, or a name that holds dots."""
    if path in claims:
        return claims[path]
    found: object = claims
    for name in path.split("."):
        found = found.get(name) if isinstance(found, Mapping) else None
    return found


def _words(value: object) -> Iterable[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _text(value: object) -> str:
    return value if isinstance(value, str) and len(value) <= _LONGEST else ""
