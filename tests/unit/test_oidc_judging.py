"""Who somebody is by what a provider tells, whatever shape it has."""

from __future__ import annotations

from typing import Any

import pytest

from services.api.access.oidc.config import OidcConfig
from services.api.access.oidc.judging import outsider, with_userinfo
from services.api.access.outsiders import RoleMap
from services.api.wire.problems import Refused
from tests.support.cases import table


def config(**more: Any) -> OidcConfig:  # noqa: ANN401 - fields of OidcConfig
    return OidcConfig(
        **{
            "issuer": "https://id.example.com",
            "client_id": "automation",
            "redirect_uri": "https://automation.example.com/back",
            "role_map": RoleMap.parse("ops=operator, boss=admin", "viewer"),
            **more,
        }
    )


@table(
    ("claim", "told", "role"),
    [
        ("groups", {"groups": ["x", "ops"]}, "operator"),
        ("groups", {"groups": ["ops", "boss"]}, "admin"),
        ("groups", {"groups": "boss"}, "admin"),
        ("groups", {"groups": "x boss"}, "viewer"),  # one group of that name, and not two
        ("groups", {"groups": {"boss": True}}, "viewer"),
        ("groups", {"groups": [["boss"], {"boss": 1}, None, 7]}, "viewer"),
        ("groups", {"groups": None}, "viewer"),
        ("groups", {}, "viewer"),
        ("groups", {"groups": [*map(str, range(100_000)), "ops"]}, "operator"),
        ("realm_access.roles", {"realm_access": {"roles": ["boss"]}}, "admin"),
        ("realm_access.roles", {"realm_access": ["boss"]}, "viewer"),
        ("https://a.example/roles", {"https://a.example/roles": ["boss"]}, "admin"),
    ],
)
def test_groups_of_any_shape(claim: str, told: dict[str, Any], role: str) -> None:
    assert outsider({"sub": "1", **told}, config(role_claim=claim)).role == role


@table(
    ("claims", "about", "email"),
    [
        ({}, {"email": "a@example.com", "email_verified": True}, "a@example.com"),
        ({"email": "a@example.com", "email_verified": True}, {}, "a@example.com"),
        (
            {"email": "a@example.com"},
            {"email": "a@example.com", "email_verified": True},
            "a@example.com",
        ),
        # Verified is the other address.
        ({"email": "boss@example.com"}, {"email": "a@evil.example", "email_verified": True}, None),
        (
            {"email": "boss@example.com", "email_verified": False},
            {"email": "boss@example.com", "email_verified": True},
            None,
        ),
        ({"email": "boss@example.com"}, {"email_verified": True}, None),
    ],
)
def test_an_address_counts_once_that_one_is_verified(
    claims: dict[str, Any], about: dict[str, Any], email: str | None
) -> None:
    told = with_userinfo({"sub": "1", **claims}, about)
    assert outsider(told, config()).email == email
    allowed = config(domains=frozenset({"example.com"}))
    if email:
        assert outsider(told, allowed).email == email
    else:
        with pytest.raises(Refused, match=r"oidc\.domain"):
            outsider(told, allowed)
