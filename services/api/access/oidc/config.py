"""What the administrator says of the provider, as the environment has it."""

from __future__ import annotations

from dataclasses import dataclass, field
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from services.api.access.outsiders import RoleMap
from shared.egress.guard import AllowList, problem_with_url

#: Only asymmetric ones: with HS256 a client's secret could sign, and `none` signs nothing.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")


class BadConfig(ValueError):
    """What is set does not fit together; the text names the variable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcConfig:
    """One provider."""

    issuer: str
    client_id: str
    redirect_uri: str
    name: str = "OpenID Connect"
    """What the button says."""
    secret_file: Path | None = None
    """Read for each log-in, so that a secret can be changed while we run; None: PKCE alone."""
    scopes: str = "openid profile email"
    role_claim: str = "groups"
    role_map: RoleMap = field(default_factory=lambda: RoleMap({}))
    role_if_new: str = ""
    domains: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    allow: AllowList = field(default_factory=AllowList)
    after_log_out: str = ""

    def __post_init__(self) -> None:
        if problem_with_url(self.issuer) or not self.client_id:
            raise BadConfig("AUTOMATION_OIDC_ISSUER and AUTOMATION_OIDC_CLIENT_ID go together")
        if not is_safe(self.issuer):
            raise BadConfig("AUTOMATION_OIDC_ISSUER must begin with https://")
        if not urlsplit(self.redirect_uri).netloc:
            raise BadConfig("AUTOMATION_OIDC_ISSUER needs AUTOMATION_PUBLIC_URL")
        if "openid" not in self.scopes.split():
            raise BadConfig("AUTOMATION_OIDC_SCOPES must hold openid")
        if not self.role_map.roles and not self.role_if_new:
            raise BadConfig("AUTOMATION_OIDC_ROLES or AUTOMATION_OIDC_DEFAULT_ROLE is needed")

    @property
    def secret(self) -> str | None:
        """The client's secret, as the file has it now."""
        if self.secret_file is None:
            return None
        return self.secret_file.read_text(encoding="utf-8").strip() or None


def is_safe(url: str) -> bool:
    """Return whether what is sent to *url* stays between us: TLS, or this very machine."""
    parts = urlsplit(url)
    if parts.scheme == "https":
        return True
    try:
        return parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return parts.scheme == "http" and parts.hostname == "localhost"
